"""About how many rows a license would hold: from a few vehicles, so cheap; rounded, so that no vehicle shows in it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import connection

from licensing.datasets.intervals import Period
from licensing.pricing import rough
from licensing.uses import AGGREGATE
from vehicles.store import tiers

SAMPLED: Final = 8
# Index scans over a handful of vehicles; the share of wanted signals is taken from the first messages of each. What
# sealed days hold of these vehicles is counted in their files.
SQL: Final = """
SELECT coalesce(sum(m.messages * m.width), 0) FROM unnest(%(vehicles)s::int4[]) v CROSS JOIN LATERAL (
  SELECT (SELECT count(*) FROM message WHERE vehicle_id = v AND ts >= %(start)s AND ts < %(end)s
      AND (ts AT TIME ZONE 'UTC')::date <> ALL (ARRAY(SELECT day FROM sealed_day WHERE state = 'sealed'))) AS messages,
    (SELECT avg((SELECT count(*) FROM unnest(sig) s WHERE s = ANY(%(signals)s::int2[]))) FROM (
       SELECT sig FROM message WHERE vehicle_id = v AND ts >= %(start)s AND ts < %(end)s LIMIT 200) few) AS width
) m
"""


def rows(*, vehicle_ids: Sequence[int], shown: int, period: Period, signal_ids: Sequence[int], tier: str) -> int:
    """Rows expected for `shown` vehicles: what up to eight of them hold on average, rounded down coarsely."""
    if tier == AGGREGATE:
        return len(signal_ids) * max(1, (period[1] - period[0]) // timedelta(days=1))
    step = max(1, len(vehicle_ids) // SAMPLED)
    sample = list(vehicle_ids[::step])[:SAMPLED]
    wanted: dict[str, Any] = {"vehicles": sample, "start": period[0], "end": period[1], "signals": list(signal_ids)}
    with connection.cursor() as cursor:
        cursor.execute(SQL, wanted)
        total = float(cursor.fetchone()[0])
    total += tiers.sealed_rows(vehicle_ids=sample, signal_ids=signal_ids, since=period[0], until=period[1])
    return rough(total / max(1, len(sample))) * shown
