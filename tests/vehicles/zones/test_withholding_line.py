"""Where exactly the line runs between what apps are told around a zone and what is withheld."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from django.utils import timezone

from tests.vehicles.factories import NOW, make_source
from vehicles import telemetry
from vehicles.models import PrivacyZone
from vehicles.readings import Message
from vehicles.signals import CELL, LATITUDE, LONGITUDE, SPEED, cell_value
from vehicles.store import reading
from vehicles.zones import withholding
from vehicles.zones.circles import Circle
from vehicles.zones.withholding import EPOCH, Guard, Known

HOUR = 3_600_000_000
HOME, AWAY = (50.0, 10.0), (51.0, 10.0)
CIRCLE = Circle(*HOME, 500.0)
GUARD = Guard((CIRCLE,), frozenset({cell_value(*HOME)}))


@pytest.mark.parametrize(
    ("known", "moment", "now", "gone"),
    [
        ({}, 100, 101, True),  # never says where it is
        ({77: False, 123: False}, 100, 1000, False),
        ({75.9: False, 101: False}, 100, 1000, True),  # the position before is more than a day away
        ({76: False, 101: False}, 100, 1000, False),
        ({99: False, 124.1: False}, 100, 1000, True),  # the one after is, and is not to come any more
        ({99: False}, 100, 1000, True),
        ({99: False}, 100, 124, True),  # a day ago, to the moment
        ({99: False}, 100, 123.9, False),  # may be yet to come
        ({99: False, 124.1: True}, 100, 123.9, False),
        ({75.9: False}, 100, 101, True),
        ({101: False}, 100, 101, True),  # nothing is known before
        ({99: True, 101: False}, 100, 1000, True),
        ({99: False, 101: True}, 100, 1000, True),
        ({99: True}, 100, 101, True),
        ({100: False}, 100, 1000, False),
        ({100: True, 99: False, 101: False}, 100, 1000, True),
    ],
)
def test_a_moment_is_told_between_positions_of_a_day_that_are_both_outside(known, moment, now, gone):
    at = np.array([round(hours * HOUR) for hours in sorted(known)], dtype=np.int64)
    places = Known(at, np.array([known[hours] for hours in sorted(known)], dtype=bool))
    found = withholding.withheld(places, np.array([moment * HOUR], dtype=np.int64), now=round(now * HOUR))
    assert found.tolist() == [gone]


def places(*rows):
    """Rows of (minute, source, signal, value) as the store gives them."""
    rows = sorted(rows, key=lambda row: (row[2], row[0], row[1]))
    return pa.table(
        {
            "signal_id": pa.array([row[2] for row in rows], pa.int16()),
            "ts": pa.array([NOW + timedelta(minutes=row[0]) for row in rows], pa.timestamp("us", "UTC")),
            "value": pa.array([row[3] for row in rows], pa.float64()),
            "source_id": pa.array([row[1] for row in rows], pa.int32()),
        }
    )


def at(minute, source, where):
    return [(minute, source, LATITUDE, where[0]), (minute, source, LONGITUDE, where[1])]


def area(minute, source, where):
    return (minute, source, CELL, cell_value(*where))


def told(*rows):
    """Minutes at which a place is known, and whether it is inside."""
    known = withholding.known_places(places(*rows), GUARD)
    start = (NOW - EPOCH) // timedelta(microseconds=1)
    return dict(zip(((known.at - start) // 60_000_000).tolist(), known.inside.tolist(), strict=True))


@pytest.mark.parametrize("inside", [1, 2])
def test_of_two_sources_at_one_moment_one_that_is_inside_counts(inside):
    assert told(*at(0, inside, HOME), *at(0, 3 - inside, AWAY)) == {0: True}


def test_latitude_and_longitude_of_two_sources_are_no_position():
    assert told((0, 1, LATITUDE, HOME[0]), (0, 2, LONGITUDE, HOME[1]), (0, 1, LONGITUDE, AWAY[1])) == {0: True}
    assert told((0, 1, LATITUDE, HOME[0]), (0, 2, LONGITUDE, HOME[1])) == {}


def test_an_area_alone_tells_where_it_is_and_beside_a_position_only_the_position_does():
    assert cell_value(*HOME) != cell_value(*AWAY)
    assert told(area(0, 1, HOME), area(1, 1, AWAY)) == {0: True, 1: False}
    assert told(area(0, 1, HOME), *at(0, 1, AWAY)) == {0: False}
    assert told(area(0, 1, AWAY), *at(0, 1, HOME)) == {0: True}


@pytest.mark.django_db
def test_a_page_of_speeds_knows_of_the_positions_beside_it_and_is_not_let_out_for_want_of_them():
    """Just before a zone the next position is not on the page; it came, though, and so it is not yet to come."""
    source, now = make_source(), timezone.now()
    vehicle = source.vehicle
    PrivacyZone.objects.create(owner=vehicle.owner, label="z", radius_m=300, lat=HOME[0], lon=HOME[1])
    told = [(80, 50.10, None), (75, None, 31.0), (70, 50.05, None), (65, None, 32.0), (60, 50.0, None)]
    readings = [
        Message(now - timedelta(minutes=ago), {LATITUDE: lat, LONGITUDE: 10.0} if lat else {SPEED: kmh})
        for ago, lat, kmh in told
    ]
    telemetry.store_readings(vehicle=vehicle, source=source, readings=readings, now=now)
    guard, left = withholding.guard_of(vehicle=vehicle), []
    for ago in (75, 65):
        since = now - timedelta(minutes=ago + 1)
        page = reading.read(
            vehicle_ids=[vehicle.pk], signal_ids=[SPEED], since=since, until=since + timedelta(minutes=2)
        )
        assert page.num_rows == 1
        left += withholding.let_out(values=page, guard=guard, vehicle=vehicle, now=now).column("value").to_pylist()
    assert left == [31.0]
