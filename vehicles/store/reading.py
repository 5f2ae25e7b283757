"""Reading telemetry: open days from PostgreSQL, sealed ones from the lake, what came late for these beside them.

Which store serves a day is read in the same snapshot as the rows, so a day on its way from one to the other is seen
once. Files are those that PostgreSQL names; should an erasure take one away under a reader, the reader reads again.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from django.db import connection

from vehicles.store import cold, days, link, table
from vehicles.store.cold import Stretch, Told

SORT: Final = [("vehicle_id", "ascending"), ("signal_id", "ascending"), ("ts", "ascending"), ("source_id", "ascending")]
FLAGS: Final = "CASE WHEN m.flag = '{}' THEN array_fill(0::int2, ARRAY[cardinality(m.sig)]) ELSE m.flag END"
# One statement, hence one snapshot, whatever the isolation of the transaction around it. Bounds as constants let
# PostgreSQL leave out the partitions of other days.
MESSAGES: Final = """
WITH stretch AS (SELECT * FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS s(first, last)),
closed AS MATERIALIZED (SELECT day, state, files FROM sealed_day
    WHERE day BETWEEN %(first_day)s AND %(last_day)s AND state <> 'sealing')
SELECT m.vehicle_id, m.ts, m.source_id, m.sig, m.val, m.flag, NULL::text[]
FROM stretch s JOIN message m ON m.vehicle_id = ANY(%(vehicles)s::int4[]) AND m.ts >= s.first AND m.ts < s.last
WHERE m.ts >= %(first)s AND m.ts < %(last)s {also}
  AND (m.ts AT TIME ZONE 'UTC')::date <> ALL (ARRAY(SELECT day FROM closed WHERE state = 'sealed'))
UNION ALL
SELECT m.vehicle_id, m.ts, m.source_id, m.sig, m.val, m.flag, NULL
FROM stretch s JOIN late_message m ON m.vehicle_id = ANY(%(vehicles)s::int4[]) AND m.ts >= s.first AND m.ts < s.last
WHERE m.ts >= %(first)s AND m.ts < %(last)s {also}
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, files FROM closed WHERE files <> '{{}}'
"""
CLOSED: Final = """
SELECT (day - date '1970-01-01')::int4 AS day, to_json(files)::text AS files
FROM sealed_day WHERE day BETWEEN '{first}' AND '{last}' AND state <> 'sealing'
"""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the days of a period lie, as one transaction sees it."""

    open_stretches: list[Stretch]
    files: list[str]

    def hot(self, column: str) -> str:
        """A condition on a column of moments: it lies on a day whose rows are in `message`."""
        parts = [f"({column} >= '{a.isoformat()}' AND {column} < '{b.isoformat()}')" for a, b in self.open_stretches]
        return f"({' OR '.join(parts)})" if parts else "false"

    def cold(self, vehicle_ids: Iterable[int]) -> ds.Dataset | None:
        """What to scan for the other days; None where there is none. Rows of other vehicles are in it too."""
        return cold.kept(self.files, list(vehicle_ids)) if self.files else None


def read(*, vehicle_ids: Iterable[int], signal_ids: Iterable[int], since: datetime, until: datetime) -> pa.Table:
    """All values of these vehicles and signals in `[since, until)`, from both tiers, in one snapshot.

    Columns vehicle_id, signal_id, ts (UTC, microseconds), value (the catalog's unit), source_id, flag (bits of
    `quality.Flag`), sorted by vehicle, signal, moment, source. Inside a transaction it sees what that has written.
    """
    vehicles, signals = sorted(set(vehicle_ids)), sorted(set(signal_ids))
    if not vehicles or not signals or since >= until:
        return table.VALUES.empty_table()
    how = through_django if connection.in_atomic_block else through_arrow
    return cold.again_if_gone(lambda: how(vehicles, signals, since, until))


def messages(
    *, vehicle_id: int, stretches: Sequence[Stretch], source_id: int | None = None, signal_ids: Iterable[int] = ()
) -> list[Told]:
    """What was said of a vehicle within any of these stretches `[since, until)`, from both tiers, by moment.

    `source_id` asks for one source; `signal_ids` for messages with one of these signals, of which sealed days give
    these alone. A message of a sealed day holds all that its source said at its moment.
    """
    signals = sorted(set(signal_ids))
    wanted = [(low, high) for low, high in stretches if low < high]
    if not wanted:
        return []
    return cold.again_if_gone(lambda: _messages(vehicle_id, wanted, source_id, signals))


def _messages(
    vehicle_id: int, stretches: Sequence[Stretch], source_id: int | None, signals: Sequence[int]
) -> list[Told]:
    also = "AND m.source_id = %(source)s" if source_id is not None else ""
    rows, files = in_postgres([vehicle_id], stretches, signals, also=also, source=source_id)
    found = [Told(ts.astimezone(UTC), source, sig, val, flag) for _, ts, source, sig, val, flag in rows]
    if files:
        sealed = cold.in_lake(files, [vehicle_id], signals, stretches)
        found += cold.regrouped(sealed, source_id)
    return sorted(found, key=lambda told: (told.ts, told.source_id))


def in_postgres(
    vehicles: Sequence[int], stretches: Sequence[Stretch], signals: Sequence[int], *, also: str = "", **facts: Any
) -> tuple[list[Any], list[str]]:
    """Messages of open days and late ones, through Django's connection, and the files that hold the rest."""
    first, last = min(low for low, _ in stretches), max(high for _, high in stretches)
    first_day, last_day = days.span(first, last)
    if signals:
        also += " AND m.sig && %(signals)s::int2[]"
    facts |= {
        "vehicles": list(vehicles),
        "signals": list(signals),
        "first": first,
        "last": last,
        "starts": [low for low, _ in stretches],
        "ends": [high for _, high in stretches],
        "first_day": first_day,
        "last_day": last_day,
    }
    rows, files = [], []
    with connection.cursor() as cursor:
        cursor.execute(MESSAGES.format(also=also), facts)
        for *row, named in cursor.fetchall():
            if named is None:
                rows.append(row)
            else:
                files += named
    return rows, files


def through_django(vehicles: Sequence[int], signals: Sequence[int], since: datetime, until: datetime) -> pa.Table:
    """Both tiers as the current transaction sees them."""
    rows, files = in_postgres(vehicles, [(since, until)], signals)
    columns: dict[str, list[Any]] = defaultdict(list)
    for vehicle, ts, source, sig, val, flag in rows:
        for at, (signal, value) in enumerate(zip(sig, val, strict=True)):
            for name, fact in zip(
                table.VALUES.names, (vehicle, signal, ts, value, source, flag[at] if flag else 0), strict=True
            ):
                columns[name].append(fact)
    hot = pa.table({name: columns[name] for name in table.VALUES.names}, schema=table.VALUES)
    return finished(hot, files, vehicles, signals, since, until)


def through_arrow(vehicles: Sequence[int], signals: Sequence[int], since: datetime, until: datetime) -> pa.Table:
    """Both tiers in one REPEATABLE READ transaction of its own, without a Python object per value."""
    with link.arrow_cursor() as cursor:
        found = snapshot(cursor, since=since, until=until)
        cursor.execute(messages_sql(found, vehicles, signals, since, until))
        hot = unnested(cursor.fetch_arrow_table())
    return finished(hot, found.files, vehicles, signals, since, until)


def messages_sql(
    found: Snapshot, vehicles: Sequence[int], signals: Sequence[int], since: datetime, until: datetime
) -> str:
    """What PostgreSQL holds of a period, as (vehicle_id, ts, source_id, sig, val, flag)."""
    which = f"m.vehicle_id = ANY('{braced(vehicles)}'::int4[]) AND m.sig && '{braced(signals)}'::int2[]"
    within = f"m.ts >= '{since.isoformat()}' AND m.ts < '{until.isoformat()}'"
    columns = f"SELECT m.vehicle_id, m.ts, m.source_id, m.sig, m.val, {FLAGS} AS flag"
    return (
        f"{columns} FROM message m WHERE {which} AND {within} AND {found.hot('m.ts')}"
        f" UNION ALL {columns} FROM late_message m WHERE {which} AND {within}"
    )


def braced(numbers: Iterable[int]) -> str:
    """Numbers as PostgreSQL's literal of an array."""
    return "{" + ",".join(str(int(number)) for number in numbers) + "}"


def snapshot(cursor: Any, *, since: datetime, until: datetime) -> Snapshot:
    """Begin a REPEATABLE READ transaction on an Arrow cursor; where the days of `[since, until)` lie in it.

    The transaction keeps the files in place until it ends (an erasure waits some seconds for it).
    """
    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    cursor.execute(f"SELECT pg_advisory_xact_lock_shared({days.STORE_LOCKS}, {days.READERS})::text")
    cursor.fetchall()
    first, last = days.span(since, until)
    cursor.execute(CLOSED.format(first=first, last=last))
    closed = cursor.fetch_arrow_table().to_pylist()
    return Snapshot(
        days.stretches(since, until, {day_of(row["day"]) for row in closed}),
        [name for row in closed for name in json.loads(row["files"])],
    )


def day_of(number: int) -> date:
    """The day of a number of days since 1970."""
    return days.EPOCH + timedelta(days=number)


def unnested(told: pa.Table) -> pa.Table:
    """Messages of which all have flags, as a row per signal."""
    if not told.num_rows:
        return table.VALUES.empty_table()
    told = told.combine_chunks()
    at = pc.list_parent_indices(told.column("sig"))
    parts = {
        "vehicle_id": told.column("vehicle_id").take(at),
        "signal_id": pc.list_flatten(told.column("sig")),
        "ts": told.column("ts").take(at),
        "value": pc.list_flatten(told.column("val")),
        "source_id": told.column("source_id").take(at),
        "flag": pc.list_flatten(told.column("flag")),
    }
    return pa.table({field.name: parts[field.name].cast(field.type) for field in table.VALUES}, schema=table.VALUES)


def finished(
    hot: pa.Table,
    files: Sequence[str],
    vehicles: Sequence[int],
    signals: Sequence[int],
    since: datetime,
    until: datetime,
) -> pa.Table:
    """Wanted signals of both tiers, sorted."""
    parts = [hot.filter(pc.field("signal_id").isin(pa.array(signals, pa.int16())))]
    if files:
        parts.append(cold.in_lake(files, vehicles, signals, [(since, until)]))
    return pa.concat_tables(parts).sort_by(SORT)
