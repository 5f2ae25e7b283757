"""A vehicle changes hands: both keep to their own time with it, on every page and by every key."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.urls import reverse
from django.utils import timezone

from tests.vehicles.devices import make_client, place, post, reading
from tests.vehicles.factories import NOW, drive, make_source, make_user, make_vehicle
from vehicles import measurements, ownership_selectors, registry, selectors, telemetry, trips
from vehicles.models import Pairing, TransferOffer, Trip, VehicleOwnership
from vehicles.signals import SPEED

pytestmark = pytest.mark.django_db


def sold(moment=None):
    """A vehicle with a drive of the seller's, handed over, then a drive of the buyer's."""
    now = timezone.now().replace(microsecond=0)
    moment = moment or now - timedelta(hours=2)
    source = make_source(make_vehicle(nickname="Sellers"))
    seller, buyer = source.vehicle.owner, make_user()
    store(source, drive(moment - timedelta(hours=1), lat=40.0))
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=moment)
    registry.rename_vehicle(vehicle=vehicle, nickname="Buyersname")
    store(source, drive(moment + timedelta(minutes=20), lat=50.0))
    return vehicle, seller, buyer


def store(source, readings):
    now = timezone.now()
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=now)
    source.refresh_from_db()
    trips.cut_trips(vehicle=source.vehicle, source=source, since=readings[0].ts, until=readings[-1].ts, now=now)


def test_seller_and_buyer_each_see_their_own_drive_alone(client):
    vehicle, seller, buyer = sold()
    first, second = Trip.objects.order_by("started_at")
    for person, own, other, lat in ((seller, first, second, 40), (buyer, second, first, 50)):
        client.force_login(person)
        assert client.get(reverse("trip", args=[own.public_id])).status_code == 200
        assert client.get(reverse("trip", args=[other.public_id])).status_code == 404
        listed = client.get(reverse("api-trips", args=[vehicle.public_id])).json()["results"]
        assert [each["id"] for each in listed] == [str(own.public_id)]
        latest = client.get(reverse("api-latest", args=[vehicle.public_id])).json()
        times = {datetime.fromisoformat(value["timestamp"]) for value in latest}
        assert times
        assert times <= {at for at in times if (at < vehicle.owned_since) == (person == seller)}
        data = client.get(reverse("telemetry-json"), {"trip": str(own.public_id)}).json()
        assert len(data["t"]) > 50
        assert client.get(reverse("telemetry-json"), {"trip": str(other.public_id)}).status_code == 404
        assert client.get(reverse("trips-geojson"), {"trip": str(other.public_id)}).status_code == 404
        track = client.get(reverse("trips-geojson"), {"trip": str(own.public_id)}).json()["features"][0]
        assert int(track["geometry"]["coordinates"][0][1]) == lat


def test_the_seller_keeps_a_page_of_their_time_and_no_door_to_what_follows(client, django_assert_max_num_queries):
    vehicle, seller, _ = sold()
    client.force_login(seller)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("vehicle", args=[vehicle.public_id])).content.decode()
    assert "Sellers" in page
    assert "handed this vehicle over" in page
    for name in ("vehicles", "trips"):
        assert "Buyersname" not in client.get(reverse(name)).content.decode()
    assert "Formerly yours" in client.get(reverse("vehicles")).content.decode()
    (told,) = client.get(reverse("api-vehicles")).json()["results"]
    assert (told["nickname"], told["owned_until"] is not None) == ("Sellers", True)
    for name in ("device-add", "vehicle-vin", "vehicle-transfer"):
        assert client.get(reverse(name, args=[vehicle.public_id])).status_code == 404
    for name in ("vehicle-rename", "vehicle-retire", "vin-reveal", "transfer-withdraw"):
        assert client.post(reverse(name, args=[vehicle.public_id])).status_code == 404
    client.force_login(make_user())
    assert client.get(reverse("vehicle", args=[vehicle.public_id])).status_code == 404


def test_the_buyers_pages_hold_nothing_of_the_sellers_time(client):
    vehicle, _, buyer = sold()
    client.force_login(buyer)
    page = client.get(reverse("vehicle", args=[vehicle.public_id])).content.decode()
    assert "40.0" not in page
    assert "Sellers" not in page


def test_a_drive_over_the_hand_over_is_parted_and_late_cutting_gives_each_its_own():
    moment = NOW - timedelta(days=1)
    source = make_source()
    buyer, seller = make_user(), source.vehicle.owner
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=moment)
    store(source, drive(moment - timedelta(minutes=10), seconds=1200))
    first, second = Trip.objects.order_by("started_at")
    assert (first.owner_epoch, second.owner_epoch) == (1, 2)
    assert first.ended_at < moment <= second.started_at
    assert list(selectors.trips_of(owner=seller)) == [first]
    assert list(selectors.trips_of(owner=buyer)) == [second]


def test_the_sellers_queue_arrives_after_the_hand_over_and_is_the_sellers(client):
    device = make_client()
    moved = registry.transfer_vehicle(vehicle=device.vehicle, buyer=make_user(), now=timezone.now())
    answer = post(client, [device.signed([place(40.0, ago=60)])]).json()
    assert answer["accepted"] == 1
    ahead = post(client, [device.signed([reading(ago=-30)])]).json()
    assert ahead["results"][0]["code"] == "not_paired"
    client.force_login(moved.owner)
    assert client.get(reverse("api-latest", args=[moved.public_id])).json() == []


def test_a_reading_of_a_fast_clock_stays_before_the_new_epoch(client):
    device = make_client()
    assert post(client, [device.signed([reading(ago=-120)])]).json()["accepted"] == 1
    now = timezone.now()
    moved = registry.transfer_vehicle(vehicle=device.vehicle, buyer=make_user(), now=now)
    assert timedelta(seconds=100) < moved.owned_since - now < timedelta(seconds=130)
    assert Pairing.objects.get().period.upper == moved.owned_since
    client.force_login(moved.owner)
    assert client.get(reverse("api-latest", args=[moved.public_id])).json() == []


def test_owners_follow_one_another_without_gap_and_only_the_trigger_writes_them():
    vehicle, seller, buyer = sold()
    rows = ownership_selectors.tenures_of(vehicle=vehicle)
    assert [(each.epoch, each.owner_id) for each in rows] == [(1, seller.pk), (2, buyer.pk)]
    assert rows[0].until == rows[1].since == vehicle.owned_since
    with pytest.raises(DatabaseError), transaction.atomic():
        VehicleOwnership.objects.filter(epoch=1).update(owner=buyer)
    with pytest.raises(DatabaseError), transaction.atomic():
        type(vehicle).objects.filter(pk=vehicle.pk).update(owner=seller)


def test_the_link_hands_over_once_and_its_secret_is_not_kept(client):
    vehicle, buyer = make_vehicle(), make_user()
    client.force_login(vehicle.owner)
    link = client.post(reverse("vehicle-transfer", args=[vehicle.public_id])).context["link"]
    path = link.removeprefix("http://testserver")
    token = path.split("/")[-2]
    assert token not in str(TransferOffer.objects.values().get())
    assert client.post(path).status_code == 409
    client.force_login(buyer)
    assert "Take it over" in client.get(path).content.decode()
    vehicle.refresh_from_db()
    assert vehicle.owner != buyer
    assert client.post(path).status_code == 302
    vehicle.refresh_from_db()
    assert vehicle.owner == buyer
    client.force_login(make_user())
    assert client.get(path).status_code == client.post(path).status_code == 410
    assert client.get(reverse("transfer-accept", args=["x"])).status_code == 404


def test_a_link_ends_by_time_by_a_new_one_and_by_withdrawal():
    vehicle, buyer = make_vehicle(), make_user()
    first = registry.offer_transfer(vehicle=vehicle, seller=vehicle.owner, now=NOW)
    second = registry.offer_transfer(vehicle=vehicle, seller=vehicle.owner, now=NOW)
    with pytest.raises(registry.OfferOver):
        registry.accept_offer(token=first.token, buyer=buyer, now=NOW)
    with pytest.raises(registry.OfferOver):
        registry.accept_offer(token=second.token, buyer=buyer, now=NOW + timedelta(days=3))
    registry.withdraw_offer(vehicle=vehicle, seller=vehicle.owner, now=NOW)
    with pytest.raises(registry.OfferOver):
        registry.accept_offer(token=second.token, buyer=buyer, now=NOW)
    with pytest.raises(registry.NotTheOwner):
        registry.offer_transfer(vehicle=vehicle, seller=buyer, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_buyers_at_once_one_gets_the_vehicle():
    vehicle, buyers = make_vehicle(), [make_user() for _ in range(4)]
    token = registry.offer_transfer(vehicle=vehicle, seller=vehicle.owner, now=NOW).token

    def accept(buyer):
        try:
            return registry.accept_offer(token=token, buyer=buyer, now=NOW)
        except registry.OfferOver:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        got = [each for each in pool.map(accept, buyers) if each]
    vehicle.refresh_from_db()
    assert len(got) == 1
    assert (vehicle.owner_epoch, vehicle.owner) == (2, got[0].owner)


def test_a_device_that_moves_to_another_car_carries_nothing_across(client):
    device = make_client()
    second, moment = make_vehicle(owner=device.vehicle.owner), timezone.now() - timedelta(minutes=1)
    registry.unpair_device(device=device.device, vehicle=device.vehicle, now=moment)
    registry.pair_device(device=device.device, vehicle=second, now=moment)

    def sent(vehicle, at):
        values = [{"name": "speed", "timestamp": at.isoformat(), "value": 50.0}]
        device.subject = f"urn:uuid:{vehicle.public_id}"
        return post(client, [device.signed(values)]).json()["accepted"]

    just_before = moment - timedelta(microseconds=1)
    assert [sent(device.vehicle, just_before), sent(device.vehicle, moment)] == [1, 0]
    assert [sent(second, just_before), sent(second, moment)] == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_a_hand_over_waits_for_the_message_that_is_being_taken_in(client, monkeypatch):
    """Without the lock on the device the hand-over would end before the reading is stored, in the buyer's time."""
    device, buyer = make_client(), make_user()
    inside, moved, place_rows = threading.Event(), [], telemetry.place

    def hand_over():
        try:
            inside.wait(10)
            moved.append(registry.transfer_vehicle(vehicle=device.vehicle, buyer=buyer, now=timezone.now()))
        finally:
            connection.close()

    def slowly(**facts):
        inside.set()
        other.join(0.5)
        assert other.is_alive()
        return place_rows(**facts)

    monkeypatch.setattr(telemetry, "place", slowly)
    other = threading.Thread(target=hand_over)
    other.start()
    assert post(client, [device.signed([reading(ago=-100)])]).json()["accepted"] == 1
    other.join(20)
    client.force_login(buyer)
    assert moved[0].owned_since > timezone.now() + timedelta(seconds=60)
    assert client.get(reverse("api-latest", args=[device.vehicle.public_id])).json() == []


def test_a_minute_that_both_shared_is_in_nobodys_chart(client):
    """Minutes are stored as sums, so one that holds both owners' readings would tell each of the other's."""
    moment = timezone.now().replace(second=30, microsecond=0) - timedelta(hours=1)
    source, buyer = make_source(), make_user()
    seller = source.vehicle.owner
    store(source, drive(moment - timedelta(seconds=605), kmh=36.0))
    moved = registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=moment)
    store(source, drive(moment + timedelta(seconds=5), lat=10.1, kmh=72.0))
    for person, kmh in ((seller, 36.0), (buyer, 72.0)):
        vehicle = ownership_selectors.known_to(owner=person).get(pk=moved.pk)
        span = {"since": moment - timedelta(days=2), "until": moment + timedelta(days=2)}
        points = measurements.series(vehicle=vehicle, signal_ids=(SPEED,), **span).points[SPEED]
        assert points
        assert {value for _, value in points} == {kmh}
        assert {value.value for value in measurements.last_values(vehicle=vehicle) if value.signal.id == SPEED} == {kmh}
