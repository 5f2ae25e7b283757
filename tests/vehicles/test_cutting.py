"""Where a drive begins and ends."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.factories import NOW
from vehicles.cutting import GAP, LEAST_KM, Point, cut, is_copy, place_marks

LAT_PER_M = 1 / 111_195


def ride(start=0, *, seconds=600, step=5, kmh=36.0, **fields):
    """Points of a straight ride; `speed` and positions unless told otherwise."""
    points = []
    for t in range(0, seconds + 1, step):
        facts = {"lat": 10 + kmh / 3.6 * (start + t) * LAT_PER_M, "lon": 20.0, "speed": kmh} | fields
        points.append(Point(NOW + timedelta(seconds=start + t), **facts))
    return points


def stand(start, *, seconds, step=5, **fields):
    facts = {"lat": 11.0, "lon": 20.0, "speed": 0.0} | fields
    return [Point(NOW + timedelta(seconds=start + t), **facts) for t in range(0, seconds, step)]


def test_a_drive_is_measured_by_its_positions():
    [trip] = cut(ride(soc=50.0, fuel_rate=6.0))
    assert trip.started_at == NOW
    assert trip.ended_at == NOW + timedelta(seconds=600)
    assert trip.distance_km == pytest.approx(6.0, rel=0.01)
    assert (trip.readings, trip.max_speed_kmh, trip.soc_used_pct, trip.fuel_used_l) == (121, 36.0, 0.0, 1.0)


def test_a_gap_of_more_than_five_minutes_ends_a_drive():
    assert len(cut(ride() + ride(600 + 300))) == 1
    assert len(cut(ride() + ride(600 + 301))) == 2


def test_a_red_light_does_not_end_a_drive_and_a_long_stop_does():
    assert len(cut(ride() + stand(605, seconds=200) + ride(805))) == 1
    assert len(cut(ride() + stand(605, seconds=400) + ride(1005))) == 2


def test_standing_counts_for_a_minute_on_either_side():
    [trip] = cut(stand(-1000, seconds=1000) + ride() + stand(605, seconds=1000))
    assert trip.started_at == NOW - timedelta(seconds=60)
    assert trip.ended_at == NOW + timedelta(seconds=660)


def test_the_ignition_ends_a_drive_at_once():
    parked = stand(605, seconds=60, ignition=False)
    assert len(cut(ride(ignition=True) + parked + ride(665, ignition=True))) == 2
    assert len(cut(ride(ignition=True) + stand(605, seconds=60, ignition=True) + ride(665, ignition=True))) == 1


def test_a_car_towed_without_ignition_does_not_drive():
    assert cut(ride(ignition=False)) == []


def test_jitter_of_a_parked_receiver_is_no_drive():
    wobble = [p._replace(lat=11 + (i % 3) * 9 * LAT_PER_M) for i, p in enumerate(stand(0, seconds=3600, speed=None))]
    assert cut(wobble) == []


def test_a_tunnel_without_positions_belongs_to_the_drive():
    inside = ride(605, seconds=200, lat=None, lon=None)
    [trip] = cut(ride() + inside + ride(810))
    assert trip.distance_km == pytest.approx(14.1, rel=0.02)


def test_positions_alone_show_movement():
    [trip] = cut(ride(speed=None))
    assert trip.distance_km == pytest.approx(6.0, rel=0.05)
    assert trip.max_speed_kmh is None


def test_without_positions_the_odometer_tells_the_distance():
    points = [p._replace(odometer=1000 + i * 0.05) for i, p in enumerate(ride(lat=None, lon=None))]
    assert cut(points)[0].distance_km == pytest.approx(6.0)


def test_rolling_out_of_the_garage_is_no_drive():
    assert cut(ride(seconds=20)) == []


def test_marks_tell_copies_from_other_drives():
    drive, other = place_marks(ride()), place_marks(ride(kmh=40.0))
    part = place_marks(ride()[:100])
    assert is_copy(part, drive)
    assert not is_copy(drive, part)
    assert not is_copy(other, drive)
    assert cut(ride())[0].marks == sorted(drive)[:8]


positions = st.one_of(st.none(), st.floats(-0.2, 0.2))
points = st.lists(
    st.tuples(
        st.integers(1, 900),
        positions,
        st.one_of(st.none(), st.floats(0, 200)),
        st.sampled_from([None, None, True, False]),
    ),
    max_size=60,
)


@given(points)
def test_whatever_comes_drives_are_ordered_apart_long_enough_and_stable(steps):
    at, made = NOW, []
    for seconds, offset, speed, ignition in steps:
        at += timedelta(seconds=seconds)
        lat = None if offset is None else 10 + offset
        made.append(Point(at, lat, None if lat is None else 20.0, speed, ignition))
    cuts = cut(made)
    assert cuts == cut(list(made))
    assert all(a.ended_at < b.started_at for a, b in pairwise(cuts))
    assert all(c.distance_km >= LEAST_KM - 0.001 and c.readings >= 2 for c in cuts)
    moments = [point.at for point in made]
    for c in cuts:
        inside = [m for m in moments if c.started_at <= m <= c.ended_at]
        assert len(inside) == c.readings
        assert all(b - a <= GAP for a, b in pairwise(inside))
