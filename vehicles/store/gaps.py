"""How long vehicles' devices were silent between their messages, from both tiers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.dataset as ds
from django.db import connection

from vehicles.signals import SPEED
from vehicles.store import binary, cold, days, link

MOVING_KMH: Final = 3.0
# How many gaps fall into each half octave of seconds, while driving and while parked, and the newest of them.
COUNTED: Final = """
SELECT vehicle_id, moving, least(%(most)s, greatest(0, floor(2 * log(2, greatest(gap, 1)::numeric))))::int, count(*),
       max(ts)
FROM (
    SELECT m.vehicle_id, m.ts, extract(epoch FROM m.ts - lag(m.ts) OVER w) AS gap,
           coalesce(lag(m.speed) OVER w > %(moving)s, false) AS moving
    FROM unnest(%(vehicles)s::int4[], %(since)s::timestamptz[]) k(vehicle, since)
    JOIN ({heard}) m ON m.vehicle_id = k.vehicle AND m.ts >= k.since
    WINDOW w AS (PARTITION BY m.vehicle_id ORDER BY m.ts)) gaps
WHERE gap > 0 GROUP BY 1, 2, 3
"""
OPEN: Final = """
SELECT m.vehicle_id, m.ts, m.val[array_position(m.sig, 6::int2)] AS speed
FROM message m JOIN vehicles_source s ON s.id = m.source_id AND s.kind = 'device'
WHERE m.vehicle_id = ANY(%(vehicles)s::int4[]) AND m.ts >= %(oldest)s AND m.ts < %(until)s
"""
# What PostgreSQL holds, put aside in the statement that says which files hold the rest.
ASIDE: Final = """
WITH closed AS MATERIALIZED (SELECT day, state, files FROM sealed_day
    WHERE day BETWEEN %(first_day)s AND %(last_day)s AND state <> 'sealing'),
put AS (INSERT INTO heard_moment {open}
    AND (m.ts AT TIME ZONE 'UTC')::date <> ALL (ARRAY(SELECT day FROM closed WHERE state = 'sealed'))),
late AS (INSERT INTO heard_moment {late})
SELECT name FROM closed, unnest(files) name
"""
TOLD: Final = """
SELECT vehicle_id, ts, coalesce(max(value) FILTER (WHERE signal_id = {speed}), 0.0) AS speed
FROM sealed_values GROUP BY vehicle_id, ts, source_id
"""
Gap = tuple[int, bool, int, int, datetime]  # vehicle, while driving, half octave, how many, newest


def counted(*, since: Mapping[int, datetime], until: datetime, most: int) -> list[Gap]:
    """Gaps between what vehicles' devices told from each one's `since` until `until`, counted by half octaves.

    `most` is the number of the last half octave, which takes all longer ones. In a transaction.
    """
    old = {vehicle: begun for vehicle, begun in since.items() if days.may_be_closed(begun.astimezone(UTC).date())}
    recent = {vehicle: begun for vehicle, begun in since.items() if vehicle not in old}
    found: list[Gap] = []
    with connection.cursor() as cursor:
        if recent:
            cursor.execute(COUNTED.format(heard=OPEN), facts_of(recent, until, most))
            found += cursor.fetchall()
        if old:
            found += of_both_tiers(cursor, facts_of(old, until, most))
    return found


def facts_of(since: Mapping[int, datetime], until: datetime, most: int) -> dict[str, Any]:
    """What the statements above are bound to."""
    oldest = min(since.values())
    first_day, last_day = days.span(oldest, until)
    bounds = {"oldest": oldest, "until": until, "first_day": first_day, "last_day": last_day}
    return {"vehicles": list(since), "since": list(since.values()), "most": most, "moving": MOVING_KMH, **bounds}


def of_both_tiers(cursor: Any, facts: dict[str, Any]) -> list[Gap]:
    """Gaps of vehicles that are looked at from a day on that may be closed."""
    cursor.execute("CREATE TEMP TABLE heard_moment (vehicle_id int4, ts timestamptz, speed float8) ON COMMIT DROP")
    cold.again_if_gone(lambda: put_aside(cursor, facts))
    cursor.execute(COUNTED.format(heard="SELECT vehicle_id, ts, speed FROM heard_moment"), facts)
    found: list[Gap] = cursor.fetchall()
    cursor.execute("DROP TABLE heard_moment")
    return found


def put_aside(cursor: Any, facts: dict[str, Any]) -> None:
    """Gather every moment at which a device told something."""
    cursor.execute("TRUNCATE heard_moment")
    cursor.execute(ASIDE.format(open=OPEN, late=OPEN.replace("FROM message", "FROM late_message")), facts)
    if files := [name for (name,) in cursor.fetchall()]:
        moments = in_lake(files, facts)
        with cursor.copy("COPY heard_moment FROM STDIN (FORMAT binary)") as copy:
            copy.write(binary.copied(moments))


def in_lake(files: Sequence[str], facts: dict[str, Any]) -> pa.Table:
    """(vehicle_id, ts, speed) of each message of a device in these files."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM vehicles_source WHERE kind = 'device' AND vehicle_id = ANY(%s)", [facts["vehicles"]]
        )
        devices = [source for (source,) in cursor.fetchall()]
    vehicles = facts["vehicles"]
    where = ds.field("vehicle_id").isin(pa.array(vehicles, pa.int32()))
    where &= ds.field("source_id").isin(pa.array(devices, pa.int32()))
    where &= (ds.field("ts") >= pa.scalar(facts["oldest"], cold.MICROS)) & (
        ds.field("ts") < pa.scalar(facts["until"], cold.MICROS)
    )
    with link.workbench() as bench:
        bench.register("sealed_values", cold.kept(files, vehicles).filter(where))
        return bench.sql(TOLD.format(speed=SPEED)).to_arrow_table()
