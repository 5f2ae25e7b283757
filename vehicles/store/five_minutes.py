"""Five-minute roll-ups of sealed days, for charts of more than a week; recomputing from raw gives the same.

A row is a vehicle's signal on a day, with an entry for each five minutes in which something was told: that is a
twelfth of the rows, and of what sealing a day costs PostgreSQL, that a row per five minutes would be.
"""

from datetime import date, datetime
from typing import Final

import duckdb
import pyarrow as pa
from django.db import connection

from vehicles.signals import charted
from vehicles.store import binary, days

KEYS: Final = 3
FROM_ROWS: Final = """
SELECT DATE '{day}' AS day, vehicle_id, signal_id, (epoch_us(ts) // 300_000_000 % 288)::SMALLINT AS slot,
  count(*)::INTEGER AS n, sum(value) AS sum
FROM {rows} WHERE signal_id IN ({signals}) GROUP BY ALL ORDER BY ALL
"""
COPY: Final = "COPY {table} (day, vehicle_id, signal_id, slot, n, sum) FROM STDIN (FORMAT binary)"
ADD: Final = """
INSERT INTO rollup_5m AS r SELECT * FROM added_5m ON CONFLICT (day, vehicle_id, signal_id) DO UPDATE SET
    (slot, n, sum) = (
        SELECT array_agg(slot ORDER BY slot), array_agg(n ORDER BY slot), array_agg(sum ORDER BY slot) FROM (
            SELECT slot, sum(n)::int4 AS n, sum(sum) AS sum FROM (
                SELECT * FROM unnest(r.slot, r.n, r.sum)
                UNION ALL SELECT * FROM unnest(excluded.slot, excluded.n, excluded.sum)
            ) AS told (slot, n, sum) GROUP BY slot
        ) AS entry
    )
"""
# Days are named one by one, as they stand first in the key.
FORGET: Final = """
DELETE FROM rollup_5m WHERE vehicle_id = %s
    AND day = ANY (ARRAY(SELECT day FROM sealed_day WHERE day BETWEEN %s AND %s))
"""


def rolled(link: duckdb.DuckDBPyConnection, rows: str, *, day: date) -> pa.Table:
    """The buckets of charted signals in a relation of the lake's columns that holds one day, in the table's order."""
    signals = ",".join(str(signal) for signal in sorted(charted))
    found: pa.Table = link.sql(FROM_ROWS.format(rows=rows, signals=signals, day=day)).to_arrow_table()
    return found


def write(*, buckets: pa.Table) -> None:
    """Put buckets of a day where there are none; those of a day are written in the transaction that seals it."""
    with connection.cursor() as cursor, cursor.copy(COPY.format(table="rollup_5m")) as copy:
        copy.write(binary.copied_as_arrays(buckets, keys=KEYS))


def add(*, buckets: pa.Table) -> None:
    """Add what buckets count to those that are there. In a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE added_5m (LIKE rollup_5m) ON COMMIT DROP")
        with cursor.copy(COPY.format(table="added_5m")) as copy:
            copy.write(binary.copied_as_arrays(buckets, keys=KEYS))
        cursor.execute(ADD)
        cursor.execute("DROP TABLE added_5m")


def forget(*, vehicle_id: int, since: datetime, until: datetime) -> int:
    """Delete a vehicle's buckets of all days that `[since, until)` touches; how many rows there were."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [vehicle_id, *days.span(since, until)])
        return int(cursor.rowcount)
