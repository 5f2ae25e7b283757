"""Five-minute roll-ups of sealed days, for charts of more than a week; recomputing from raw gives the same."""

from datetime import datetime
from typing import Final

import duckdb
import pyarrow as pa
from django.db import connection

from vehicles.signals import charted
from vehicles.store import binary

# A tie on a moment goes to the lower source for the first value and to the higher for the last.
FROM_ROWS: Final = """
SELECT vehicle_id, signal_id, time_bucket(INTERVAL {minutes} minutes, ts) AS bucket, count(*)::INTEGER AS n,
  sum(value) AS sum, min(value) AS min, max(value) AS max,
  min({{'ts': ts, 'source': source_id, 'value': value}}).value AS first,
  max({{'ts': ts, 'source': source_id, 'value': value}}).value AS last,
  min(ts) AS first_at, max(ts) AS last_at
FROM {rows} WHERE signal_id IN ({signals}) GROUP BY ALL ORDER BY ALL
"""
COPY: Final = (
    "COPY {table} (vehicle_id, signal_id, bucket, n, sum, min, max, first, last, first_at, last_at)"
    " FROM STDIN (FORMAT binary)"
)
ADD: Final = """
INSERT INTO rollup_5m AS r SELECT * FROM added_5m ON CONFLICT (vehicle_id, signal_id, bucket) DO UPDATE SET
    n = r.n + excluded.n, sum = r.sum + excluded.sum,
    min = least(r.min, excluded.min), max = greatest(r.max, excluded.max),
    first = CASE WHEN excluded.first_at < r.first_at THEN excluded.first ELSE r.first END,
    last = CASE WHEN excluded.last_at >= r.last_at THEN excluded.last ELSE r.last END,
    first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at)
"""


def rolled(link: duckdb.DuckDBPyConnection, rows: str, *, minutes: int = 5) -> pa.Table:
    """The buckets of charted signals in a relation of the lake's columns."""
    link.execute("SET timezone = 'UTC'")
    signals = ",".join(str(signal) for signal in sorted(charted))
    found: pa.Table = link.sql(FROM_ROWS.format(rows=rows, signals=signals, minutes=minutes)).to_arrow_table()
    return found


def write(*, buckets: pa.Table) -> None:
    """Put buckets of a day where there are none; those of a day are written in the transaction that seals it."""
    with connection.cursor() as cursor, cursor.copy(COPY.format(table="rollup_5m")) as copy:
        copy.write(binary.copied(buckets))


def add(*, buckets: pa.Table) -> None:
    """Add what buckets count to those that are there. In a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE added_5m (LIKE rollup_5m) ON COMMIT DROP")
        with cursor.copy(COPY.format(table="added_5m")) as copy:
            copy.write(binary.copied(buckets))
        cursor.execute(ADD)
        cursor.execute("DROP TABLE added_5m")


def write_minutes(*, buckets: pa.Table) -> None:
    """Put minutes where there are none; in the same form as those of five."""
    with connection.cursor() as cursor, cursor.copy(COPY.format(table="rollup_1m")) as copy:
        copy.write(binary.copied(buckets))


def forget(*, vehicle_id: int, since: datetime, until: datetime) -> None:
    """Delete a vehicle's buckets in `[since, until)`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM rollup_5m WHERE vehicle_id = %s AND bucket >= %s AND bucket < %s", [vehicle_id, since, until]
        )
