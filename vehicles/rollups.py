"""Minutes of charted signals: count, sum, extremes, first and last. Recomputing from raw gives the same."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection

from vehicles.quality import Row
from vehicles.signals import charted
from vehicles.statements import Write, array
from vehicles.store import minutes as minute_rows
from vehicles.store import tiers

ADD = """
INSERT INTO rollup_1m AS r (vehicle_id, signal_id, bucket, n, sum, min, max, first, last, first_at, last_at)
SELECT * FROM unnest(%s::int4[], %s::int2[], %s::timestamptz[], %s::int4[], %s::float8[], %s::float8[], %s::float8[],
                         %s::float8[], %s::float8[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (vehicle_id, signal_id, bucket) DO UPDATE SET
    n = r.n + excluded.n, sum = r.sum + excluded.sum,
    min = least(r.min, excluded.min), max = greatest(r.max, excluded.max),
    first = CASE WHEN excluded.first_at < r.first_at THEN excluded.first ELSE r.first END,
    last = CASE WHEN excluded.last_at >= r.last_at THEN excluded.last ELSE r.last END,
    first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at)
"""
FROM_RAW = """
SELECT m.vehicle_id, s.sig, date_trunc('minute', m.ts), count(*), sum(s.val), min(s.val), max(s.val),
       (array_agg(s.val ORDER BY m.ts))[1], (array_agg(s.val ORDER BY m.ts DESC))[1], min(m.ts), max(m.ts)
FROM message m, unnest(m.sig, m.val) s(sig, val)
WHERE m.vehicle_id = %(vehicle)s AND m.ts >= %(since)s AND m.ts < %(until)s AND s.sig = ANY(%(signals)s)
GROUP BY 1, 2, 3
"""


class Minute(NamedTuple):
    """One signal's readings of one minute."""

    n: int
    total: float
    low: float
    high: float
    first: float
    last: float
    first_at: datetime
    last_at: datetime

    def and_also(self, other: "Minute") -> "Minute":
        """Both as one, whichever came first; of readings at one moment the other's counts as the last."""
        opens = other if other.first_at < self.first_at else self
        closes = other if other.last_at >= self.last_at else self
        return Minute(
            *(self.n + other.n, self.total + other.total, min(self.low, other.low), max(self.high, other.high)),
            *(opens.first, closes.last, opens.first_at, closes.last_at),
        )


@lru_cache(maxsize=1024)
def charted_in(layout: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Where the charted signals stand in rows of this layout, as (place, signal)."""
    return tuple((place, signal) for place, signal in enumerate(layout) if signal in charted)


def layout_and_minute(row: Row) -> tuple[tuple[int, ...], datetime]:
    return tuple(row.signals), row.ts.replace(second=0, microsecond=0)


def gather(
    rows: Iterable[Row], *, minutes: dict[tuple[int, datetime], Minute] | None = None
) -> dict[tuple[int, datetime], Minute]:
    """The minutes of ordered rows, by (signal, bucket), added to those given; rows alike are taken together."""
    minutes = {} if minutes is None else minutes
    for (layout, bucket), run in groupby(rows, layout_and_minute):
        alike = list(run)
        columns = list(zip(*[row.values for row in alike], strict=True))
        first_at, last_at = alike[0].ts, alike[-1].ts
        for place, signal in charted_in(layout):
            told = columns[place]
            minute = Minute(len(told), sum(told), min(told), max(told), told[0], told[-1], first_at, last_at)
            known = minutes.get((signal, bucket))
            minutes[signal, bucket] = minute if known is None else known.and_also(minute)
    return minutes


def addition(*, told: Iterable[tuple[int, Iterable[Row]]]) -> list[Write]:
    """What adds (vehicle, rows) that are stored in the same transaction; nothing where no charted signal was told."""
    by_vehicle: dict[int, dict[tuple[int, datetime], Minute]] = {}
    for vehicle_id, rows in told:
        by_vehicle[vehicle_id] = gather(rows, minutes=by_vehicle.get(vehicle_id))
    minutes = [(vehicle, *place, minute) for vehicle, those in by_vehicle.items() for place, minute in those.items()]
    if not minutes:
        return []
    vehicles, signals, buckets, figures = zip(*minutes, strict=True)
    *numbers, first_at, last_at = zip(*figures, strict=True)
    moments = {ts: ts.isoformat() for ts in {*first_at, *last_at, *buckets}}
    columns: list[Iterable[object]] = [vehicles, signals, map(moments.__getitem__, buckets), *numbers]
    columns += [map(moments.__getitem__, first_at), map(moments.__getitem__, last_at)]
    return [Write(ADD, tuple(map(array, columns)))]


def rebuild(*, vehicle_id: int, since: datetime, until: datetime) -> None:
    """Recompute whole minutes in `[since, until)` from what is stored, after rows were deleted."""
    since = since.replace(second=0, microsecond=0)
    facts: dict[str, Any] = {"vehicle": vehicle_id, "since": since, "until": until, "signals": sorted(charted)}
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM rollup_1m WHERE vehicle_id = %(vehicle)s AND bucket >= %(since)s AND bucket < %(until)s", facts
        )
        if not tiers.any_closed(since=since, until=until):
            cursor.execute(f"INSERT INTO rollup_1m {FROM_RAW}", facts)
            return
    found = tiers.minutes(vehicle_id=vehicle_id, signal_ids=sorted(charted), since=since, until=until)
    minute_rows.write(buckets=found)
