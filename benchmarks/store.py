"""The telemetry store on vehicles x 30 signals x days: bytes, ingest, charts, trips, sealing; beside other stores.

The same values in one run: PostgreSQL's hot tier and the sealed lake as the platform keeps them, plain Parquet files
read by DuckDB, and embedded ClickHouse where `chdb` is installed. One vehicle is dense (1 Hz for an hour a day), the
others tell 30 signals eleven times a day. Sizes: BENCH_STORE_VEHICLES (2,000), BENCH_STORE_DAYS (30). Nothing is
recorded below 20 million values, so that a trial run changes no figures.
"""

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.database import database, raw_table
from benchmarks.report import record

VEHICLES = int(os.environ.get("BENCH_STORE_VEHICLES", "2000"))
DAYS = int(os.environ.get("BENCH_STORE_DAYS", "30"))
SIGNALS, A_DAY, DENSE, FIRST = 30, 11, 1, date(2026, 3, 1)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ENOUGH = 20_000_000
SIZE = "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'message'::regclass"
PLAIN = """
SELECT time_bucket(INTERVAL 5 minutes, ts) AS bin, avg(value) FROM {source}
WHERE vehicle_id = {vehicle} AND signal_id = 6 AND ts >= '{since}' AND ts < '{until}' GROUP BY 1 ORDER BY 1
"""
CLICKHOUSE = """
SELECT toStartOfInterval(ts, INTERVAL 5 MINUTE) AS bin, avg(value) FROM file('{path}', Parquet)
WHERE vehicle_id = {vehicle} AND signal_id = 6 AND ts >= '{since}' AND ts < '{until}' GROUP BY 1 ORDER BY 1
"""


def main() -> None:
    with database() as postgres, tempfile.TemporaryDirectory() as name:
        from django.conf import settings

        settings.LAKE_URL = name
        with postgres.connect() as session:
            measure(session, Path(name))


def measure(session: Any, folder: Path) -> None:
    note = noting(VEHICLES * SIGNALS * A_DAY * DAYS >= ENOUGH)
    values, copied, raw = ingest(session)
    note("store, values", values, "values", None, None)
    note("store, ingest by COPY", values / copied, "values/s", 0.5, raw / copied)
    session.execute("VACUUM ANALYZE message")
    roll_up(session)
    note("store, hot", session.execute(SIZE).fetchone()[0] / values, "B/value", 16, None)
    charts(note, "hot")
    rates = seal_all()
    note("store, sealing", values / sum(seconds for _, seconds in rates), "values/s", 1_000_000, None)
    tenth = max(1, len(rates) // 10)
    early, late = (sum(s for _, s in part) / sum(n for n, _ in part) for part in (rates[:tenth], rates[-tenth:]))
    note("store, sealing the last tenth against the first, per value", late / early, "times", 1.2, None)
    lake = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    note("store, cold", lake / values, "B/value", 5, None)
    charts(note, "sealed")
    others(note, folder, values)


def noting(real: bool) -> Callable[..., None]:
    """Record a figure, or in a trial run only print it."""

    def note(name: str, value: float, unit: str, limit: float | None, ratio: float | None) -> None:
        if real:
            record(name, value, unit, limit, ratio)
        print(
            f"  {name:<60} {value:>14,.2f} {unit}" + (f"  ratio {ratio:.2f}" if ratio is not None else ""), flush=True
        )

    return note


def rows_of(vehicle: int, day: int, random: np.random.Generator) -> list[Any]:
    """A day of one vehicle, values with the precision that sensors have."""
    from vehicles.quality import Row

    start = datetime(FIRST.year, FIRST.month, FIRST.day, 7, tzinfo=UTC) + timedelta(days=day, seconds=vehicle % 600)
    count, step = (3600, 1) if vehicle == DENSE else (A_DAY, 300)
    numbers = list(range(1, SIGNALS + 1))
    values = np.round(random.normal(50, 20, (count, SIGNALS)), 1).tolist()
    return [Row(start + timedelta(seconds=step * i), numbers, values[i], [0] * SIGNALS) for i in range(count)]


def ingest(session: Any) -> tuple[int, float, float]:
    """Values, seconds of the store's COPY with its encoding, seconds of the same bytes into a bare table."""
    from vehicles import copying

    random = np.random.default_rng(7)
    session.execute("SELECT ensure_message_partitions(%s::date, %s::date)", [FIRST, FIRST + timedelta(days=DAYS)])
    raw_table(session, "bare", "message")
    values, ours, bare = 0, 0.0, 0.0
    for day in range(DAYS):
        for first in range(1, VEHICLES + 1, 200):
            fleet = {v: rows_of(v, day, random) for v in range(first, min(first + 200, VEHICLES + 1))}
            values += sum(len(rows) * SIGNALS for rows in fleet.values())
            began = perf_counter()
            data = b"".join(copying.encode(rows, vehicle_id=v, source_id=v) for v, rows in fleet.items())
            copy(session, copying.STATEMENT, copying.HEADER + data + copying.TRAILER)
            ours += perf_counter() - began
            began = perf_counter()
            copy(session, copying.STATEMENT.replace("message", "bare", 1), copying.HEADER + data + copying.TRAILER)
            bare += perf_counter() - began
    session.execute("DROP TABLE bare")
    return values, ours, bare


def copy(session: Any, statement: str, data: bytes) -> None:
    with session.cursor() as cursor, cursor.copy(statement) as sink:
        sink.write(data)


def roll_up(session: Any) -> None:
    """Minutes of charted signals, which ingest keeps up as it goes."""
    from vehicles.signals import charted

    session.execute(
        "INSERT INTO rollup_1m SELECT m.vehicle_id, s.sig, date_trunc('minute', m.ts), count(*), sum(s.val),"
        " min(s.val), max(s.val), min(s.val), max(s.val), min(m.ts), max(m.ts)"
        " FROM message m, unnest(m.sig, m.val) s(sig, val) WHERE s.sig = ANY(%s) GROUP BY 1, 2, 3",
        [sorted(charted)],
    )
    session.execute("VACUUM ANALYZE rollup_1m")


def spent(act: Callable[[], Any], times: int = 15) -> float:
    """Milliseconds, the median of some runs after one that is not counted."""
    act()
    found = []
    for _ in range(times):
        began = perf_counter()
        act()
        found.append((perf_counter() - began) * 1000)
    return median(found)


def week() -> tuple[datetime, datetime]:
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    return start, start + timedelta(days=min(7, DAYS))


def charts(note: Callable[..., None], tier: str) -> None:
    """A week's chart of one signal, a day as measured, and every value of a vehicle's week as Arrow."""
    from vehicles.store import curves, reading

    since, until = week()
    for word, vehicle, limit in (("dense", DENSE, 10), ("sparse", DENSE + 1, 2)):
        asked = {"vehicle_id": vehicle, "signal_ids": [6], "since": since, "until": until}
        chart = spent(lambda asked=asked: curves.rolled_means(step=60, **asked))
        note(f"store, 7-day chart, {word}, {tier}", chart, "ms", limit, None)
        day = asked | {"until": since + timedelta(days=1), "most": 10_101}
        note(f"store, day as measured, {word}, {tier}", spent(lambda day=day: curves.points(**day)), "ms", None, None)
    everything = {"vehicle_ids": [DENSE], "signal_ids": range(1, 31), "since": since, "until": until}
    note(f"store, a dense week as Arrow, {tier}", spent(lambda: reading.read(**everything), 5), "ms", None, None)


def seal_all() -> list[tuple[int, float]]:
    """(values, seconds) of each day, oldest first."""
    from vehicles.store import seal

    found = []
    for day in range(DAYS):
        began = perf_counter()
        moved = seal.seal_day(day=FIRST + timedelta(days=day), now=NOW)
        found.append((moved.rows, perf_counter() - began))
    return found


def others(note: Callable[..., None], folder: Path, values: int) -> None:
    """The same values as one plain Parquet file a day, asked by DuckDB and, where installed, by ClickHouse."""
    import duckdb

    from vehicles.store import table

    plain = folder / "plain"
    plain.mkdir()
    since, until = week()
    with duckdb.connect() as link:
        link.execute("SET timezone = 'UTC'")
        link.register("lake", table.dataset(table.open_table().to_pyarrow_dataset().files))
        began = perf_counter()
        link.execute(
            f"COPY (SELECT *, ts::DATE AS day FROM lake ORDER BY day, signal_id, vehicle_id, ts) TO '{plain}'"
            " (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day))"
        )
        note("store, plain Parquet, write", values / (perf_counter() - began), "values/s", None, None)
        size = sum(path.stat().st_size for path in plain.rglob("*.parquet"))
        note("store, plain Parquet, size", size / values, "B/value", None, None)
        for word, vehicle in (("dense", DENSE), ("sparse", DENSE + 1)):
            source = f"read_parquet('{plain}/*/*.parquet')"
            sql = PLAIN.format(source=source, vehicle=vehicle, since=since, until=until)
            took = spent(lambda sql=sql: link.sql(sql).to_arrow_table())
            note(f"store, 7-day chart, {word}, plain Parquet and DuckDB", took, "ms", None, None)
    try:
        import chdb
    except ImportError:
        print("  chdb is not installed, so ClickHouse is left out: pip install chdb")
        return
    for word, vehicle in (("dense", DENSE), ("sparse", DENSE + 1)):
        facts = {"since": f"{since:%Y-%m-%d %H:%M:%S}", "until": f"{until:%Y-%m-%d %H:%M:%S}", "vehicle": vehicle}
        sql = CLICKHOUSE.format(path=f"{plain}/*/*.parquet", **facts)
        took = spent(lambda sql=sql: chdb.query(sql, "ArrowTable"))
        note(f"store, 7-day chart, {word}, ClickHouse on Parquet", took, "ms", None, None)


if __name__ == "__main__":
    main()
