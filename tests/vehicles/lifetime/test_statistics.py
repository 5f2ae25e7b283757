"""Statistics and the lifetime map: what counts, whose it is, and what it costs to tell."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from tests.vehicles.diary.world import LATE, MONTH, car, drives
from tests.vehicles.factories import make_source, make_user
from vehicles import registry, trip_edits
from vehicles.lifetime import counting, figures, pages
from vehicles.models import ChargingSession, NamedArea, Trip

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def get(client, owner, name="statistics", headers=None, **query):
    client.force_login(owner)
    return client.get(reverse(name), query, headers=headers or {})


def test_drives_add_up_by_month_weekday_and_hour(client):
    source = car()
    drives(source, MONTH, MONTH + DAY, MONTH + 30 * DAY)
    told = get(client, source.vehicle.owner, year="2026").context["told"]
    assert told.sums.trips == 3
    assert told.sums.km == pytest.approx(18, abs=0.5)
    assert [(part.key, part.trips) for part in told.by_time if part.trips] == [(10, 2), (11, 1)]
    assert len(told.by_time) == 12
    assert [part.trips for part in told.weekdays] == [1, 1, 1, 0, 0, 0, 0]
    assert sum(part.trips for part in told.hours) == 3
    assert told.kmh == pytest.approx(36, abs=1)


def test_another_year_has_no_drives_and_says_so(client):
    source = car()
    drives(source, MONTH)
    answer = get(client, source.vehicle.owner, year="2025")
    assert answer.context["told"].sums.trips == 0
    assert "No drives in this time" in answer.content.decode()


def test_deleted_and_duplicate_trips_do_not_count_and_private_ones_do(client):
    source = car()
    first, second, third, fourth = drives(source, *(MONTH + n * DAY for n in range(4)))
    trip_edits.delete_trip(trip=first, actor=source.vehicle.owner, now=LATE)
    Trip.objects.filter(pk=second.pk).update(duplicate_of=third)
    Trip.objects.filter(pk=fourth.pk).update(private=True)
    answer = get(client, source.vehicle.owner)
    assert answer.context["told"].sums.trips == 2
    assert max(area.trips for _, area in answer.context["areas"]) == 2


def test_strangers_see_nothing_of_it(client):
    source, stranger = car(), make_user()
    drives(source, MONTH)
    car(owner=stranger)
    assert get(client, stranger).context["told"].sums.trips == 0
    assert get(client, stranger, "statistics-areas").json()["features"] == []
    assert get(client, stranger, vehicle=str(source.vehicle.public_id)).status_code == 404
    assert get(client, stranger, "statistics-areas", vehicle=str(source.vehicle.public_id)).status_code == 404


def test_each_owner_sees_the_time_that_was_theirs(client):
    source, buyer = car(), make_user()
    seller = source.vehicle.owner
    drives(source, MONTH)
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=LATE)
    assert get(client, seller).context["told"].sums.trips == 1
    assert get(client, buyer).context["told"].sums.trips == 0
    assert get(client, buyer, "statistics-areas").json()["features"] == []


@pytest.mark.parametrize("query", [{"year": "x"}, {"year": "99999"}, {"vehicle": "x"}])
def test_addresses_without_sense_are_not_found(client, query):
    owner = car().vehicle.owner
    assert get(client, owner, **query).status_code == 404
    assert get(client, owner, "statistics-areas", **query).status_code == 404


def test_areas_are_hexagons_shaded_by_trips_and_cached_by_what_they_hold(client):
    source = car()
    trip, *_ = drives(source, MONTH, MONTH + DAY)
    NamedArea.objects.create(owner=source.vehicle.owner, cell=trip.start_cell, name="Harbor")
    assert "Harbor" in get(client, source.vehicle.owner).content.decode()
    answer = get(client, source.vehicle.owner, "statistics-areas")
    told = json.loads(answer.content)
    assert len(told["features"]) == len(set(trip.cells))
    assert {one["properties"]["passes"] for one in told["features"]} == {2}
    tag = answer["ETag"]
    assert get(client, source.vehicle.owner, "statistics-areas", {"If-None-Match": tag}).status_code == 304
    drives(source, MONTH + 2 * DAY)
    assert get(client, source.vehicle.owner, "statistics-areas", {"If-None-Match": tag}).status_code == 200


def test_a_map_of_too_many_areas_is_cut_and_says_so(client, monkeypatch):
    source = car()
    drives(source, MONTH)
    monkeypatch.setattr(pages, "MOST_AREAS", 1)
    found = [figures.Area(cell, 1, MONTH, MONTH) for cell in range(3)]
    monkeypatch.setattr(pages, "feature", lambda area: {"cell": area.cell})
    monkeypatch.setattr(figures, "areas", lambda *, trips: found)
    told = get(client, source.vehicle.owner, "statistics-areas").json()
    assert (len(told["features"]), told["cut"], told["summary"]) == (1, True, "The 1 most driven of 3 areas")


def test_three_thousand_trips_are_told_in_a_fixed_number_of_queries(client, django_assert_max_num_queries):
    source = car()
    (trip,) = drives(source, MONTH)
    fields = {one.attname: getattr(trip, one.attname) for one in Trip._meta.concrete_fields}
    drop = ("id", "public_id", "started_at", "ended_at")
    kept = {name: value for name, value in fields.items() if name not in drop}
    starts = [MONTH - n * timedelta(hours=3) for n in range(1, 3000)]
    Trip.objects.bulk_create(Trip(**kept, started_at=at, ended_at=at + timedelta(minutes=10)) for at in starts)
    client.force_login(source.vehicle.owner)
    with django_assert_max_num_queries(16):
        answer = client.get(reverse("statistics"))
    assert answer.context["told"].sums.trips == 3000


def test_a_drive_that_two_devices_told_counts_once_and_a_drive_beside_it_twice(client):
    source = car()
    drives(source, MONTH)
    second = make_source(source.vehicle)
    drives(second, MONTH + timedelta(minutes=2), MONTH + DAY, lat=10.001)
    assert Trip.objects.filter(duplicate_of=None).count() == 3
    assert get(client, source.vehicle.owner).context["told"].sums.trips == 2
    assert client.get(reverse("api-statistics")).json()["trips"] == 2


def test_charges_in_the_sums_are_ones_own_and_each_counts_once():
    source, buyer = car(), make_user()
    seller, facts = source.vehicle.owner, {"vehicle": source.vehicle, "source": source, "readings": 9}
    first = ChargingSession.objects.create(owner_epoch=1, started_at=MONTH, ended_at=MONTH + DAY / 24, **facts)
    other = make_source(source.vehicle)
    ChargingSession.objects.create(
        owner_epoch=1, started_at=MONTH, ended_at=MONTH + DAY / 24, duplicate_of=first, **facts | {"source": other}
    )
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=LATE)
    last = ChargingSession.objects.create(owner_epoch=2, started_at=LATE + DAY, ended_at=LATE + 2 * DAY, **facts)
    for owner, session in ((seller, first), (buyer, last)):
        found = counting.charges_of(owner=owner, vehicles=[vehicle], year=None)
        assert [charge.session.pk for charge in found] == [session.pk]
    assert counting.charges_of(owner=make_user(), vehicles=[vehicle], year=None) == []
    assert counting.charges_of(owner=buyer, vehicles=[vehicle], year=2025) == []


def test_the_api_tells_sums_and_areas_to_their_driver_alone(client):
    source, stranger = car(), make_user()
    drives(source, MONTH)
    areas = reverse("api-areas", args=[source.vehicle.public_id])
    client.force_login(source.vehicle.owner)
    assert client.get(reverse("api-statistics"), {"year": "2026"}).json()["trips"] == 1
    told = client.get(areas).json()
    assert (told["total"], told["cut"], told["areas"][0]["trips"]) == (len(told["areas"]), False, 1)
    assert client.get(areas, {"year": "x"}).status_code == 400
    client.force_login(stranger)
    assert client.get(areas).status_code == 404
    assert client.get(reverse("api-statistics")).json()["trips"] == 0


def test_two_cars_are_asked_for_together(client, django_assert_max_num_queries):
    source = car()
    owner = source.vehicle.owner
    drives(source, MONTH, MONTH + DAY)
    drives(car(owner=owner), MONTH + 5 * DAY, MONTH + 6 * DAY, MONTH + 7 * DAY)
    client.force_login(owner)
    with django_assert_max_num_queries(17):  # twelve of its own; session, person and navigation ask five
        assert client.get(reverse("statistics")).context["told"].sums.trips == 5
