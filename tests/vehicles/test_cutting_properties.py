"""What holds of drives whatever the readings: order, noise, gaps, and what drivers said on top."""

from datetime import timedelta
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.factories import NOW
from vehicles.cutting import LEAST_KM, LEAST_TIME, Point, Seams, cut

M = 1 / 111_195  # degrees of latitude in a meter

positions = st.one_of(st.none(), st.floats(-0.2, 0.2))
steps = st.lists(
    st.tuples(
        st.integers(1, 400),
        positions,
        st.one_of(st.none(), st.floats(0, 200)),
        st.sampled_from([None, None, None, True, False]),
    ),
    max_size=60,
)


def made(told):
    at, points = NOW, []
    for seconds, offset, speed, ignition in told:
        at += timedelta(seconds=seconds)
        lat = None if offset is None else 10 + offset
        points.append(Point(at, lat, None if lat is None else 20.0, speed, ignition))
    return points


moments = st.integers(0, 12_000).map(lambda s: NOW + timedelta(seconds=s))
windows = st.lists(st.tuples(moments, moments).map(lambda pair: tuple(sorted(pair))), max_size=3)
seams = st.builds(Seams, joins=windows, splits=st.lists(moments, max_size=3), walls=windows)


def commute(*, speed=True, ignition=True):
    """Two rides of ten minutes with an hour's stand between, told every five seconds."""
    points = []
    for t in range(0, 4_800, 5):
        drives = t < 600 or t >= 4_200
        north = min(t, 600) + max(0, t - 4_200)
        told = {"speed": 36.0 if drives else 0.0} if speed else {}
        told |= {"ignition": drives} if ignition else {}
        points.append(Point(NOW + timedelta(seconds=t), 10 + north * 10 * M, 20.0, **told))
    return points


def spans(cuts):
    return [(c.started_at, c.ended_at) for c in cuts]


@given(steps, seams)
def test_drives_never_overlap_and_hold_what_they_count(told, said):
    points = made(told)
    cuts = cut(points, said)
    assert all(a.ended_at < b.started_at for a, b in pairwise(cuts))
    for drive in cuts:
        inside = [p for p in points if drive.started_at <= p.at <= drive.ended_at]
        assert (inside[0].at, inside[-1].at, len(inside)) == (drive.started_at, drive.ended_at, drive.readings)


@given(steps, seams)
def test_splits_and_joins_lose_no_reading_of_a_drive(told, said):
    points = made(told)
    plain = {p.at for p in points for c in cut(points) if c.started_at <= p.at <= c.ended_at}
    sewn = cut(points, said._replace(walls=()))
    assert plain <= {p.at for p in points for c in sewn if c.started_at <= p.at <= c.ended_at}


@given(steps, windows)
def test_no_drive_crosses_the_edge_of_a_deleted_window(told, walls):
    for drive in cut(made(told), Seams(walls=walls)):
        for begin, end in walls:
            inside = begin <= drive.started_at and drive.ended_at <= end
            apart = drive.ended_at < begin or drive.started_at > end
            holds = drive.started_at < begin and drive.ended_at > end
            assert inside or apart or not holds


@given(steps, seams)
def test_what_no_driver_parted_is_long_enough(told, said):
    for drive in cut(made(told), said._replace(splits=(), walls=())):
        assert drive.distance_km >= LEAST_KM
        assert drive.ended_at - drive.started_at >= LEAST_TIME


@given(st.integers(0, 2**32))
def test_a_jittering_receiver_changes_no_drive(seed):
    noise = Random(seed)

    def shaken(points):
        return [p._replace(lat=p.lat + noise.uniform(-8, 8) * M, lon=p.lon + noise.uniform(-8, 8) * M) for p in points]

    assert spans(cut(shaken(commute()))) == spans(cut(commute()))
    assert len(cut(shaken(commute(speed=False, ignition=False)))) == 2


@given(st.sets(st.integers(0, 959), max_size=300))
def test_missing_ignition_is_made_up_for_by_speed_and_by_positions(silent):
    whole = spans(cut(commute()))
    points = [p._replace(ignition=None) if i in silent else p for i, p in enumerate(commute())]
    without = commute(ignition=False)
    assert len(cut(points)) == len(cut(without)) == len(cut(commute(speed=False, ignition=False))) == len(whole) == 2


@given(st.integers(60, 240), st.integers(5, 290))
def test_a_tunnel_shorter_than_a_gap_leaves_one_drive(begins, lasts):
    points = [p for p in commute()[:120] if not begins < (p.at - NOW).total_seconds() < begins + lasts]
    [drive] = cut(points)
    assert (drive.started_at, drive.ended_at) == (NOW, points[-1].at)
    assert abs(drive.distance_km - 5.95) < 0.05


@given(st.integers(60, 240))
def test_a_tunnel_without_positions_leaves_one_drive(begins):
    dark = range(begins // 5, begins // 5 + 50)
    points = [p._replace(lat=None, lon=None) if i in dark else p for i, p in enumerate(commute()[:120])]
    assert len(cut(points)) == 1
