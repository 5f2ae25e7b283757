"""Minutes of charted signals derived anew, where ingest's own no longer hold; in the form in which ingest adds them."""

from typing import Final

import duckdb
import pyarrow as pa
from django.db import connection

from vehicles.signals import charted
from vehicles.store import binary

# A tie on a moment goes to the lower source for the first value and to the higher for the last.
FROM_ROWS: Final = """
SELECT vehicle_id, signal_id, time_bucket(INTERVAL 1 minute, ts) AS bucket, count(*)::INTEGER AS n,
  sum(value) AS sum, min(value) AS min, max(value) AS max,
  min({{'ts': ts, 'source': source_id, 'value': value}}).value AS first,
  max({{'ts': ts, 'source': source_id, 'value': value}}).value AS last,
  min(ts) AS first_at, max(ts) AS last_at
FROM {rows} WHERE signal_id IN ({signals}) GROUP BY ALL ORDER BY ALL
"""
COPY: Final = (
    "COPY rollup_1m (vehicle_id, signal_id, bucket, n, sum, min, max, first, last, first_at, last_at)"
    " FROM STDIN (FORMAT binary)"
)


def rolled(link: duckdb.DuckDBPyConnection, rows: str) -> pa.Table:
    """The minutes of charted signals in a relation of the lake's columns, on a bench in UTC."""
    signals = ",".join(str(signal) for signal in sorted(charted))
    found: pa.Table = link.sql(FROM_ROWS.format(rows=rows, signals=signals)).to_arrow_table()
    return found


def write(*, buckets: pa.Table) -> None:
    """Put minutes where there are none."""
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(binary.copied(buckets))
