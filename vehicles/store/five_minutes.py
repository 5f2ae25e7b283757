"""Five-minute roll-ups of sealed days, for charts of more than a week; recomputing from raw gives the same."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import duckdb
from django.db import connection

from vehicles.signals import charted

# A tie on a moment goes to the lower source for the first value and to the higher for the last.
FROM_ROWS: Final = """
SELECT vehicle_id, signal_id, time_bucket(INTERVAL {minutes} minutes, ts) AS bucket, count(*)::INTEGER AS n,
  sum(value ORDER BY ts, source_id) AS sum, min(value) AS min, max(value) AS max,
  first(value ORDER BY ts, source_id) AS first, last(value ORDER BY ts, source_id) AS last,
  min(ts) AS first_at, max(ts) AS last_at
FROM {rows} WHERE signal_id IN ({signals}) GROUP BY ALL ORDER BY ALL
"""
COPY: Final = (
    "COPY {table} (vehicle_id, signal_id, bucket, n, sum, min, max, first, last, first_at, last_at)"
    " FROM STDIN (FORMAT BINARY)"
)
TYPES: Final = ("int4", "int2", "timestamptz", "int4", *["float8"] * 5, "timestamptz", "timestamptz")
ADD: Final = """
INSERT INTO rollup_5m AS r SELECT * FROM added_5m ON CONFLICT (vehicle_id, signal_id, bucket) DO UPDATE SET
    n = r.n + excluded.n, sum = r.sum + excluded.sum,
    min = least(r.min, excluded.min), max = greatest(r.max, excluded.max),
    first = CASE WHEN excluded.first_at < r.first_at THEN excluded.first ELSE r.first END,
    last = CASE WHEN excluded.last_at >= r.last_at THEN excluded.last ELSE r.last END,
    first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at)
"""
Rolled = Sequence[tuple[Any, ...]]


def rolled(link: duckdb.DuckDBPyConnection, rows: str, *, minutes: int = 5) -> Rolled:
    """The buckets of charted signals in a relation of the lake's columns."""
    link.execute("SET timezone = 'UTC'")
    signals = ",".join(str(signal) for signal in sorted(charted))
    found = link.sql(FROM_ROWS.format(rows=rows, signals=signals, minutes=minutes)).to_arrow_table()
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))


def write(*, buckets: Rolled, since: datetime, until: datetime, added: bool) -> None:
    """Put buckets in the place of those in `[since, until)`; `added`: add what they count. In one transaction."""
    with connection.cursor() as cursor:
        if added:
            cursor.execute("CREATE TEMP TABLE added_5m (LIKE rollup_5m) ON COMMIT DROP")
        else:
            cursor.execute("DELETE FROM rollup_5m WHERE bucket >= %s AND bucket < %s", [since, until])
        with cursor.copy(COPY.format(table="added_5m" if added else "rollup_5m")) as copy:
            copy.set_types(TYPES)
            for bucket in buckets:
                copy.write_row(bucket)
        if added:
            cursor.execute(ADD)
            cursor.execute("DROP TABLE added_5m")


def write_minutes(*, buckets: Rolled) -> None:
    """Put minutes where there are none; in the same form as those of five."""
    with connection.cursor() as cursor, cursor.copy(COPY.format(table="rollup_1m")) as copy:
        copy.set_types(TYPES)
        for bucket in buckets:
            copy.write_row(bucket)


def forget(*, vehicle_id: int, since: datetime, until: datetime) -> None:
    """Delete a vehicle's buckets in `[since, until)`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM rollup_5m WHERE vehicle_id = %s AND bucket >= %s AND bucket < %s", [vehicle_id, since, until]
        )
