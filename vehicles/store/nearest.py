"""The message nearest to a moment that told a signal, from whichever tier its day lies in.

PostgreSQL's candidate is found by its index; the lake is asked day by day from the moment on, and no further than the
candidate's day.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, Literal

import pyarrow.compute as pc
from django.db import connection

from vehicles.store import cold, days
from vehicles.store.cold import Told
from vehicles.store.curves import MICROSECOND

Side = Literal["before", "after"]
NEAREST: Final = """
WITH closed AS MATERIALIZED (SELECT day, state, files FROM sealed_day
    WHERE day BETWEEN %(first_day)s AND %(last_day)s AND state <> 'sealing')
(SELECT m.ts, m.source_id, m.sig, m.val, m.flag, NULL::date AS day, NULL::text[] AS files FROM message m
 WHERE m.vehicle_id = %(vehicle)s AND m.source_id = %(source)s AND m.ts >= %(since)s AND m.ts < %(until)s
   AND m.val[array_position(m.sig, %(signal)s::int2)] >= %(least)s
   AND (m.ts AT TIME ZONE 'UTC')::date <> ALL (ARRAY(SELECT day FROM closed WHERE state = 'sealed'))
 ORDER BY m.ts {direction} LIMIT 1)
UNION ALL
(SELECT m.ts, m.source_id, m.sig, m.val, m.flag, NULL, NULL FROM late_message m
 WHERE m.vehicle_id = %(vehicle)s AND m.source_id = %(source)s AND m.ts >= %(since)s AND m.ts < %(until)s
   AND m.val[array_position(m.sig, %(signal)s::int2)] >= %(least)s
 ORDER BY m.ts {direction} LIMIT 1)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, day, files FROM closed WHERE files <> '{{}}'
"""


def message(
    *,
    vehicle_id: int,
    source_id: int,
    signal_id: int,
    since: datetime,
    until: datetime,
    side: Side,
    signal_ids: Iterable[int] = (),
    least: float = float("-inf"),
) -> Told | None:
    """The message of a source that told a signal, of at least so much, in `[since, until)`; None where none did.

    `before`: the newest, as seen from `until`; `after`: the oldest, as seen from `since`. Of a sealed day it holds
    `signal_ids` alone, or all.
    """
    first_day, last_day = days.span(since, until)
    facts: dict[str, Any] = {
        "vehicle": vehicle_id,
        "source": source_id,
        "signal": signal_id,
        "least": least,
        "since": since,
        "until": until,
        "first_day": first_day,
        "last_day": last_day,
    }

    def both() -> Told | None:
        near, closed = candidates(facts, side)
        for day in sorted(closed, reverse=side == "before"):
            if near is not None and (near.ts.date() > day if side == "before" else near.ts.date() < day):
                break
            if (ts := sealed_moment(closed[day], facts, side)) is not None and (
                near is None or (ts > near.ts if side == "before" else ts < near.ts)
            ):
                values = cold.in_lake(closed[day], [vehicle_id], list(signal_ids), [(ts, ts + MICROSECOND)])
                near = next(cold.regrouped(values, source_id))._replace(ts=ts)
        return near

    return cold.again_if_gone(both) if since < until else None


def candidates(facts: dict[str, Any], side: Side) -> tuple[Told | None, dict[date, Sequence[str]]]:
    """The nearest that PostgreSQL holds, and the files of the days that it does not."""
    found: list[Told] = []
    closed: dict[date, Sequence[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(NEAREST.format(direction="DESC" if side == "before" else "ASC"), facts)
        for ts, source, sig, val, flag, day, files in cursor.fetchall():
            if files is None:
                found.append(Told(ts.astimezone(UTC), source, sig, val, flag))
            else:
                closed[day] = files
    nearest = max if side == "before" else min
    return nearest(found, key=lambda told: told.ts, default=None), closed


def sealed_moment(files: Sequence[str], facts: dict[str, Any], side: Side) -> datetime | None:
    """The nearest moment in a sealed day at which the signal was told."""
    values = cold.in_lake(files, [facts["vehicle"]], [facts["signal"]], [(facts["since"], facts["until"])])
    values = values.filter((pc.field("source_id") == facts["source"]) & (pc.field("value") >= facts["least"]))
    found: datetime | None = (pc.max if side == "before" else pc.min)(values.column("ts")).as_py()
    return found and found.astimezone(UTC)
