"""What proves movement, and the reason for everything that does not."""

from datetime import UTC, datetime, timedelta

import pytest

from vehicles.movement import words
from vehicles.movement.streaks import LEVELS, Streak, streak_of
from vehicles.movement.verdict import Drive, Week, judge

MONDAY = datetime(2026, 10, 5, 8, tzinfo=UTC)


def a_drive(number=1, **facts):
    start = MONDAY + timedelta(hours=number)
    known = {"kind": "hardware", "signed": True, "gps_km": 12.0, "fixes": 300, "doubted": 0, "tow_km": 0.0}
    known |= {"wheel_km": 12.1, "told": True}
    return Drive(trip_id=number, started_at=start, ended_at=start + timedelta(minutes=20), **(known | facts))


def codes(verdict):
    return [reason.code for reason in verdict.reasons]


def test_a_signed_drive_whose_measures_agree_earns():
    verdict = judge(Week([a_drive()], odometer_km=12.4, readings=300))
    assert (verdict.proved, verdict.earns, verdict.witnesses, verdict.reasons) == (True, True, 2, [])
    assert (verdict.km, verdict.trips, verdict.days, verdict.signed_share) == (12.0, 1, 1, 1.0)


@pytest.mark.parametrize(
    ("week", "code"),
    [
        (Week(), "no_readings"),
        (Week(readings=5), "no_trip"),
        (Week(readings=5, tow_km=3.0), "towed"),
        (Week([a_drive(gps_km=0.4)], odometer_km=0.4), "too_little"),
        (Week([a_drive(copy="replayed")], odometer_km=12.0), "too_little"),
        (Week([a_drive()], odometer_km=15.5), "odometer_disagrees"),
        (Week([a_drive()], odometer_km=0.0), "odometer_disagrees"),
        (Week([a_drive(wheel_km=3.0)]), "speed_disagrees"),
        (Week([a_drive(wheel_km=None)]), "one_witness"),
        (Week([a_drive(tow_km=9.0)], odometer_km=12.0), "too_little"),
        (Week([a_drive(doubted=200)], odometer_km=12.0), "too_little"),
        (Week([a_drive(told=False)], odometer_km=12.0), "too_little"),
        (Week([a_drive(fixes=0, gps_km=0.0)], odometer_km=12.0), "too_little"),
    ],
)
def test_what_proves_nothing_says_why(week, code):
    verdict = judge(week)
    assert (verdict.proved, verdict.earns) == (False, False)
    assert codes(verdict)[0] == code


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"copy": "replayed"}, "replayed"),
        ({"tow_km": 9.0}, "towed"),
        ({"doubted": 200}, "doubtful_track"),
        ({"told": False}, "no_car_signals"),
        ({"fixes": 1}, "no_positions"),
    ],
)
def test_one_bad_drive_is_left_out_and_named(facts, code):
    verdict = judge(Week([a_drive(1), a_drive(2, **facts)]))
    assert (verdict.earns, verdict.km, verdict.refused) == (True, 12.0, {2: code})
    assert codes(verdict) == [code]


@pytest.mark.parametrize(
    ("facts", "simulated", "code"),
    [
        ({"kind": "import", "signed": False}, False, "imported"),
        ({"kind": "simulator", "signed": False}, False, "simulator"),
        ({"signed": False}, False, "not_signed"),
        ({}, True, "simulator"),
    ],
)
def test_what_is_not_signed_is_judged_and_never_earns(facts, simulated, code):
    verdict = judge(Week([a_drive(**facts)], odometer_km=12.0, simulated=simulated))
    assert (verdict.proved, verdict.earns, codes(verdict)) == (True, False, [code])


def test_a_file_neither_helps_nor_harms_a_device():
    imported = a_drive(2, kind="import", signed=False, copy="replayed", gps_km=50.0)
    alone, beside = judge(Week([a_drive()])), judge(Week([a_drive(), imported]))
    assert (beside.earns, beside.km, beside.reasons) == (True, alone.km, [])
    assert beside.signed_share == pytest.approx(12 / 62, abs=1e-4)


def test_one_drive_told_by_two_sources_counts_once():
    assert judge(Week([a_drive(1), a_drive(1)])).km == 12.0


def test_positions_alone_need_two_days_and_only_a_phone_may_stand_alone():
    phone = {"kind": "phone", "wheel_km": 12.0, "told": False}
    assert codes(judge(Week([a_drive(1, **phone)]))) == ["one_witness"]
    verdict = judge(Week([a_drive(1, **phone), a_drive(25, **phone)]))
    assert (verdict.earns, verdict.witnesses) == (True, 1)


def test_every_code_has_words():
    for code in words.SENTENCES:
        facts = {"km": 1, "of": 5, "days": 1, "gps_km": 2, "odometer_km": 3, "speed_km": 4, "trips": 1}
        assert all(words.sentence({"code": code, "facts": facts}))


def test_a_missed_week_keeps_the_streak_and_every_third_drops_a_level():
    assert streak_of([True] * 5 + [False]) == Streak(5, 1, 1)
    assert streak_of([True] * 22 + [False] * 3) == Streak(LEVELS[1], 3, 1)
    assert streak_of([True] * 22 + [False] * 6) == Streak(0, 6, 0)
    assert streak_of([True] * 36) == Streak(36, 0, 3)
    assert streak_of([]) == Streak()
