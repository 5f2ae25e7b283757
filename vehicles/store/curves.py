"""What charts and maps draw, from whichever tier a day lies in: one statement, and the lake for sealed days."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection

from vehicles.store import cold, days

Point = tuple[int, datetime, float]
FIVE_MINUTES: Final = 300
CLOSED: Final = """
WITH closed AS MATERIALIZED (SELECT day, state, files FROM sealed_day
    WHERE day BETWEEN %(first_day)s AND %(last_day)s AND state <> 'sealing'),
told AS (
    SELECT m.ts, m.sig, m.val FROM message m
    WHERE m.vehicle_id = %(vehicle)s AND m.ts >= %(since)s AND m.ts < %(until)s
      AND (m.ts AT TIME ZONE 'UTC')::date <> ALL (ARRAY(SELECT day FROM closed WHERE state = 'sealed'))
    UNION ALL
    SELECT m.ts, m.sig, m.val FROM late_message m
    WHERE m.vehicle_id = %(vehicle)s AND m.ts >= %(since)s AND m.ts < %(until)s
)
"""
VALUES: Final = """
(SELECT s.sig, t.ts, s.val, NULL::text[] FROM told t, unnest(t.sig, t.val) s(sig, val)
 WHERE s.sig = ANY(%(signals)s) ORDER BY t.ts LIMIT %(most)s)
UNION ALL
SELECT NULL, NULL, NULL, files FROM closed WHERE files <> '{}'
"""
RAW: Final = CLOSED + VALUES
BINS: Final = (
    CLOSED
    + """
SELECT s.sig, date_bin(%(step)s, t.ts, 'epoch') AS bin, sum(s.val), count(*), NULL::text[]
FROM told t, unnest(t.sig, t.val) s(sig, val) WHERE s.sig = ANY(%(signals)s) GROUP BY 1, 2
UNION ALL
SELECT NULL, NULL, NULL, NULL, files FROM closed WHERE files <> '{}'
"""
)
# Five minutes for sealed days, less those that a late message waits for; for the stretches between them the minutes,
# which know of everything.
ROLLED: Final = """
WITH rolled AS MATERIALIZED (SELECT day FROM sealed_day s
    WHERE day BETWEEN %(first_day)s AND %(last_day)s AND state <> 'sealing' AND %(step)s >= interval '5 minutes'
      AND NOT EXISTS (SELECT FROM late_message m WHERE m.vehicle_id = %(vehicle)s
          AND m.ts >= s.day::timestamp AT TIME ZONE 'UTC' AND m.ts < (s.day + 1)::timestamp AT TIME ZONE 'UTC')),
others AS (
    SELECT first::timestamp AT TIME ZONE 'UTC' AS first, until::timestamp AT TIME ZONE 'UTC' AS until FROM (
        SELECT day + 1 AS first, lead(day, 1, %(last_day)s + 1) OVER (ORDER BY day) AS until
        FROM (SELECT day FROM rolled UNION ALL SELECT %(first_day)s - 1) AS known(day)) AS between_them
    WHERE first < until),
part AS (
    SELECT signal_id, bucket, e.n, e.sum FROM rollup_5m r, unnest(r.slot, r.n, r.sum) e(slot, n, sum),
        LATERAL (SELECT r.day::timestamp AT TIME ZONE 'UTC' + e.slot * interval '5 minutes' AS bucket) at
    WHERE r.vehicle_id = %(vehicle)s AND r.signal_id = ANY(%(signals)s) AND r.day = ANY (ARRAY(SELECT day FROM rolled))
      AND bucket >= %(since)s AND bucket < %(until)s
    UNION ALL
    SELECT m.signal_id, m.bucket, m.n, m.sum
    FROM others o JOIN rollup_1m m ON m.bucket >= greatest(o.first, %(since)s) AND m.bucket < least(o.until, %(until)s)
    WHERE m.vehicle_id = %(vehicle)s AND m.signal_id = ANY(%(signals)s)
)
SELECT signal_id, date_bin(%(step)s, bucket, 'epoch') AS bin, sum(sum) / sum(n) FROM part GROUP BY 1, 2 ORDER BY 2
"""
TRACKS: Final = """
WITH t AS (SELECT * FROM unnest(%(keys)s::int8[], %(vehicles)s::int4[], %(sources)s::int4[],
                                %(starts)s::timestamptz[], %(ends)s::timestamptz[])
               AS t(key, vehicle, source, first, last)),
closed AS MATERIALIZED (SELECT day, state, files FROM sealed_day s WHERE state <> 'sealing' AND EXISTS (SELECT FROM t
    WHERE t.last >= s.day::timestamp AT TIME ZONE 'UTC' AND t.first < (s.day + 1)::timestamp AT TIME ZONE 'UTC'))
SELECT t.key, m.ts, m.sig, m.val, m.flag, NULL::text[]
FROM t JOIN message m ON m.vehicle_id = t.vehicle AND m.source_id = t.source AND m.ts BETWEEN t.first AND t.last
WHERE m.ts BETWEEN %(first)s AND %(last)s AND m.sig @> ARRAY[1, 2]::int2[]
  AND (m.ts AT TIME ZONE 'UTC')::date <> ALL (ARRAY(SELECT day FROM closed WHERE state = 'sealed'))
UNION ALL
SELECT t.key, m.ts, m.sig, m.val, m.flag, NULL
FROM t JOIN late_message m ON m.vehicle_id = t.vehicle AND m.source_id = t.source AND m.ts BETWEEN t.first AND t.last
WHERE m.sig @> ARRAY[1, 2]::int2[]
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, files FROM closed WHERE files <> '{}'
ORDER BY 2
"""
MICROSECOND: Final = timedelta(microseconds=1)


class Drive(NamedTuple):
    """A stretch `[first, last]` of one source, under a number of the caller's."""

    key: int
    vehicle_id: int
    source_id: int
    first: datetime
    last: datetime


def facts_of(vehicle_id: int, signal_ids: Iterable[int], since: datetime, until: datetime) -> dict[str, Any]:
    """What the statements above are bound to."""
    first_day, last_day = days.span(since, until)
    bounds = {"since": since, "until": until, "first_day": first_day, "last_day": last_day}
    return {"vehicle": vehicle_id, "signals": list(signal_ids), **bounds}


def points(*, vehicle_id: int, signal_ids: Sequence[int], since: datetime, until: datetime, most: int) -> list[Point]:
    """Values as measured, (signal, moment, value) by moment; where there are more than `most`, at least that many."""
    facts = facts_of(vehicle_id, signal_ids, since, until) | {"most": most}

    def both() -> list[Point]:
        rows, files = fetched(RAW, facts)
        found: list[Point] = [(signal, ts, value) for signal, ts, value in rows]
        if files and len(found) < most:
            sealed = cold.in_lake(files, [vehicle_id], signal_ids, [(since, until)])
            found += zip(*(sealed.column(name).to_pylist() for name in ("signal_id", "ts", "value")), strict=True)
            found.sort(key=lambda point: point[1])
        return found

    return cold.again_if_gone(both)


def means(*, vehicle_id: int, signal_ids: Sequence[int], since: datetime, until: datetime, step: int) -> list[Point]:
    """Means of values as measured per `step` seconds since 1970, by time."""
    facts = facts_of(vehicle_id, signal_ids, since, until) | {"step": timedelta(seconds=step)}

    def both() -> list[Point]:
        rows, files = fetched(BINS, facts)
        sums: dict[tuple[datetime, int], list[float]] = defaultdict(lambda: [0.0, 0])
        for signal, moment, total, count in rows:
            add(sums[moment, signal], total, count)
        if files:
            sealed = cold.in_lake(files, [vehicle_id], signal_ids, [(since, until)])
            for signal, moment, total, count in cold.binned(sealed, step):
                add(sums[moment, signal], total, count)
        return [(signal, moment, total / count) for (moment, signal), (total, count) in sorted(sums.items())]

    return cold.again_if_gone(both)


def add(known: list[float], total: float, count: int) -> None:
    """Take more values into a bin's sum and count."""
    known[0] += total
    known[1] += count


def rolled_means(
    *, vehicle_id: int, signal_ids: Sequence[int], since: datetime, until: datetime, step: int
) -> list[Point]:
    """Means of charted signals per `step` seconds, a multiple of 60, by time; reads roll-ups alone."""
    with connection.cursor() as cursor:
        cursor.execute(ROLLED, facts_of(vehicle_id, signal_ids, since, until) | {"step": timedelta(seconds=step)})
        rows: list[Point] = cursor.fetchall()
    return rows


def drives(*, wanted: Sequence[Drive], signal_ids: Sequence[int]) -> list[tuple[int, cold.Told]]:
    """Messages with a position of each drive, under its key, by moment. Sealed days give `signal_ids` alone."""
    facts: dict[str, Any] = {
        "keys": [drive.key for drive in wanted],
        "vehicles": [drive.vehicle_id for drive in wanted],
        "sources": [drive.source_id for drive in wanted],
        "starts": [drive.first for drive in wanted],
        "ends": [drive.last for drive in wanted],
        "first": min(drive.first for drive in wanted),
        "last": max(drive.last for drive in wanted),
    }

    def both() -> list[tuple[int, cold.Told]]:
        rows, files = fetched(TRACKS, facts)
        sources = {drive.key: drive.source_id for drive in wanted}
        found = [(key, cold.Told(ts, sources[key], sig, val, flag)) for key, ts, sig, val, flag in rows]
        if files:
            found += sealed_drives(files, wanted, signal_ids)
            found.sort(key=lambda pair: pair[1].ts)
        return found

    return cold.again_if_gone(both)


def sealed_drives(
    files: Sequence[str], wanted: Sequence[Drive], signal_ids: Sequence[int]
) -> list[tuple[int, cold.Told]]:
    """Messages with a position of the drives that lie in these files."""
    found = []
    for vehicle in sorted({drive.vehicle_id for drive in wanted}):
        own = [drive for drive in wanted if drive.vehicle_id == vehicle]
        values = cold.in_lake(files, [vehicle], signal_ids, [(d.first, d.last + MICROSECOND) for d in own])
        told = [each for each in cold.regrouped(values, None) if {1, 2} <= set(each.sig)]
        found += [(d.key, e) for d in own for e in told if e.source_id == d.source_id and d.first <= e.ts <= d.last]
    return found


def fetched(sql: str, facts: dict[str, Any]) -> tuple[list[tuple[Any, ...]], list[str]]:
    """A statement's rows, and the files that it names in their last column."""
    rows, files = [], []
    with connection.cursor() as cursor:
        cursor.execute(sql, facts)
        for *row, named in cursor.fetchall():
            if named is None:
                rows.append(tuple(row))
            else:
                files += named
    return rows, files
