"""What a driver withheld is in no dataset built later, whatever became of its trip in between."""

from datetime import timedelta

import pytest

from licensing.datasets.build import PHASES, build_dataset
from tests.licensing import factories as make
from tests.licensing.test_build import build, pid_of, rows_of
from vehicles import trip_edits, trips
from vehicles.telemetry import store_readings

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = make.DRIVE + timedelta(hours=2)
THIRD = make.DRIVE + timedelta(hours=4)


def cut(source):
    return trips.cut_trips(
        vehicle=source.vehicle, source=source, since=make.DRIVE, until=THIRD + make.DAY, now=make.NOW
    )


def measure(source, start):
    store_readings(vehicle=source.vehicle, source=source, readings=make.drive(start), now=make.NOW)


def private(trip):
    trips.set_private(trip=trip, private=True, now=make.NOW)


def deleted(trip):
    trip_edits.delete_trip(trip=trip, actor=trip.vehicle.owner, now=make.NOW)


def split(trip):
    moment = trip.started_at + timedelta(minutes=15)
    trip_edits.split_trip(trip=trip, moment=moment, actor=trip.vehicle.owner, now=make.NOW)


def merged(trip, other):
    trip_edits.merge_trips(trip=trip, other=other, actor=trip.vehicle.owner, now=make.NOW)


STORIES = {
    "private": lambda first, second: private(second),
    "private, then split": lambda first, second: (private(second), split(second)),
    "split, then both private": lambda first, second: (
        split(second),
        *map(private, second.source.trips.order_by("started_at")[1:]),
    ),
    "deleted": lambda first, second: deleted(second),
    "deleted, its row lost": lambda first, second: (deleted(second), second.delete()),
    "private, its row lost": lambda first, second: (private(second), second.delete()),
    "private, deleted, restored": lambda first, second: (
        private(second),
        deleted(second),
        trip_edits.restore_trip(trip=second, actor=second.vehicle.owner, now=make.NOW),
    ),
    "merged with a private one": lambda first, second: (private(second), merged(first, second)),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_was_withheld_is_in_no_later_dataset(story):
    union = make.union()
    fleet = make.fleet(union, 6)
    source = fleet[0].vehicle.sources.get()
    measure(source, SECOND)
    first, second = cut(source)
    begins, ends = second.started_at, second.ended_at
    STORIES[story](first, second)
    measure(source, THIRD)
    cut(source)
    license = build(make.license(union))
    told = {row["ts"] for row in rows_of(license) if row["pid"] == pid_of(license, fleet[0])}
    assert not [ts for ts in told if begins <= ts <= ends]
    assert [ts for ts in told if ts >= THIRD]


def test_what_was_let_out_again_is_there():
    union = make.union()
    fleet = make.fleet(union, 6)
    source = fleet[0].vehicle.sources.get()
    measure(source, SECOND)
    _, second = cut(source)
    private(second)
    trips.set_private(trip=second, private=False, now=make.NOW)
    license = build(make.license(union))
    told = {row["ts"] for row in rows_of(license) if row["pid"] == pid_of(license, fleet[0])}
    assert [ts for ts in told if second.started_at <= ts <= second.ended_at]


def test_what_was_allowed_and_delivered_before_is_in_no_dataset_built_after_it_was_made_private():
    union = make.union()
    fleet = make.fleet(union, 6)
    source = fleet[0].vehicle.sources.get()
    measure(source, SECOND)
    _, second = cut(source)

    def told(license):
        rows = rows_of(license)
        own = pid_of(license, fleet[0])
        return [row for row in rows if row["pid"] == own and second.started_at <= row["ts"] <= second.ended_at]

    before = build(make.license(union))
    assert told(before)
    private(second)
    assert told(build(make.license(union))) == []
    assert told(before), "a delivered file is not recalled"


@pytest.mark.parametrize("phase", PHASES)
def test_a_trip_made_private_while_a_build_runs_is_not_in_what_is_delivered(phase):
    union = make.union()
    fleet = make.fleet(union, 6)
    source = fleet[0].vehicle.sources.get()
    measure(source, SECOND)
    _, second = cut(source)
    license = make.license(union)
    done = []

    def meanwhile(entered):
        if entered == phase and not done:
            done.append(private(second))

    build_dataset(license_id=license.pk, clock=lambda: make.NOW, entered=meanwhile)
    license.refresh_from_db()
    own = pid_of(license, fleet[0])
    times = [row["ts"] for row in rows_of(license) if row["pid"] == own]
    assert times
    assert not [ts for ts in times if second.started_at <= ts <= second.ended_at]
