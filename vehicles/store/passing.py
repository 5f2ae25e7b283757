"""Messages of several vehicles as they pass, a day at a time, from whichever tier each day lies in.

For what is reckoned over weeks: in memory is one day of sealed values, or a few thousand rows of an open one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
from django.db import connection

from vehicles.store import cold, days
from vehicles.store.cold import Told

# One statement, hence one snapshot; what names the lake's files comes first.
DAY: Final = """
WITH closed AS MATERIALIZED (SELECT state, files FROM sealed_day WHERE day = %(day)s AND state <> 'sealing')
SELECT vehicle_id, ts, source_id, sig, val, flag, NULL::text[] AS files FROM message m
WHERE m.vehicle_id = ANY(%(vehicles)s::int4[]) AND m.ts >= %(since)s AND m.ts < %(until)s
  AND m.sig && %(signals)s::int2[] AND NOT EXISTS (SELECT FROM closed WHERE state = 'sealed')
UNION ALL
SELECT vehicle_id, ts, source_id, sig, val, flag, NULL FROM late_message m
WHERE m.vehicle_id = ANY(%(vehicles)s::int4[]) AND m.ts >= %(since)s AND m.ts < %(until)s
  AND m.sig && %(signals)s::int2[]
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, files FROM closed WHERE files <> '{}'
ORDER BY 1 NULLS FIRST, 2, 3
"""
ORDER: Final = [(name, "ascending") for name in ("vehicle_id", "ts", "source_id", "signal_id")]
A_BATCH: Final = 2000
Passed = tuple[int, Told]


def messages(
    *, vehicle_ids: Iterable[int], signal_ids: Iterable[int], since: datetime, until: datetime
) -> Iterator[Passed]:
    """(vehicle, message) for messages with one of these signals in `[since, until)`, by UTC day, vehicle, moment.

    Sealed days give these signals alone, and one message for all that a source said at its moment. In a transaction.
    """
    vehicles, signals = sorted(set(vehicle_ids)), sorted(set(signal_ids))
    if not vehicles or since >= until:
        return
    first, last = days.span(since, until)
    for number in range(days.number(first), days.number(last) + 1):
        day = days.EPOCH + number * days.ONE
        start = days.midnight(day)
        yield from of_day(day, vehicles, signals, max(since, start), min(until, start + days.ONE))


def of_day(
    day: date, vehicles: Sequence[int], signals: Sequence[int], since: datetime, until: datetime
) -> Iterator[Passed]:
    """As `messages`, of one day or a part of it."""
    facts: dict[str, Any] = {"day": day, "vehicles": list(vehicles), "signals": list(signals)}
    facts |= {"since": since, "until": until}
    with connection.chunked_cursor() as cursor:
        cursor.execute(DAY, facts)
        rows = cursor.fetchmany(A_BATCH)
        if not rows or rows[0][-1] is None:
            while rows:
                yield from (passed(row) for row in rows)
                rows = cursor.fetchmany(A_BATCH)
            return
    late, values = cold.again_if_gone(lambda: sealed(facts))
    numbers = values.column("vehicle_id").to_numpy()
    for vehicle in vehicles:
        low, high = int(np.searchsorted(numbers, vehicle)), int(np.searchsorted(numbers, vehicle, "right"))
        told = [*late[vehicle], *cold.regrouped(values.slice(low, high - low), None)]
        yield from ((vehicle, each) for each in sorted(told, key=lambda each: (each.ts, each.source_id)))


def sealed(facts: dict[str, Any]) -> tuple[dict[int, list[Told]], pa.Table]:
    """Of a closed day: what came late for it, by vehicle, and its values in the lake, in order."""
    late: dict[int, list[Told]] = defaultdict(list)
    files: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(DAY, facts)
        for row in cursor.fetchall():
            if row[-1] is None:
                late[row[0]].append(passed(row)[1])
            else:
                files += row[-1]
    stretch = (facts["since"], facts["until"])
    return late, cold.in_lake(files, facts["vehicles"], facts["signals"], [stretch]).sort_by(ORDER)


def passed(row: Sequence[Any]) -> Passed:
    """A row of PostgreSQL."""
    vehicle, ts, source, sig, val, flag, _ = row
    return vehicle, Told(ts.astimezone(UTC), source, sig, val, flag)
