"""Coarse is coarse: on its bins and steps, the same when done again, and deaf to what lies within."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicles.coarsening import DAY, EPOCH, MICROSECOND, Blur, Point, at_least, bin_of, blur, blurred, per, stepped
from vehicles.signals import CELL, by_id, by_name, catalog

START = datetime(2026, 11, 1, tzinfo=UTC)
LATER = START + timedelta(days=400)
COARSE = sorted(signal.id for signal in catalog if blur(signal).way != "none")
moments = st.integers(0, 5 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
readings = st.lists(st.tuples(moments, st.floats(0, 1000, allow_nan=False)), max_size=60)
signals = st.sampled_from(COARSE)


def table(rows, signal: int) -> pa.Table:
    rows = sorted(rows)
    return pa.table(
        {
            "signal_id": pa.array([signal] * len(rows), pa.int16()),
            "ts": pa.array([ts for ts, _ in rows], pa.timestamp("us", "UTC")),
            "value": pa.array([float(value) for _, value in rows], pa.float64()),
        }
    )


def coarse(rows, signal: int, now=LATER) -> list[Point]:
    return blurred(table(rows, signal), {signal: blur(by_id[signal])}, now=now)


@given(signals, readings)
def test_again_is_the_same(signal, rows):
    once = coarse(rows, signal)
    assert coarse([(point.ts, point.value) for point in once], signal) == once


@given(signals, readings)
def test_every_value_lies_on_its_bin_and_on_its_step(signal, rows):
    how = blur(by_id[signal])
    for point in coarse(rows, signal):
        assert (point.ts - EPOCH) // MICROSECOND % how.microseconds == 0
        if how.way != "each":
            assert point.value / how.step == pytest.approx(round(point.value / how.step))


@given(signals, readings)
def test_never_more_than_one_value_a_bin_and_none_that_nothing_was_measured_in(signal, rows):
    how, points = blur(by_id[signal]), coarse(rows, signal)
    bins = {bin_of(ts, how.microseconds) for ts, _ in rows}
    assert {point.ts for point in points} == bins
    assert how.way == "each" or len(points) == len(bins)


@given(signals, readings)
def test_when_within_a_bin_something_was_measured_is_not_told(signal, rows):
    """Moments moved to the beginnings of their bins, in the same order, give the same answer."""
    how, moved, seen = blur(by_id[signal]), [], Counter()
    for ts, value in sorted(rows):
        start = bin_of(ts, how.microseconds)
        seen[start] += 1
        moved.append((start + seen[start] * MICROSECOND, value))
    assert coarse(moved, signal) == coarse(rows, signal)


@given(signals, readings, moments)
def test_a_bin_is_told_only_when_its_time_has_passed(signal, rows, now):
    how = blur(by_id[signal])
    told = coarse(rows, signal, now=now)
    assert told == [point for point in coarse(rows, signal) if point.ts + how.microseconds * MICROSECOND <= now]


@given(signals, st.sampled_from([60, 300, 900, 3600, 86_400]))
def test_an_interval_makes_coarse_only_coarser(signal, seconds):
    how = blur(by_id[signal])
    wider = at_least(how, seconds)
    assert wider.microseconds >= how.microseconds
    assert wider.microseconds % how.microseconds == 0
    assert (wider.way, wider.step) == (how.way, how.step)


LETTERS = {
    "speed": Blur("mean", 900_000_000, 5.0),
    "powertrainTractionBatteryStateOfChargeCurrent": Blur("mean", 3_600_000_000, 1.0),
    "powertrainFuelSystemRelativeLevel": Blur("mean", 3_600_000_000, 5.0),
    "powertrainTransmissionTravelledDistance": Blur("last", DAY, 10.0),
    "isIgnitionOn": Blur("share", DAY, 0.01),
    "currentLocationCell7": Blur("each", 900_000_000, always=True),
    "currentLocationLatitude": Blur("none"),
    "currentLocationAltitude": Blur("none"),
    "obdBarometricPressure": Blur("none"),
}


@pytest.mark.parametrize("name", LETTERS)
def test_the_letters_of_the_catalog_mean_what_the_table_says(name):
    assert blur(by_name[name]) == LETTERS[name]


def test_a_counter_never_runs_ahead_of_the_car():
    assert stepped(1009.9, Blur("last", DAY, 10.0)) == 1000.0


def test_an_interval_of_exact_values_takes_means_of_numbers_and_the_last_of_counters():
    assert per(by_name["speed"], 60) == Blur("mean", 60_000_000, 0)
    assert per(by_name["powertrainTransmissionTravelledDistance"], 60).way == "last"
    assert per(by_name["isIgnitionOn"], 60).way == "share"
    assert per(by_id[CELL], 60).way == "each"
