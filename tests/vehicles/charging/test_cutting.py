"""Where a charge begins and ends, and what it added."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.charging.charges import START, at, charge, drive, parked
from vehicles.charging.cutting import cut
from vehicles.charging.levels import believed
from vehicles.charging.points import Point


def test_a_charge_runs_from_the_first_flag_to_the_reading_that_denies_it():
    [session] = cut(parked(-120, minutes=110, soc=40.0) + charge(current_ac=16.0) + parked(90, minutes=300, soc=64.0))
    assert (session.started_at, session.ended_at, session.still_open) == (at(0), at(60), False)
    assert (session.soc_from, session.soc_to) == (40.0, 64.0)
    assert (session.energy_kwh, session.energy_method) == (12.0, "counter")
    assert (session.peak_kw, session.mean_kw, session.current) == (12.0, 12.0, "ac")
    assert session.doubts == []


def test_without_a_counter_power_over_time_tells_the_energy():
    [session] = cut(charge(step=1, leave_out=["added"]))
    assert session.energy_method == "charger_power"
    assert session.energy_kwh == pytest.approx(12.0, rel=0.01)


def test_without_counter_and_power_the_level_tells_it_by_the_reported_capacity():
    bare = ["added", "charger_kw"]
    [session] = cut(charge(leave_out=bare, capacity=50.0))
    assert (session.energy_kwh, session.energy_method) == (12.0, "level")
    [unknown] = cut(charge(leave_out=bare))
    assert (unknown.energy_kwh, unknown.energy_method, unknown.mean_kw) == (None, "", None)


def test_power_alone_shows_a_charge_where_no_flag_is_told():
    [session] = cut(charge(leave_out=["charging", "plugged", "added"]))
    assert (session.started_at, session.ended_at) == (at(0), at(60))


def test_regenerating_while_driving_is_no_charge():
    assert cut([point._replace(battery_kw=40.0, charging=True) for point in drive(0)]) == []


def test_a_level_that_rose_in_silence_is_a_charge_whose_ends_nobody_saw():
    before, after = parked(0, minutes=60, soc=30.0), parked(600, minutes=60, soc=80.0)
    [session] = cut([point._replace(charging=None) for point in before + after])
    assert (session.started_at, session.ended_at) == (at(60), at(600))
    assert (session.soc_from, session.soc_to) == (30.0, 80.0)
    assert {"start_unseen", "end_unseen"} <= set(session.doubts)
    assert session.mean_kw is None


def test_a_level_that_rose_while_the_car_was_driven_is_no_charge():
    points = [Point(at(0), soc=30.0, odometer=100.0), Point(at(60), soc=40.0, odometer=130.0)]
    assert cut(points) == []
    assert len(cut([point._replace(odometer=100.0) for point in points])) == 1


def test_a_device_that_falls_silent_in_mid_charge_still_gives_one_session():
    [session] = cut(charge(minutes=60)[:-2] + parked(300, minutes=60, soc=85.0))
    assert (session.started_at, session.ended_at) == (at(0), at(300))
    assert "end_unseen" in session.doubts
    assert (session.soc_from, session.soc_to) == (40.0, 85.0)


def test_a_short_pause_belongs_to_the_charge_and_a_long_one_ends_it():
    assert len(cut(charge(minutes=60) + charge(70, soc=64.0, added=12.0))) == 1
    assert len(cut(charge(minutes=60) + parked(65, minutes=60, soc=64.0, step=5) + charge(130, soc=64.0))) == 2


def test_pulling_the_cable_ends_a_charge_at_once():
    pulled = [Point(at(62), plugged=False, charging=False, soc=64.0)]
    assert len(cut(charge(minutes=60) + pulled + charge(65, soc=64.0))) == 2


def test_a_charge_goes_on_through_hours_without_a_word():
    whole = charge(minutes=300, step=5, per_minute=0.1)
    assert len(cut([*whole[:10], *whole[50:]])) == 1


def test_driving_in_between_makes_two_charges():
    points = charge(minutes=60) + drive(61, minutes=10, soc=64.0) + charge(72, soc=62.0, odometer=1008.0)
    assert len(cut(points)) == 2


def test_a_charge_that_goes_on_is_open():
    [session] = cut(charge(minutes=60)[:-1])
    assert session.still_open
    assert session.ended_at == at(55)


def test_a_counter_left_over_from_the_last_charge_is_not_added():
    stale = [Point(at(-5), charging=False, plugged=True, added=17.69, soc=40.0)]
    [session] = cut(stale + charge()[1:])
    assert session.energy_kwh == 12.0
    [unknown_before] = cut(charge()[1:])
    assert unknown_before.energy_kwh == 11.0


def test_a_counter_set_back_in_mid_charge_counts_on_and_says_so():
    points = charge(minutes=60)
    reset = [p._replace(added=p.added - 6.0) if p.at >= at(30) else p for p in points]
    [session] = cut(reset)
    assert session.energy_kwh == pytest.approx(5.0 + 6.0)
    assert "counter_set_back" in session.doubts


def test_a_counter_and_a_power_that_differ_by_a_quarter_are_doubted():
    assert cut(charge())[0].doubts == []
    assert cut(charge(charger_kw=20.0))[0].doubts == ["counter_disagrees"]


@pytest.mark.parametrize(("power", "current", "expected"), [(50.0, None, "dc"), (11.0, 16.0, "ac"), (11.0, None, "")])
def test_the_kind_of_current_is_told_or_unknown(power, current, expected):
    [session] = cut(charge(kw=power, current_ac=current))
    assert session.current == expected


def test_a_flag_that_flickers_is_no_session():
    flicker = [Point(at(0), soc=50.0, charging=True), Point(at(1), soc=50.0, charging=False)]
    assert cut(flicker) == []


def test_a_glitch_of_the_level_is_neither_a_discharge_nor_a_charge():
    levels = [13.34, 13.33, 0.02, 13.32, 13.31]
    points = [Point(START + timedelta(seconds=i), soc=level, speed=0.0) for i, level in enumerate(levels)]
    assert [level for _, level in believed(points)] == [13.34, 13.33, 13.32, 13.31]
    assert cut(points) == []
    told_twice = [points[0], points[1], points[2], points[2]._replace(at=points[2].at + timedelta(seconds=1))]
    assert cut([*told_twice, Point(START + timedelta(seconds=9), soc=13.3, speed=0.0)]) == []


def test_a_fast_charge_told_every_five_minutes_has_no_glitches():
    points = charge(minutes=30, per_minute=1.8)
    assert [level for _, level in believed(points)] == [p.soc for p in points]


def test_capacity_needs_thirty_points_and_energy_of_the_battery():
    assert cut(charge(minutes=60, per_minute=0.5))[0].capacity_kwh == pytest.approx(12 / 0.3)
    assert cut(charge(minutes=60, per_minute=0.45))[0].capacity_kwh is None
    assert cut(charge(step=1, per_minute=0.6, leave_out=["added"]))[0].capacity_kwh is None


def test_the_curve_is_thin_and_keeps_its_last_point():
    [session] = cut(charge(minutes=600, step=1, per_minute=0.05))
    assert len(session.curve) <= 150
    assert session.curve[0][0] == 0
    assert session.curve[-1][0] == 36_000


maybe = st.one_of
steps = st.lists(
    st.tuples(
        st.integers(1, 200),
        maybe(st.none(), st.floats(0, 100)),
        st.sampled_from([None, None, True, False]),
        st.sampled_from([None, True, False]),
        maybe(st.none(), st.floats(0, 150)),
        maybe(st.none(), st.floats(0, 80)),
        maybe(st.none(), st.sampled_from([0.0, 0.0, 60.0])),
    ),
    max_size=50,
)


@given(steps)
def test_whatever_comes_sessions_are_ordered_apart_sound_and_stable(told):
    moment, points = START, []
    for minutes, soc, charging, plugged, power, added, speed in told:
        moment += timedelta(minutes=minutes)
        points.append(Point(moment, soc, charging, plugged, power, added=added, speed=speed))
    found = cut(points)
    assert found == cut(list(points))
    assert all(a.ended_at <= b.started_at and a.started_at < b.started_at for a, b in pairwise(found))
    moving = {point.at for point in points if point.speed and point.speed >= 3}
    for session in found:
        assert session.started_at <= session.ended_at
        assert not any(session.started_at < at_ <= session.ended_at for at_ in moving)
        assert session.energy_kwh is None or session.energy_kwh >= 0
        assert (session.energy_kwh is None) == (session.energy_method == "")
        assert session.readings == sum(session.started_at <= p.at <= session.ended_at for p in points)
        assert len(session.curve) <= 150
