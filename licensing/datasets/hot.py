"""Measurements out of PostgreSQL as an Arrow stream: only consenting vehicles, their spans, wanted signals."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
from django.db import connection

from licensing.datasets.consented import Span

MICROS = pa.timestamp("us", tz="UTC")
HULL = pa.schema([("vehicle_id", pa.int32()), ("start_at", MICROS), ("end_at", MICROS)])
# Constants for the whole period let PostgreSQL skip the days outside it; the arrays travel as they are stored.
SQL = """
SELECT m.vehicle_id, m.ts, m.source_id, m.sig, m.val
FROM wanted w JOIN message m ON m.vehicle_id = w.vehicle_id AND m.ts >= w.start_at AND m.ts < w.end_at
WHERE m.ts >= '{start}' AND m.ts < '{end}' AND m.sig && '{{{signals}}}'::int2[]
"""


def hulls(spans: Iterable[Span]) -> pa.Table:
    """Per vehicle the time from its first span to its last: a wide fence; the dataset query joins the exact one."""
    reach: dict[int, tuple[datetime, datetime]] = {}
    for span in spans:
        low, high = reach.get(span.vehicle_id, (span.start, span.end))
        reach[span.vehicle_id] = (min(low, span.start), max(high, span.end))
    rows = sorted(reach.items())
    return pa.table(
        {
            "vehicle_id": [vehicle for vehicle, _ in rows],
            "start_at": [low for _, (low, _) in rows],
            "end_at": [high for _, (_, high) in rows],
        },
        schema=HULL,
    )


@contextmanager
def hot_messages(
    *, spans: Sequence[Span], signal_ids: Iterable[int], passed: Callable[[int], None]
) -> Iterator[pa.RecordBatchReader]:
    """A stream of (vehicle_id, ts, source_id, sig, val); `passed` hears how many messages each batch held."""
    with closing(adbc.connect(conninfo())) as link, closing(link.cursor()) as cursor:
        cursor.adbc_ingest("wanted", hulls(spans), mode="create", temporary=True)
        cursor.execute("ANALYZE wanted")
        cursor.execute(
            SQL.format(
                start=min(span.start for span in spans).isoformat(),
                end=max(span.end for span in spans).isoformat(),
                signals=",".join(str(int(signal)) for signal in signal_ids),
            )
        )
        reader = cursor.fetch_record_batch()
        yield pa.RecordBatchReader.from_batches(reader.schema, _counted(reader, passed))


def _counted(reader: pa.RecordBatchReader, passed: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        passed(batch.num_rows)
        yield batch


def conninfo() -> str:
    """Django's own connection parameters in libpq's words."""
    given = connection.get_connection_params()
    names = {"host": "host", "port": "port", "user": "user", "password": "password", "dbname": "dbname"}
    quoted = {
        name: str(given[key]).replace("\\", "\\\\").replace("'", "\\'") for key, name in names.items() if given.get(key)
    }
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())
