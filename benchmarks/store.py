"""The telemetry store on vehicles x 30 signals x days: bytes, ingest, charts, trips, sealing; beside other stores.

The same values in one run: PostgreSQL's hot tier and the sealed lake as the platform keeps them, plain Parquet files
read by DuckDB, and embedded ClickHouse where BENCH_CHDB_PYTHON names an interpreter that has `chdb` (`make bench` makes
one). One vehicle is dense (1 Hz for an hour a day), the others tell 30 signals eleven times a day. Sizes:
BENCH_STORE_VEHICLES (2,000), BENCH_STORE_DAYS (30). Nothing is recorded below 20 million values, so that a trial run
changes no figures. Beside the clock, processor time is told: the machine may have other work.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np

from benchmarks.database import database, raw_table
from benchmarks.report import record

VEHICLES = int(os.environ.get("BENCH_STORE_VEHICLES", "2000"))
DAYS = int(os.environ.get("BENCH_STORE_DAYS", "30"))
SIGNALS, A_DAY, DENSE, FIRST = 30, 11, 1, date(2026, 3, 1)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ENOUGH = 20_000_000
SIZE = "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'message'::regclass"
MEMBERS = 500
BESIDE = Path(__file__).with_name("beside.py")
INTERPRETERS = {"duckdb": sys.executable, "clickhouse": os.environ.get("BENCH_CHDB_PYTHON", "")}


class Spent(NamedTuple):
    """What some values cost: seconds by the clock and of processors."""

    values: int
    clock: float
    processor: float


def main() -> None:
    with database() as postgres, tempfile.TemporaryDirectory() as name:
        from django.conf import settings

        settings.LAKE_URL = name
        with postgres.connect() as session:
            measure(session, Path(name))


def measure(session: Any, folder: Path) -> None:
    ours, bare = ingest(session)
    values, raw = sum_of(ours), sum_of(bare)
    note = noting(values.values >= ENOUGH)
    note("store, values", values.values, "values", None, None)
    note("store, ingest by COPY", values.values / values.clock, "values/s", 0.5, raw.clock / values.clock)
    by_processor = values.values / values.processor
    note("store, ingest by COPY, by processor", by_processor, "values/s", None, raw.processor / values.processor)
    session.execute("VACUUM ANALYZE message")
    roll_up(session)
    note("store, hot", session.execute(SIZE).fetchone()[0] / values.values, "B/value", 16, None)
    questions(note, "hot")
    sealed, charts = seal_all()
    whole = sum_of(sealed)
    note("store, sealing", whole.values / whole.clock, "values/s", 1_000_000, None)
    note("store, sealing, by the sealer's processor time", whole.values / whole.processor, "values/s", None, None)
    lake = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    note("store, cold", lake / values.values, "B/value", 5, None)
    questions(note, "sealed")
    growth(note, ours, bare, sealed, charts)
    others(note, folder, values.values)
    erase(note)


def sum_of(parts: Sequence[Spent]) -> Spent:
    values, clock, processor = (sum(column) for column in zip(*parts, strict=True))
    return Spent(values, clock, processor)


def growth(
    note: Callable[..., None],
    ours: Sequence[Spent],
    bare: Sequence[Spent],
    sealed: Sequence[Spent],
    charts: Sequence[float],
) -> None:
    """What a value costs as the store grows, a tenth of it a line; the last against the first."""
    size = max(1, len(ours) // 10)
    lines = []
    print("  million values   COPY µs/value (processor)   raw COPY   sealing µs/value (processor)   7-day chart ms")
    for at in range(0, len(ours) - size + 1, size):
        parts = [sum_of(told[at : at + size]) for told in (ours, bare, sealed)]
        clock, processor = ([part[which] / part.values * 1e6 for part in parts] for which in (1, 2))
        until = sum_of(ours[: at + size]).values / 1e6
        lines.append((until, clock[0] / clock[1], processor[0], processor[2], charts[at + size - 1]))
        print(
            f"  {until:>14.1f} {clock[0]:>16.3f} ({processor[0]:.3f}) {clock[1]:>18.3f}"
            f" {clock[2]:>22.3f} ({processor[2]:.3f}) {charts[at + size - 1]:>16.2f}"
        )
    words = ("COPY against raw COPY", "COPY, processor", "sealing, processor", "7-day chart")
    firsts, lasts = (lines[:3], lines[-3:])
    for column, word in enumerate(words, 1):
        early, late = (median(line[column] for line in part) for part in (firsts, lasts))
        note(f"store, cost per value, last tenths against the first: {word}", late / early, "times", 1.2, None)


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


def ingest(session: Any) -> tuple[list[Spent], list[Spent]]:
    """By day, the store's COPY with its encoding, and the same bytes into a bare table, in turns before and after."""
    from vehicles import copying

    random = np.random.default_rng(7)
    session.execute("SELECT ensure_message_partitions(%s::date, %s::date)", [FIRST, FIRST + timedelta(days=DAYS)])
    raw_table(session, "bare", "message")
    to_bare = copying.STATEMENT.replace("message", "bare", 1)
    found: tuple[list[Spent], list[Spent]] = ([], [])
    for day in range(DAYS):
        spent: tuple[list[Spent], list[Spent]] = ([], [])
        for turn, first in enumerate(range(1, VEHICLES + 1, 200)):
            fleet = {v: rows_of(v, day, random) for v in range(first, min(first + 200, VEHICLES + 1))}
            values = sum(len(rows) * SIGNALS for rows in fleet.values())

            def encoded(fleet: dict[int, list[Any]] = fleet) -> bytes:
                parts = [copying.encode(rows, vehicle_id=v, source_id=v) for v, rows in fleet.items()]
                return copying.HEADER + b"".join(parts) + copying.TRAILER

            data = encoded()
            acts = [
                (0, lambda encoded=encoded: copy(session, copying.STATEMENT, encoded())),
                (1, lambda data=data: copy(session, to_bare, data)),
            ]
            for which, act in acts if turn % 2 else reversed(acts):
                spent[which].append(cost(act, values, session.info.backend_pid))
        for which in (0, 1):
            found[which].append(sum_of(spent[which]))
    session.execute("DROP TABLE bare")
    return found


def cost(act: Callable[[], Any], values: int, backend: int | None = None) -> Spent:
    """What it takes, of this process and of a backend of PostgreSQL."""
    used, began = process_time() + processor_of(backend), perf_counter()
    act()
    return Spent(values, perf_counter() - began, process_time() + processor_of(backend) - used)


def processor_of(pid: int | None) -> float:
    """Seconds that another process has used, in hundredths; where the system tells none, 0."""
    stat = Path(f"/proc/{pid}/stat")
    if pid is None or not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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


def questions(note: Callable[..., None], tier: str) -> None:
    """A week's chart of one signal, a day as measured, a week and a fleet's signals as Arrow."""
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
    fleet = {"vehicle_ids": range(1, MEMBERS + 1), "signal_ids": (1, 2, 6, 14, 18)}
    whole = {"since": since, "until": since + timedelta(days=DAYS)}
    note(f"store, dataset, {tier}", spent(lambda: reading.read(**fleet, **whole), 1) / 1000, "s", None, None)


def seal_all() -> tuple[list[Spent], list[float]]:
    """What each day costs, oldest first, and the first week's chart after it, ms."""
    from vehicles.store import curves, seal

    since, until = week()
    asked = {"vehicle_id": DENSE, "signal_ids": [6], "since": since, "until": until, "step": 300}
    found, charts = [], []
    for day in range(DAYS):
        moved = []
        one = cost(
            lambda day=day, moved=moved: moved.append(seal.seal_day(day=FIRST + timedelta(days=day), now=NOW)), 0
        )
        found.append(one._replace(values=moved[0].rows))
        charts.append(spent(lambda: curves.rolled_means(**asked), 7))
    return found, charts


def others(note: Callable[..., None], folder: Path, values: int) -> None:
    """The same values and questions in plain Parquet and in ClickHouse, each in a process of its own."""
    import duckdb

    from vehicles.store import table

    given = folder / "values.parquet"
    with duckdb.connect() as link:
        link.execute("SET timezone = 'UTC'")
        link.register("lake", table.dataset(table.open_table().to_pyarrow_dataset().files))
        link.execute(f"COPY (SELECT * FROM lake ORDER BY ts, vehicle_id, signal_id) TO '{given}'")  # as it arrived
    since, until = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in week())
    facts = {"since": since, "until": until, "dense": DENSE, "sparse": DENSE + 1, "members": MEMBERS}
    for engine, interpreter in INTERPRETERS.items():
        if not interpreter or not Path(interpreter).exists():
            print(f"  {engine}: not installed; BENCH_CHDB_PYTHON names an interpreter that has it")
            continue
        command = [interpreter, BESIDE, engine, given, folder / engine, json.dumps(facts)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        note(f"store, {engine}, bulk ingest", values / told.pop("bulk ingest"), "values/s", None, None)
        note(f"store, {engine}, size", told.pop("bytes") / values, "B/value", None, None)
        for name, value in told.items():
            note(f"store, {engine}, {name}", value, "ms" if "chart" in name else "s", None, None)


def erase(note: Callable[..., None]) -> None:
    """One vehicle out of every tier and every file."""
    from vehicles.store import lake

    note("store, erase", cost(lambda: lake.delete_vehicle(vehicle_id=DENSE), 0).clock, "s", 60, None)


if __name__ == "__main__":
    main()
