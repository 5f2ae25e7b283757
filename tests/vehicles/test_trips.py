"""Trips as rows: found again, private for good, and counted once."""

from datetime import timedelta

import pytest

from tests.vehicles.factories import NOW, drive, make_source, make_vehicle
from vehicles import telemetry, trips
from vehicles.models import Source, Trip

pytestmark = pytest.mark.django_db
START = NOW - timedelta(days=1)


def store(source, readings):
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=NOW)


def cut(source, since=START - timedelta(hours=1), until=NOW):
    return trips.cut_trips(vehicle=source.vehicle, source=source, since=since, until=until, now=NOW)


def test_cutting_again_changes_nothing():
    source = make_source()
    store(source, drive(START) + drive(START + timedelta(hours=1)))
    first = cut(source)
    assert len(first) == 2
    assert cut(source) == first
    assert list(Trip.objects.order_by("started_at")) == first


def test_a_source_that_was_cut_no_longer_waits():
    source = make_source()
    store(source, drive(START))
    cut(source)
    source.refresh_from_db()
    assert source.uncut_until is None


def test_a_drive_that_goes_on_keeps_its_identity_tag_and_privacy():
    source = make_source()
    whole = drive(START, seconds=1800)
    store(source, whole[:100])
    [begun] = cut(source)
    trips.set_tag(trip=begun, tag="business")
    trips.set_private(trip=begun, private=True)
    store(source, whole[100:])
    [grown] = cut(source, since=whole[100].ts, until=whole[-1].ts)
    assert (grown.pk, grown.tag, grown.private) == (begun.pk, "business", True)
    assert grown.ended_at == whole[-1].ts


def test_what_takes_the_place_of_a_private_trip_is_private():
    source = make_source()
    early, late = drive(START), drive(START + timedelta(minutes=16))
    store(source, early + late)
    first, second = sorted(cut(source), key=lambda trip: trip.started_at)
    trips.set_private(trip=second, private=True)
    middle = drive(START + timedelta(minutes=10, seconds=5), seconds=350, lat=10.1)
    store(source, middle)
    [joined] = cut(source)
    assert (joined.pk, joined.private) == (first.pk, True)
    assert not Trip.objects.filter(pk=second.pk).exists()


def test_an_unknown_tag_is_refused():
    source = make_source()
    store(source, drive(START))
    [trip] = cut(source)
    with pytest.raises(trips.UnknownTag):
        trips.set_tag(trip=trip, tag="holiday")


def test_the_same_drive_under_another_vehicle_counts_once():
    original, copy, other = make_source(), make_source(), make_source()
    path = drive(START)
    store(original, path)
    store(copy, path[2:])
    store(other, drive(START, lon=21.0))
    [first], [second], [third] = cut(original), cut(copy), cut(other)
    assert (first.duplicate_of, second.duplicate_of, third.duplicate_of) == (None, first, None)
    assert cut(original) == [first]
    assert cut(copy)[0].duplicate_of == first


def test_a_drive_that_only_shares_a_part_is_another():
    original, other = make_source(), make_source()
    path = drive(START)
    store(original, path[:60])
    store(other, path)
    cut(original)
    assert cut(other)[0].duplicate_of is None


def test_when_the_original_goes_its_copy_counts():
    original = make_source()
    copies = [make_source(make_vehicle()) for _ in range(2)]
    for source in (original, *copies):
        store(source, drive(START))
        cut(source)
    assert trips.forget_trips(source=original) == 1
    first, second = Trip.objects.order_by("pk")
    assert (first.duplicate_of, second.duplicate_of) == (None, first)


def test_a_second_source_of_one_vehicle_has_trips_of_its_own():
    source = make_source()
    other = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    store(source, drive(START))
    store(other, drive(START + timedelta(hours=3)))
    assert len(cut(source)) == len(cut(other)) == 1
