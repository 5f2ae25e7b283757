"""Pages and data of a driver's own vehicles: complete, cheap, and not there for anybody else."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from commons_device.envelopes import DeviceClient
from dimo.api.keys import issue_key
from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.factories import drive, make_source, make_user, make_vehicle
from vehicles import registry, telemetry, trips
from vehicles.models import Device, Pairing, Trip, Vehicle
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, IS_CHARGING, ODOMETER

pytestmark = pytest.mark.django_db


def driven(owner=None, count=3):
    """A vehicle with some trips of the last days, a charging session, and its source."""
    source = make_source(make_vehicle(owner=owner or make_user(), nickname="Kumo"))
    now = timezone.now().replace(microsecond=0)
    readings = [
        message._replace(values=message.values | {BATTERY_LEVEL: 80 - i / 10, ODOMETER: 1000 + i / 50})
        for day in range(count)
        for i, message in enumerate(drive(now - timedelta(hours=2 + 7 * day)))
    ]
    charge = now - timedelta(hours=1)
    readings += [
        Message(charge + timedelta(minutes=m), {IS_CHARGING: float(m < 30), BATTERY_LEVEL: 70.0 + m}) for m in range(31)
    ]
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=now)
    trips.cut_trips(vehicle=source.vehicle, source=source, since=now - timedelta(days=count), until=now, now=now)
    return source


ADDRESSES = [
    ("vehicles", None),
    ("vehicle-add", None),
    ("vehicle", "vehicle"),
    ("device-add", "vehicle"),
    ("trips", None),
    ("trip", "trip"),
    ("vehicle-card", None),
    ("trips-geojson", None),
    ("telemetry-json", None),
    ("api-vehicles", None),
    ("api-trips", "vehicle"),
    ("api-latest", "vehicle"),
]


def address(name, of, source):
    ids = {"vehicle": source.vehicle.public_id, "trip": source.trips.first().public_id, None: None}
    return reverse(name, args=[ids[of]] if of else [])


@pytest.mark.parametrize(("name", "of"), ADDRESSES)
def test_every_page_answers_its_owner_within_a_few_queries(client, name, of, django_assert_max_num_queries):
    source = driven()
    client.force_login(source.vehicle.owner)
    with django_assert_max_num_queries(17):
        answer = client.get(address(name, of, source))
    assert answer.status_code == 200


@pytest.mark.parametrize(("name", "of"), [pair for pair in ADDRESSES if pair[1]])
def test_what_belongs_to_somebody_else_is_not_there(client, name, of):
    source = driven()
    client.force_login(make_user())
    assert client.get(address(name, of, source)).status_code == 404


@pytest.mark.parametrize(("name", "of"), ADDRESSES)
def test_nobody_reads_without_signing_in(client, name, of):
    answer = client.get(address(name, of, driven()))
    assert answer.status_code in (302, 401)


@pytest.mark.parametrize("name", ["trips-geojson", "telemetry-json", "vehicle-card"])
@pytest.mark.parametrize("asked", ["neighbor", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_data_of_another_vehicle_cannot_be_asked_for(client, name, asked):
    neighbor = driven()
    client.force_login(make_user())
    query = {"vehicle": str(neighbor.vehicle.public_id) if asked == "neighbor" else asked}
    assert client.get(reverse(name), query).status_code == 404
    if name != "vehicle-card":
        query = {"trip": str(neighbor.trips.first().public_id) if asked == "neighbor" else asked}
        assert client.get(reverse(name), query).status_code == 404


@pytest.mark.parametrize("name", ["vehicles", "trips", "vehicle-card", "trips-geojson", "telemetry-json"])
def test_who_has_nothing_is_told_what_to_do(client, name):
    client.force_login(make_user())
    assert client.get(reverse(name)).status_code == 200


def test_queries_do_not_grow_with_trips(client, django_assert_max_num_queries):
    source = driven(count=9)
    client.force_login(source.vehicle.owner)
    for name in ("trips", "trips-geojson", "telemetry-json"):
        with django_assert_max_num_queries(14):
            client.get(reverse(name))


def test_the_map_draws_each_trip_and_speeds_of_the_latest(client):
    source = driven()
    client.force_login(source.vehicle.owner)
    data = client.get(reverse("trips-geojson")).json()
    assert len(data["features"]) == 3
    assert data["latest"] == str(Trip.objects.latest("started_at").public_id)
    latest = data["features"][0]
    assert len(latest["properties"]["speeds"]) == len(latest["geometry"]["coordinates"]) > 100
    assert latest["geometry"]["coordinates"][0] == [20.0, 10.0]
    assert "speeds" not in data["features"][1]["properties"]


def test_the_chart_has_one_axis_with_gaps_and_charging(client):
    source = driven()
    client.force_login(source.vehicle.owner)
    data = client.get(reverse("telemetry-json"), {"range": "day"}).json()
    assert len(data["t"]) == len(data["speed"]) == len(data["level"])
    assert data["t"] == sorted(set(data["t"]))
    assert None in data["speed"]
    assert data["level_name"] == "Battery"
    [band] = data["charging"]
    assert band["to"] - band["from"] == 30 * 60
    week = client.get(reverse("telemetry-json"), {"range": "week"}).json()
    assert week["step"] == 60
    assert client.get(reverse("telemetry-json"), {"range": "century"}).status_code == 404


def test_making_a_trip_private_and_back_is_one_press_each(client):
    source = driven(count=1)
    client.force_login(source.vehicle.owner)
    trip = source.trips.get()
    url = reverse("trip-private", args=[trip.public_id])
    fragment = client.post(url, {"private": "1"}, headers={"HX-Request": "true"})
    assert "Private trip" in fragment.content.decode()
    trip.refresh_from_db()
    assert trip.private is True
    client.post(url, {"private": "0"})
    trip.refresh_from_db()
    assert trip.private is False
    client.post(reverse("trip-tag", args=[trip.public_id]), {"tag": "business"})
    trip.refresh_from_db()
    assert trip.tag == "business"
    assert client.post(reverse("trip-tag", args=[trip.public_id]), {"tag": "x"}).status_code == 400
    client.force_login(make_user())
    assert client.post(url, {"private": "1"}).status_code == 404


def test_a_device_is_paired_by_its_signature_and_its_first_data_shows(client):
    vehicle = make_vehicle()
    client.force_login(vehicle.owner)
    url = reverse("device-add", args=[vehicle.public_id])
    challenge = client.get(url).context["challenge"]
    device = DeviceClient(key=b"\x09" * 32, subject=f"urn:uuid:{vehicle.public_id}")
    form = {"kind": "hardware", "label": "Stick", "challenge": challenge, "signature": "0x" + "1" * 130}
    assert client.post(url, form).status_code == 422
    assert client.post(url, form | {"signature": device.answer(challenge)}).status_code == 302
    page = client.get(reverse("vehicle", args=[vehicle.public_id])).content.decode()
    assert "Waiting for its first data" in page
    pairing = Pairing.objects.get()
    answer = post(client, [device.signed([reading(ago=-1)])])
    assert answer.json()["accepted"] == 1, answer.json()
    contact = reverse("device-contact", args=[pairing.device.public_id])
    assert "Heard" in client.get(contact, headers={"HX-Request": "true"}).content.decode()
    client.post(reverse("device-unpair", args=[vehicle.public_id, pairing.device.public_id]))
    pairing.refresh_from_db()
    assert pairing.period.upper is not None


def test_refused_readings_are_shown_with_the_reason(client):
    device = make_client()
    post(client, [device.signed([reading(value=999)])])
    client.force_login(device.vehicle.owner)
    page = client.get(reverse("vehicle", args=[device.vehicle.public_id])).content.decode()
    assert "Outside the range a car can have" in page
    assert "out_of_range" in page


def test_a_vehicle_is_added_renamed_and_retired(client):
    client.force_login(make_user())
    assert client.post(reverse("vehicle-add"), {"timezone": "Moon/Base"}).status_code == 422
    client.post(reverse("vehicle-add"), {"timezone": "Europe/Berlin", "make": "Kumo"})
    vehicle = Vehicle.objects.get()
    client.post(reverse("vehicle-rename", args=[vehicle.public_id]), {"nickname": "Blue"})
    client.post(reverse("vehicle-retire", args=[vehicle.public_id]))
    vehicle.refresh_from_db()
    assert (vehicle.nickname, vehicle.retired_at is not None) == ("Blue", True)


def test_after_a_transfer_the_buyer_sees_nothing_of_the_sellers_time(client):
    source, buyer = driven(), make_user()
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=timezone.now())
    client.force_login(buyer)
    public_id = source.vehicle.public_id
    assert client.get(reverse("api-latest", args=[public_id])).json() == []
    assert client.get(reverse("api-trips", args=[public_id])).json()["results"] == []
    assert client.get(reverse("trips-geojson")).json()["features"] == []
    assert client.get(reverse("telemetry-json"), {"range": "month"}).json()["t"] == []
    assert client.get(reverse("trip", args=[source.trips.first().public_id])).status_code == 404


def test_the_api_serves_a_key_of_the_driver_and_no_other(client):
    source = driven()
    for scope, status in (("driver", 200), ("buyer", 403)):
        _, key = issue_key(user=source.vehicle.owner, label="x", scopes=[scope])
        answer = client.get(
            reverse("api-latest", args=[source.vehicle.public_id]), headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == status
    assert Device.objects.count() == 0
