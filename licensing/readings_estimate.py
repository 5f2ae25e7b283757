"""About how many rows a license would hold: from a few vehicles, so cheap; rounded, so that no vehicle shows in it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import connection

from licensing.datasets.intervals import Period
from licensing.pricing import rough
from licensing.uses import AGGREGATE

SAMPLED: Final = 8
# Index scans over a handful of vehicles; the share of wanted signals is taken from the first messages of each.
SQL: Final = """
SELECT coalesce(sum(m.messages * m.width), 0) FROM unnest(%(vehicles)s::int4[]) v CROSS JOIN LATERAL (
  SELECT (SELECT count(*) FROM message WHERE vehicle_id = v AND ts >= %(start)s AND ts < %(end)s) AS messages,
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
    return rough(total / max(1, len(sample))) * shown
