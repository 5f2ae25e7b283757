"""The diary: whole days, the driver's own words, and nothing of anybody else."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from psycopg.types.range import DateRange

from tests.vehicles.diary.world import MONTH, car, drives
from tests.vehicles.factories import make_source, make_user
from vehicles import registry, trip_edits, trips
from vehicles.diary import areas
from vehicles.models import EnergyPrice, NamedArea, Trip

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def page(client, owner, **query):
    client.force_login(owner)
    answer = client.get(reverse("trips"), query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_a_month_is_told_day_by_day_by_the_vehicles_clock(client):
    source = car()
    drives(source, MONTH, MONTH + HOUR, MONTH.replace(hour=22))  # the last one is past midnight in Helsinki
    text = page(client, source.vehicle.owner, month="2026-10")
    assert text.index("Tuesday, October 6") < text.index("Monday, October 5")
    assert "2 trips · 12.0 km · 20 minutes · 3.0 kWh" in text
    assert "11:00 – 11:10" in text
    assert "01:00 – 01:10" in text
    assert "6.0 km · 1.5 kWh, 25.0 per 100 km" in text


def test_the_newest_month_is_shown_and_its_neighbors_can_be_turned_to(client):
    source = car()
    drives(source, MONTH, MONTH - 40 * DAY)
    owner = source.vehicle.owner
    text = page(client, owner)
    assert "October 5" in text
    assert "?month=2026-08" in text
    assert "August 26" in page(client, owner, month="2026-08")
    assert "No trip of this month" in page(client, owner, month="2026-09")
    year = page(client, owner, year="2026")
    assert year.index("October") < year.index("August")
    assert "2 trips; a drive recorded twice counts once." in year


def test_a_trip_of_the_months_first_local_hours_belongs_to_that_month(client):
    source = car(timezone="Pacific/Auckland")
    drives(source, MONTH.replace(month=9, day=30, hour=20))
    assert "Thursday, October 1" in page(client, source.vehicle.owner, month="2026-10")
    assert "Thursday" not in page(client, source.vehicle.owner, month="2026-09")


def test_filters_narrow_by_tag_dataset_and_vehicle(client):
    source = car()
    owner = source.vehicle.owner
    first, second = drives(source, MONTH, MONTH + HOUR)
    other = car(owner=owner, nickname="Second")
    drives(other, MONTH + DAY, lat=11.0)
    trips.set_tag(trip=first, tag="business")
    trips.set_private(trip=second, private=True)
    every = f'id="trip-{first.public_id}"', f'id="trip-{second.public_id}"'
    for query, shown in (
        ({"tag": "business"}, (True, False)),
        ({"tag": "none"}, (False, True)),
        ({"show": "private"}, (False, True)),
        ({"show": "open"}, (True, False)),
        ({"vehicle": str(other.vehicle.public_id)}, (False, False)),
        ({"vehicle": str(source.vehicle.public_id)}, (True, True)),
    ):
        text = page(client, owner, month="2026-10", **query)
        assert tuple(one in text for one in every) == shown, query


@pytest.mark.parametrize(
    "query",
    [
        *({"month": "2026-13"}, {"month": "x"}, {"month": "0001-01"}, {"year": "0"}, {"year": "99999"}),
        *({"tag": "x"}, {"show": "x"}, {"vehicle": "x"}, {"vehicle": "00000000-0000-0000-0000-000000000000"}),
    ],
)
def test_an_address_that_means_nothing_is_not_there(client, query):
    client.force_login(car().vehicle.owner)
    assert client.get(reverse("trips"), query).status_code == 404


def test_areas_are_told_in_the_drivers_own_words_or_not_at_all(client):
    source = car()
    [trip] = drives(source, MONTH)
    owner = source.vehicle.owner
    assert "→" not in page(client, owner, month="2026-10")
    client.post(reverse("trip-area", args=[trip.public_id]), {"end": "start", "name": " At   the <lake> "})
    assert "At the &lt;lake&gt; → unnamed area" in page(client, owner, month="2026-10")
    stranger = make_source(make_user().vehicles.create())
    Trip.objects.filter(pk=drives(stranger, MONTH)[0].pk).update(duplicate_of=None)
    assert "lake" not in page(client, stranger.vehicle.owner, month="2026-10")
    assert client.post(reverse("trip-area", args=[trip.public_id]), {"end": "start", "name": "x"}).status_code == 404
    assert NamedArea.objects.get().owner == owner


def test_a_name_of_an_area_is_bounded_replaced_and_taken_away():
    owner = make_user()
    assert areas.name_area(owner=owner, cell=5, name="a") == "a"
    assert areas.name_area(owner=owner, cell=5, name="b") == "b"
    with pytest.raises(areas.AreaNameTooLong):
        areas.name_area(owner=owner, cell=5, name="x" * 61)
    with pytest.raises(areas.AreaUnknown):
        areas.name_area(owner=owner, cell=None, name="x")
    assert NamedArea.objects.get().name == "b"
    areas.name_area(owner=owner, cell=5, name=" ")
    assert not NamedArea.objects.exists()


def test_costs_are_shown_where_a_price_is_in_force(client):
    source = car()
    drives(source, MONTH, MONTH + DAY)
    EnergyPrice.objects.create(
        vehicle=source.vehicle, owner_epoch=1, currency="EUR", home_per_kwh="0.40", period=DateRange(date(2026, 10, 6))
    )
    text = page(client, source.vehicle.owner, month="2026-10")
    assert text.count("<b>€0.60</b>") == 1
    assert "1 trip has no known price." in text


def test_what_was_joined_doubted_or_told_twice_is_said(client):
    source = car()
    first, second = drives(source, MONTH, MONTH + 20 * timedelta(minutes=1))
    owner = source.vehicle.owner
    merged = trip_edits.merge_trips(trip=first, other=second, actor=owner, now=MONTH + DAY)
    Trip.objects.filter(pk=merged.pk).update(doubts={"disagree": 3}, note="to the customer", stops=1)
    twin = make_source(source.vehicle)
    drives(twin, MONTH + timedelta(seconds=2), lat=10.0001)
    text = page(client, owner, month="2026-10")
    assert "Joined by you" in text
    assert "Speed and positions disagree by more than 40 km/h (3)" in text
    assert "to the customer" in text
    assert "Another source measured this drive better; does not count." in text
    assert re.search(r"<h3>Monday, October 5</h3><p class=\"num\">\s*1 trip ·", text)


def test_a_tag_is_set_in_the_list_and_the_sums_follow(client):
    source = car()
    first, _ = drives(source, MONTH, MONTH + HOUR)
    client.force_login(source.vehicle.owner)
    answer = client.post(
        reverse("trip-tag", args=[first.public_id]),
        {"tag": "business", "from": "diary"},
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/trips/?month=2026-10"},
    ).content.decode()
    assert f'id="trip-{first.public_id}"' in answer
    assert answer.count("<html") == 0
    assert "50%" in answer
    first.refresh_from_db()
    assert (first.tag, first.edited_at is not None) == ("business", True)


def test_a_former_car_shows_its_former_owner_their_own_past_alone(client):
    source = car(nickname="Sellers")
    [mine] = drives(source, MONTH)
    seller, buyer = source.vehicle.owner, make_user()
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=MONTH + DAY)
    source.refresh_from_db()
    [theirs] = drives(source, MONTH + 2 * DAY, lat=12.0)
    for person, own, other in ((seller, mine, theirs), (buyer, theirs, mine)):
        text = page(client, person, vehicle=str(vehicle.public_id), month="2026-10")
        assert str(own.public_id) in text
        assert str(other.public_id) not in text
    assert "was yours until" in page(client, seller, vehicle=str(vehicle.public_id), month="2026-10")
    client.force_login(make_user())
    assert client.get(reverse("trips"), {"vehicle": str(vehicle.public_id)}).status_code == 404


def test_deleted_trips_lie_in_the_bin_and_come_back(client):
    source = car()
    owner = source.vehicle.owner
    now = timezone.now()
    [trip] = drives(source, MONTH)
    client.force_login(owner)
    client.post(reverse("trip-delete", args=[trip.public_id]))
    assert str(trip.public_id) not in page(client, owner, month="2026-10")
    assert str(trip.public_id) in page(client, owner, show="deleted")
    assert "Bring it back" in client.get(reverse("trip", args=[trip.public_id])).content.decode()
    client.post(reverse("trip-restore", args=[trip.public_id]))
    assert str(trip.public_id) in page(client, owner, month="2026-10")
    trip_edits.delete_trip(trip=trip, actor=owner, now=now - 31 * DAY)
    assert str(trip.public_id) not in page(client, owner, show="deleted")
    assert client.get(reverse("trip", args=[trip.public_id])).status_code == 404
    assert client.post(reverse("trip-restore", args=[trip.public_id])).status_code == 404


def test_a_month_of_trips_takes_few_queries(client, django_assert_max_num_queries):
    source = car()
    drives(source, *[MONTH + n * DAY + h * HOUR for n in range(3) for h in (0, 3)])
    client.force_login(source.vehicle.owner)
    with django_assert_max_num_queries(12):
        assert client.get(reverse("trips"), {"month": "2026-10"}).status_code == 200
    with django_assert_max_num_queries(12):
        client.get(reverse("trips"))
