"""The dataset query over small tables: consent is joined inside, and the same inputs give the same bytes."""

from datetime import UTC, datetime, timedelta

import h3
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from licensing.datasets import query
from vehicles.signals import cell_of, cell_value

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOC, CELL, LATITUDE = 43, 57, 1
HERE = cell_value(56.0, 10.0)


def hot(rows) -> pa.Table:
    """Rows of (vehicle, minute, source, {signal: value})."""
    return pa.table(
        {
            "vehicle_id": pa.array([row[0] for row in rows], pa.int32()),
            "ts": pa.array([START + row[1] * MINUTE for row in rows], query.MICROS),
            "source_id": pa.array([row[2] for row in rows], pa.int32()),
            "sig": pa.array([list(row[3]) for row in rows], pa.list_(pa.int16())),
            "val": pa.array([list(row[3].values()) for row in rows], pa.list_(pa.float64())),
        }
    )


def consent(*spans) -> pa.Table:
    """Spans of (vehicle, signal, exact, from minute, to minute)."""
    rows = [
        {"vehicle_id": v, "signal_id": s, "exact": e, "start_at": START + a * MINUTE, "end_at": START + b * MINUTE}
        for v, s, e, a, b in spans
    ]
    return pa.Table.from_pylist(rows, schema=query.CONSENT_SCHEMA)


def vehicles(count: int, *, people: int | None = None) -> pa.Table:
    rows = [
        {"vehicle_id": v, "member_id": v % (people or count), "pid": f"P{count - v:019d}"} for v in range(1, count + 1)
    ]
    return pa.Table.from_pylist(rows, schema=query.VEHICLE_SCHEMA)


SIGNALS = pa.Table.from_pylist(
    [
        {"signal_id": SOC, "name": "soc", "way": "mean", "bin": 3_600_000_000, "step": 1.0, "exact_step": None},
        {
            "signal_id": CELL,
            "name": "currentLocationCell7",
            "way": "each",
            "bin": 900_000_000,
            "step": 1.0,
            "exact_step": None,
        },
        {"signal_id": 14, "name": "odometer", "way": "last", "bin": 86_400_000_000, "step": 10.0, "exact_step": 10.0},
        {"signal_id": 16, "name": "powertrain", "way": "last", "bin": 86_400_000_000, "step": 1.0, "exact_step": None},
    ],
    schema=query.SIGNAL_SCHEMA,
)


@pytest.fixture
def write(tmp_path):
    def run(rows, spans, *, count=3, twins=None, name="rows.parquet", **options):
        inputs = query.Inputs(
            hot(rows), consent(*spans), vehicles(count), SIGNALS, twins or query.TWIN_SCHEMA.empty_table()
        )
        path = tmp_path / name
        written = query.write_rows(
            inputs=inputs, path=path, spill=tmp_path / "spill", **{"offset_us": 0, "with_cells": True, **options}
        )
        return written, pq.read_table(path).to_pylist()

    return run


def test_only_readings_inside_a_span_leave(write):
    rows = [(1, minute, 1, {SOC: 50.0, CELL: HERE}) for minute in range(10)] + [(2, 5, 1, {SOC: 60.0})]
    written, found = write(rows, [(1, SOC, True, 2, 5)])
    assert [(row["ts"] - START) / MINUTE for row in found] == [2, 3, 4]
    assert {row["signal"] for row in found} == {"soc"}
    assert written.per_vehicle == {1: 3}


def test_a_message_of_two_signals_gives_only_the_allowed_one(write):
    _, found = write(
        [(1, 0, 1, {SOC: 50.0, CELL: HERE}), (2, 0, 1, {SOC: 51.0, CELL: HERE})],
        [(1, SOC, True, 0, 9), (1, CELL, False, 0, 9), (2, SOC, True, 0, 9)],
    )
    assert sorted((row["signal"], row["cell"] is not None) for row in found) == [
        ("currentLocationCell7", True),
        ("soc", False),
        ("soc", False),
    ]


def test_of_two_sources_at_one_moment_the_lower_wins(write):
    rows = [(1, 0, 9, {SOC: 99.0}), (1, 0, 2, {SOC: 50.0}), (1, 0, 2, {SOC: 49.0}), (1, 1, 9, {SOC: 98.0})]
    written, found = write(rows, [(1, SOC, True, 0, 9)])
    assert [row["value"] for row in found] == [49.0, 98.0]
    assert written.rows == 2


def test_a_repeated_trip_is_left_out_of_its_source_alone(write):
    twins = pa.Table.from_pylist(
        [{"vehicle_id": 1, "source_id": 2, "start_at": START, "end_at": START + 3 * MINUTE}], schema=query.TWIN_SCHEMA
    )
    rows = [(1, minute, source, {SOC: float(source)}) for minute in range(5) for source in (2, 3)]
    _, found = write(rows, [(1, SOC, True, 0, 9)], twins=twins)
    assert [row["value"] for row in found] == [3.0, 3.0, 3.0, 3.0, 2.0]


def test_coarse_consent_gives_blurred_rows_that_say_so(write):
    rows = [(1, minute, 1, {SOC: 50.0 + minute % 2 * 0.5, 14: 1234.5}) for minute in range(60)]
    _, found = write(rows, [(1, SOC, False, 0, 60), (1, 14, False, 0, 60)])
    assert [(row["signal"], row["value"], row["precision"]) for row in found] == [
        ("odometer", 1230.0, "coarse"),
        ("soc", 50.0, "coarse"),
    ]


@pytest.mark.parametrize("codes", [[2, 3, 1], [3, 1, 2], [1, 1, 3]])
def test_the_coarse_row_of_a_code_is_the_last_in_time_and_not_the_highest(write, codes):
    rows = [(1, minute, 1, {16: float(code)}) for minute, code in enumerate(codes)]
    for told in (rows, rows[::-1]):
        _, found = write(told, [(1, 16, False, 0, 60)])
        assert [row["value"] for row in found] == [codes[-1]]


def test_an_exact_odometer_still_comes_in_steps_of_ten(write):
    _, found = write([(1, 0, 1, {14: 1239.9})], [(1, 14, True, 0, 9)])
    assert found[0]["value"] == 1230.0


def test_a_bin_is_never_named_by_a_moment_that_was_taken_back(write):
    rows = [(1, minute, 1, {CELL: HERE}) for minute in range(30)]
    _, found = write(rows, [(1, CELL, False, 0, 3), (1, CELL, False, 10, 30)], offset_us=60_000_000)
    minutes = [(row["ts"] - START) / MINUTE for row in found]
    assert minutes == [0, 1, 10, 16]


def test_areas_are_written_as_h3_cells_of_five_square_kilometers(write):
    _, found = write([(1, 0, 1, {CELL: HERE})], [(1, CELL, False, 0, 9)])
    assert found[0]["cell"] == cell_of(HERE) == h3.latlng_to_cell(56.0, 10.0, 7)
    assert found[0]["value"] is None


def test_without_areas_the_file_has_no_such_column(write):
    _, found = write([(1, 0, 1, {SOC: 50.0})], [(1, SOC, True, 0, 9)], with_cells=False)
    assert set(found[0]) == {"pid", "signal", "ts", "value", "precision"}


def dense(count: int, minutes: int) -> pa.Table:
    """Two signals a minute of many vehicles: large enough that DuckDB writes with all its threads."""
    rows = count * minutes
    moments = np.tile(np.arange(minutes), count) * 60_000_000 + int(START.timestamp()) * 1_000_000
    ends = pa.array(np.arange(0, 2 * rows + 1, 2, dtype="int32"))
    values = np.random.default_rng(1).normal(50, 9, 2 * rows).round(1)
    return pa.table(
        {
            "vehicle_id": np.repeat(np.arange(1, count + 1, dtype="int32"), minutes),
            "ts": pa.array(moments, query.MICROS),
            "source_id": np.ones(rows, "int32"),
            "sig": pa.ListArray.from_arrays(ends, pa.array(np.tile(np.array([SOC, 14], dtype="int16"), rows))),
            "val": pa.ListArray.from_arrays(ends, pa.array(values)),
        }
    )


def test_the_same_inputs_give_the_same_bytes(tmp_path):
    hot_rows = dense(100, 3000)
    spans = consent(*[(v, s, v % 9 > 0, 0, 3000) for v in range(1, 101) for s in (SOC, 14)])
    seen = set()
    for attempt in range(3):
        shifted = pa.concat_tables([hot_rows[attempt * 1000 :], hot_rows[: attempt * 1000]])
        inputs = query.Inputs(shifted, spans, vehicles(100), SIGNALS, query.TWIN_SCHEMA.empty_table())
        path = tmp_path / f"{attempt}.parquet"
        query.write_rows(inputs=inputs, path=path, spill=tmp_path / "spill", offset_us=7_000_000, with_cells=False)
        seen.add(path.read_bytes())
    assert len(seen) == 1


@pytest.mark.parametrize(("people", "published"), [(6, 1), (4, 0)])
def test_statistics_need_the_floor_in_vehicles_and_in_people(tmp_path, people, published):
    rows = [(v, minute, 1, {SOC: 10.0 * v}) for v in range(1, 7) for minute in range(v)]
    rows += [(v, 2000, 1, {SOC: 1.0}) for v in (1, 2)]
    spans = [(v, SOC, True, 0, 9000) for v in range(1, 7)]
    inputs = query.Inputs(
        hot(rows), consent(*spans), vehicles(6, people=people), SIGNALS, query.TWIN_SCHEMA.empty_table()
    )
    path = tmp_path / "statistics.parquet"
    written = query.write_statistics(inputs=inputs, path=path, spill=tmp_path / "spill", k=5)
    found = pq.read_table(path).to_pylist()
    assert len(found) == published == written.rows
    if published:
        assert (found[0]["mean"], found[0]["vehicles"]) == (35.0, 5)  # each vehicle once, not each reading
        assert written.per_vehicle == {v: v for v in range(1, 7)}
