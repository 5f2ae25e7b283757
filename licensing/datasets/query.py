"""THE dataset query: measurements joined with consent inside DuckDB, blurred as allowed, written as one Parquet file.

There is no unconsented intermediate on disk: what is not in a span never leaves the join. The same inputs give the same
bytes: explicit order, UTC, fixed row groups and compression, integer sums, and text columns cast after the sort (DuckDB
splits pages of ENUM columns differently from run to run).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

from licensing.datasets import zoning
from vehicles.zones.enforced import Enforced

MEMORY: Final = "1GB"
PARQUET: Final = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 122880)"
MICROS = pa.timestamp("us", tz="UTC")
CONSENT_SCHEMA = pa.schema(
    [
        ("vehicle_id", pa.int32()),
        ("signal_id", pa.int16()),
        ("exact", pa.bool_()),
        ("start_at", MICROS),
        ("end_at", MICROS),
    ]
)
VEHICLE_SCHEMA = pa.schema([("vehicle_id", pa.int32()), ("member_id", pa.int64()), ("pid", pa.string())])
SIGNAL_SCHEMA = pa.schema(
    [
        ("signal_id", pa.int16()),
        ("name", pa.string()),
        ("way", pa.string()),
        ("bin", pa.int64()),
        ("step", pa.float64()),
        ("exact_step", pa.float64()),
    ]
)
WORD_SCHEMA = pa.schema([("signal_id", pa.int16()), ("code", pa.float64()), ("word", pa.string())])
TWIN_SCHEMA = pa.schema(
    [("vehicle_id", pa.int32()), ("source_id", pa.int32()), ("start_at", MICROS), ("end_at", MICROS)]
)

# Messages are kept whole (30 signals in a row) until they are joined; those of trips that repeat another trip fall out.
MESSAGES = """
CREATE TYPE pid AS ENUM (SELECT pid FROM vehicle_in ORDER BY pid);
CREATE TYPE signal_name AS ENUM (SELECT name FROM signal_in ORDER BY name);
CREATE TYPE precision_name AS ENUM ('coarse', 'exact');
CREATE TEMP TABLE consent AS FROM consent_in;
CREATE TEMP TABLE vehicle AS SELECT vehicle_id, member_id, pid::pid AS pid FROM vehicle_in;
CREATE TEMP TABLE signal AS SELECT * EXCLUDE name, name::signal_name AS signal FROM signal_in;
CREATE TEMP TABLE message AS FROM hot_in;
CREATE TEMP TABLE cold (vehicle_id INTEGER, source_id INTEGER, ts TIMESTAMPTZ, signal_id SMALLINT, value DOUBLE);
"""
# Sealed days lie a signal a row. Constants let the reader skip most of a file; the fence is as wide as for messages.
COLD = """
INSERT INTO cold
SELECT c.vehicle_id, c.source_id, c.ts, c.signal_id, c.value
FROM cold_in c JOIN (SELECT vehicle_id, min(start_at) AS low, max(end_at) AS high FROM consent GROUP BY ALL) w
  ON c.vehicle_id = w.vehicle_id AND c.ts >= w.low AND c.ts < w.high
WHERE c.signal_id IN ({signals});
"""
DROP_TWIN_TRIPS = """
DELETE FROM message m USING twin_in t
WHERE m.vehicle_id = t.vehicle_id AND m.source_id = t.source_id AND m.ts BETWEEN t.start_at AND t.end_at;
DELETE FROM cold m USING twin_in t
WHERE m.vehicle_id = t.vehicle_id AND m.source_id = t.source_id AND m.ts BETWEEN t.start_at AND t.end_at;
"""
SHARED_MOMENTS = """
CREATE TEMP TABLE shared AS
SELECT vehicle_id, ts FROM (
  SELECT vehicle_id, ts, count(*) AS told FROM message GROUP BY ALL
  UNION ALL
  SELECT vehicle_id, ts, CASE WHEN min(source_id) = max(source_id) THEN 1 ELSE 2 END FROM cold GROUP BY ALL
) GROUP BY ALL HAVING sum(told) > 1;
"""
# Only moments at which a vehicle has several messages can repeat a signal, so only those are compared: the source with
# the lowest number wins, then the lower value.
CONSENTED = """
CREATE TEMP VIEW consented AS
WITH lone AS (
  SELECT vehicle_id, source_id, ts, unnest(sig) AS signal_id, unnest(val) AS value
  FROM message ANTI JOIN shared USING (vehicle_id, ts)
  UNION ALL
  SELECT vehicle_id, source_id, ts, signal_id, value FROM cold ANTI JOIN shared USING (vehicle_id, ts)
), repeated AS (
  SELECT vehicle_id, source_id, ts, unnest(sig) AS signal_id, unnest(val) AS value
  FROM message SEMI JOIN shared USING (vehicle_id, ts)
  UNION ALL
  SELECT vehicle_id, source_id, ts, signal_id, value FROM cold SEMI JOIN shared USING (vehicle_id, ts)
), reading AS (
  SELECT vehicle_id, ts, signal_id, value FROM lone
  UNION ALL
  SELECT vehicle_id, ts, signal_id, min({'source': source_id, 'value': value}).value FROM repeated GROUP BY ALL
)
SELECT r.vehicle_id, r.signal_id, r.ts, r.value, c.exact, c.start_at
FROM reading r JOIN consent c
  ON c.vehicle_id = r.vehicle_id AND c.signal_id = r.signal_id AND r.ts >= c.start_at AND r.ts < c.end_at;
"""
# A bin's mean is an integer sum of millionths, so that the order of adding cannot change a digit. A bin is named by its
# start, but never by a moment before the span it comes from: that moment may be one that the driver took back.
ROWS = """
CREATE TEMP VIEW delivered AS
SELECT v.pid, s.signal, a.ts,
  CASE WHEN s.exact_step IS NULL THEN a.value ELSE floor(a.value / s.exact_step) * s.exact_step END AS value,
  'exact'::precision_name AS precision
FROM allowed a JOIN vehicle v USING (vehicle_id) JOIN signal s USING (signal_id)
WHERE a.exact
UNION ALL
SELECT v.pid, s.signal, binned.ts,
  CASE s.way WHEN 'mean' THEN round(mean / s.step) * s.step
    WHEN 'share' THEN round(mean / s.step) * s.step
    WHEN 'last' THEN floor(last / s.step) * s.step ELSE each END AS value,
  'coarse'::precision_name AS precision
FROM (
  SELECT a.vehicle_id, a.signal_id,
    greatest(make_timestamptz((epoch_us(a.ts) - $offset) // s.bin * s.bin + $offset), a.start_at) AS ts,
    CASE WHEN s.way = 'each' THEN a.value END AS each,
    sum(CAST(round(a.value * 1e6) AS HUGEINT)) / 1e6 / count(*) AS mean,
    max({'ts': a.ts, 'value': a.value}).value AS last
  FROM allowed a JOIN signal s USING (signal_id)
  WHERE NOT a.exact AND s.way <> 'none'
  GROUP BY ALL
) binned JOIN vehicle v USING (vehicle_id) JOIN signal s USING (signal_id)
"""
WRITE_ROWS = """
COPY (
  SELECT pid::VARCHAR AS pid, signal::VARCHAR AS signal, ts, {value}, precision::VARCHAR AS precision{cell}
  FROM (SELECT pid, signal, ts, value, precision FROM delivered ORDER BY ALL)
) TO '{path}' """
COUNT_ROWS = """
SELECT v.vehicle_id, count(*) FROM read_parquet($path) f JOIN vehicle_in v ON v.pid = f.pid GROUP BY ALL ORDER BY ALL
"""
# Each vehicle counts once a day, whatever it sends; a cell below the floor, in vehicles or in people, is left out.
# Codes of an enumeration are no quantities: of each word a cell tells the share of its readings, over the vehicles that
# told it, so that a word below the floor cannot be derived from the others.
STATISTICS = """
CREATE TEMP TABLE vehicle_day AS
SELECT a.vehicle_id, a.signal_id, '' AS word, epoch_us(a.ts) // 86400000000 AS day, count(*) AS rows,
  CAST(round(sum(CAST(round(a.value * 1e6) AS HUGEINT)) / count(*)) AS HUGEINT) AS mean
FROM allowed a ANTI JOIN word_in w USING (signal_id) GROUP BY ALL
UNION ALL
SELECT vehicle_id, signal_id, word, day, rows,
  CAST(rows * 1000000 // sum(rows) OVER (PARTITION BY vehicle_id, signal_id, day) AS HUGEINT) AS mean
FROM (
  SELECT a.vehicle_id, a.signal_id, w.word, epoch_us(a.ts) // 86400000000 AS day, count(*) AS rows
  FROM allowed a JOIN word_in w ON w.signal_id = a.signal_id AND w.code = a.value GROUP BY ALL
);
CREATE TEMP TABLE cell AS
SELECT d.signal_id, d.word, d.day, count(*) AS vehicles, sum(d.mean) / 1e6 / count(*) AS mean
FROM vehicle_day d JOIN vehicle v USING (vehicle_id) GROUP BY ALL
HAVING count(*) >= $k AND count(DISTINCT v.member_id) >= $k;
"""
WRITE_STATISTICS = """
COPY (
  SELECT s.signal::VARCHAR AS signal, DATE '1970-01-01' + c.day::INTEGER AS day, c.vehicles // 5 * 5 AS vehicles,
    round(c.mean, 3) AS mean{word}
  FROM cell c JOIN signal s USING (signal_id) ORDER BY ALL
) TO '{path}' """
COUNT_STATISTICS = """
SELECT d.vehicle_id, sum(d.rows)::BIGINT FROM vehicle_day d SEMI JOIN cell USING (signal_id, word, day)
GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What one build joins: `hot`, a stream of messages that is read once, `cold`, the files of sealed days, and small
    tables of the schemas above; `words`: of each enumeration. `zones` withhold the signals `guarded` around their
    places."""

    hot: pa.RecordBatchReader | pa.Table
    consent: pa.Table
    vehicles: pa.Table
    signals: pa.Table
    twin_trips: pa.Table
    cold: ds.Dataset | None = None
    words: pa.Table = field(default_factory=WORD_SCHEMA.empty_table)
    zones: tuple[Enforced, ...] = ()
    guarded: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """`rows` of the file; `per_vehicle`: counted in it (statistics: readings that entered it); `withheld`: how many
    readings of how many vehicles lay in privacy zones."""

    rows: int
    per_vehicle: dict[int, int]
    withheld: tuple[int, int] = (0, 0)


def write_rows(*, inputs: Inputs, path: Path, spill: Path, offset_us: int, with_cells: bool) -> Written:
    """Write rows under pseudonyms. `offset_us` shifts the time bins; `with_cells` adds a column of H3 cells."""
    with duckdb.connect() as link:
        withheld = _load(link, inputs, spill)
        link.execute(ROWS.replace("$offset", str(int(offset_us))))
        is_cell = "signal = 'currentLocationCell7'"
        value = f"CASE WHEN {is_cell} THEN NULL ELSE value END AS value" if with_cells else "value"
        cell = (
            f", CASE WHEN {is_cell} THEN format('{{:x}}', (value::BIGINT << 24) | 16777215) END AS cell"
            if with_cells
            else ""
        )
        link.execute(WRITE_ROWS.format(value=value, cell=cell, path=_quoted(path)) + PARQUET)
        return _written(link, path, link.execute(COUNT_ROWS, {"path": str(path)}), withheld)


def write_statistics(*, inputs: Inputs, path: Path, spill: Path, k: int) -> Written:
    """Write means per signal and day over at least `k` vehicles of `k` people; their number is rounded down to five.

    Of an enumeration each word has a row, and `mean` is its share.
    """
    with duckdb.connect() as link:
        withheld = _load(link, inputs, spill)
        link.execute(STATISTICS.replace("$k", str(int(k))))
        word = ", c.word" if inputs.words.num_rows else ""
        link.execute(WRITE_STATISTICS.format(path=_quoted(path), word=word) + PARQUET)
        return _written(link, path, link.execute(COUNT_STATISTICS), withheld)


def _load(link: duckdb.DuckDBPyConnection, inputs: Inputs, spill: Path) -> tuple[int, int]:
    link.execute(f"SET timezone = 'UTC'; SET memory_limit = '{MEMORY}'; SET temp_directory = '{_quoted(spill)}'")
    link.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    for name, table in (
        ("hot_in", inputs.hot),
        ("consent_in", inputs.consent),
        ("vehicle_in", inputs.vehicles),
        ("signal_in", inputs.signals),
        ("twin_in", inputs.twin_trips),
        ("word_in", inputs.words),
    ):
        link.register(name, table)
    link.execute(MESSAGES)
    wanted = sorted(inputs.consent.column("signal_id").unique().to_pylist())
    sealed = inputs.cold is not None and bool(wanted)
    if sealed:
        link.register("cold_in", inputs.cold)
        link.execute(COLD.format(signals=",".join(map(str, wanted))))
    if inputs.twin_trips.num_rows:
        link.execute(DROP_TWIN_TRIPS)
    link.execute(SHARED_MOMENTS)
    link.execute(CONSENTED)
    return zoning.withhold(link, zones=inputs.zones, guarded=inputs.guarded, sealed=sealed)


def _written(
    link: duckdb.DuckDBPyConnection, path: Path, counts: duckdb.DuckDBPyConnection, withheld: tuple[int, int]
) -> Written:
    per_vehicle = {int(vehicle): int(rows) for vehicle, rows in counts.fetchall()}
    total = link.execute("SELECT count(*) FROM read_parquet($path)", {"path": str(path)}).fetchone()
    return Written(int(total[0]) if total else 0, per_vehicle, withheld)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
