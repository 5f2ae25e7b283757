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
from benchmarks.taking import of_postgres, taken

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
    """What some values cost: seconds by the clock, and of processors by this process and by PostgreSQL."""

    values: int
    clock: float
    own: float
    theirs: float

    @property
    def processor(self) -> float:
        return self.own + self.theirs


def main() -> None:
    with database() as postgres, tempfile.TemporaryDirectory() as name:
        from django.conf import settings

        settings.LAKE_URL = name
        with postgres.connect() as session:
            measure(session, Path(name))


def measure(session: Any, folder: Path) -> None:
    ours, bare, hot = ingest(session)
    values, raw = sum_of(ours), sum_of(bare)
    note = noting(values.values >= ENOUGH)
    note("store, values", values.values, "values", None, None)
    note("store, ingest by COPY", values.values / values.clock, "values/s", 0.5, raw.clock / values.clock)
    by_processor = values.values / values.processor
    note("store, ingest by COPY, by processor", by_processor, "values/s", None, raw.processor / values.processor)
    session.execute("VACUUM ANALYZE message")
    session.execute("VACUUM ANALYZE rollup_1m")
    note("store, hot", session.execute(SIZE).fetchone()[0] / values.values, "B/value", 16, None)
    questions(note, "hot")
    sealed, charts = seal_all()
    whole = sum_of(sealed)
    note("store, sealing", whole.values / whole.clock, "values/s", 1_000_000, None)
    note("store, sealing, by the sealer's processor time", whole.values / whole.own, "values/s", None, None)
    note("store, sealing, by all processor time", whole.values / whole.processor, "values/s", 1_000_000, None)
    lake = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    note("store, cold", lake / values.values, "B/value", 5, None)
    questions(note, "sealed")
    growth(note, ours, bare, sealed, (hot, charts))
    others(note, folder, values.values)
    erase(note)


def sum_of(parts: Sequence[Spent]) -> Spent:
    values, clock, own, theirs = (sum(column) for column in zip(*parts, strict=True))
    return Spent(int(values), clock, own, theirs)


def growth(
    note: Callable[..., None],
    ours: Sequence[Spent],
    bare: Sequence[Spent],
    sealed: Sequence[Spent],
    charts: tuple[Sequence[float], Sequence[float]],
) -> None:
    """What a value costs as the store grows, a tenth of it a line; the last against the first.

    The chart is always that of the first tenth's days, so that it reads the same rows however many others there are.
    """
    size = a_tenth()
    lines = []
    print(
        "  million values   COPY µs/value (processor)   raw COPY   sealing µs/value (processor)   chart hot, sealed ms"
    )
    for at in range(0, len(ours) - size + 1, size):
        parts = [sum_of(told[at : at + size]) for told in (ours, bare, sealed)]
        clock = [part.clock / part.values * 1e6 for part in parts]
        processor = [part.processor / part.values * 1e6 for part in parts]
        until = sum_of(ours[: at + size]).values / 1e6
        hot, cold = (median(tier[at : at + size]) for tier in charts)
        lines.append((until, clock[0] / clock[1], processor[0], processor[2], hot, cold))
        print(
            f"  {until:>14.1f} {clock[0]:>16.3f} ({processor[0]:.3f}) {clock[1]:>18.3f}"
            f" {clock[2]:>22.3f} ({processor[2]:.3f}) {hot:>16.2f} {cold:.2f}"
        )
    words = ("COPY against raw COPY", "COPY, processor", "sealing, processor")
    words += ("chart, hot, processor", "chart, sealed, processor")
    firsts, lasts = (lines[1:4], lines[-3:])  # the first tenth holds what only begins: pages, plans, half a chart
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


def a_tenth() -> int:
    """Days."""
    return max(1, DAYS // 10)


def ingest(session: Any) -> tuple[list[Spent], list[Spent], list[float]]:
    """By day, the store's COPY with its encoding, and the same bytes into a bare table, in turns before and after.

    And what a chart of minutes takes of processors after each day, ms.
    """
    from vehicles import copying

    random = np.random.default_rng(7)
    session.execute("SELECT ensure_message_partitions(%s::date, %s::date)", [FIRST, FIRST + timedelta(days=DAYS)])
    raw_table(session, "bare", "message")
    to_bare = copying.STATEMENT.replace("message", "bare", 1)
    found: tuple[list[Spent], list[Spent], list[float]] = ([], [], [])
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
                spent[which].append(cost(act, values))
        for which in (0, 1):
            found[which].append(sum_of(spent[which]))
        roll_up(session, *bounds(day))
        found[2].append(charted_ms(60))
    session.execute("DROP TABLE bare")
    return found


def cost(act: Callable[[], Any], values: int) -> Spent:
    """What it takes, of processors by this process and by PostgreSQL."""
    theirs, own, began = of_postgres(), process_time(), perf_counter()
    act()
    clock, own = perf_counter() - began, process_time() - own
    return Spent(values, clock, own, of_postgres() - theirs)


def copy(session: Any, statement: str, data: bytes) -> None:
    with session.cursor() as cursor, cursor.copy(statement) as sink:
        sink.write(data)


def bounds(day: int) -> tuple[datetime, datetime]:
    """A day's beginning and end."""
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(days=day)
    return start, start + timedelta(days=1)


def charted_ms(step: int) -> float:
    """What the dense vehicle's chart of the first tenth's days takes of processors."""
    from vehicles.store import curves

    until = bounds(a_tenth() - 1)[1]
    asked = {"vehicle_id": DENSE, "signal_ids": [6], "since": bounds(0)[0], "until": until, "step": step}
    return taken(lambda: curves.rolled_means(**asked), 31).processor * 1000


def roll_up(session: Any, since: datetime, until: datetime) -> None:
    """Minutes of charted signals, which ingest keeps up as it goes."""
    from vehicles.signals import charted

    session.execute(
        "INSERT INTO rollup_1m SELECT m.vehicle_id, s.sig, date_trunc('minute', m.ts), count(*), sum(s.val),"
        " min(s.val), max(s.val), min(s.val), max(s.val), min(m.ts), max(m.ts)"
        " FROM message m, unnest(m.sig, m.val) s(sig, val)"
        " WHERE m.ts >= %s AND m.ts < %s AND s.sig = ANY(%s) GROUP BY 1, 2, 3",
        [since, until, sorted(charted)],
    )
    session.execute("ANALYZE rollup_1m")


def week() -> tuple[datetime, datetime]:
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
    return start, start + timedelta(days=min(7, DAYS))


def questions(note: Callable[..., None], tier: str) -> None:
    """A week's chart of one signal, a day as measured, a week and a fleet's signals as Arrow."""
    from vehicles.store import curves, reading

    since, until = week()
    for word, vehicle, limit in (("dense", DENSE, 10), ("sparse", DENSE + 1, 2)):
        asked = {"vehicle_id": vehicle, "signal_ids": [6], "since": since, "until": until}
        chart = taken(lambda asked=asked: curves.rolled_means(step=60, **asked), 51)
        note(f"store, 7-day chart, {word}, {tier}", chart.clock * 1000, "ms", limit, None)
        note(f"store, 7-day chart, {word}, {tier}, processor", chart.processor * 1000, "ms", limit, None)
        day = asked | {"until": since + timedelta(days=1), "most": 10_101}
        points = taken(lambda day=day: curves.points(**day))
        note(f"store, day as measured, {word}, {tier}", points.clock * 1000, "ms", None, None)
    everything = {"vehicle_ids": [DENSE], "signal_ids": range(1, 31), "since": since, "until": until}
    week_of_all = taken(lambda: reading.read(**everything), 5)
    note(f"store, a dense week as Arrow, {tier}", week_of_all.clock * 1000, "ms", None, None)
    fleet = {"vehicle_ids": range(1, MEMBERS + 1), "signal_ids": (1, 2, 6, 14, 18)}
    whole = {"since": since, "until": since + timedelta(days=DAYS)}
    note(f"store, dataset, {tier}", taken(lambda: reading.read(**fleet, **whole), 1).clock, "s", None, None)


def seal_all() -> tuple[list[Spent], list[float]]:
    """What each day costs, oldest first, and what a chart of five minutes takes of processors after it, ms."""
    from vehicles.store import seal

    found, charts = [], []
    for day in range(DAYS):
        moved = []
        one = cost(
            lambda day=day, moved=moved: moved.append(seal.seal_day(day=FIRST + timedelta(days=day), now=NOW)), 0
        )
        found.append(one._replace(values=moved[0].rows))
        charts.append(charted_ms(300))
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
