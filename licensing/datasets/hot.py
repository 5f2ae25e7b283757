"""Measurements out of both tiers as Arrow: only consenting vehicles, their spans, wanted signals."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.dataset as ds

from licensing.datasets.consented import Span
from licensing.datasets.zoning import PLACES
from vehicles.store import reading
from vehicles.store.link import arrow_cursor
from vehicles.store.reading import braced

MICROS = pa.timestamp("us", tz="UTC")
HULL = pa.schema([("vehicle_id", pa.int32()), ("start_at", MICROS), ("end_at", MICROS)])
# Constants for the whole period let PostgreSQL skip the days outside it; the arrays travel as they are stored.
SQL = """
SELECT m.vehicle_id, m.ts, m.source_id, m.sig, m.val
FROM wanted w JOIN {table} m ON m.vehicle_id = w.vehicle_id AND m.ts >= w.start_at AND m.ts < w.end_at
WHERE m.ts >= '{start}' AND m.ts < '{end}' AND {told} AND {where}
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


class Measured(NamedTuple):
    """`hot`: a stream of (vehicle_id, ts, source_id, sig, val) of open days and late messages; `cold`: sealed days."""

    hot: pa.RecordBatchReader
    cold: ds.Dataset | None


@contextmanager
def measurements(
    *, spans: Sequence[Span], signal_ids: Iterable[int], passed: Callable[[int], None], placed: Collection[int] = ()
) -> Iterator[Measured]:
    """Both tiers in one snapshot, in which every day lies in exactly one. Files of sealed days stay until this ends.

    Of the vehicles `placed` also what tells where they were, whatever is wanted: their zones are held against it.
    `passed` hears how many messages each batch of the stream held.
    """
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    with arrow_cursor() as cursor:
        lying = reading.snapshot(cursor, since=start, until=end)
        cursor.adbc_ingest("wanted", hulls(spans), mode="create", temporary=True)
        cursor.execute("ANALYZE wanted")
        facts = {
            "start": start.isoformat(),
            "end": end.isoformat(),
            "told": telling(signal_ids, placed),
        }
        open_days = SQL.format(table="message", where=lying.hot("m.ts"), **facts)
        cursor.execute(f"{open_days} UNION ALL {SQL.format(table='late_message', where='true', **facts)}")
        reader = cursor.fetch_record_batch()
        stream = pa.RecordBatchReader.from_batches(reader.schema, _counted(reader, passed))
        yield Measured(stream, lying.cold({span.vehicle_id for span in spans}))


def telling(signal_ids: Iterable[int], placed: Collection[int]) -> str:
    """A condition on messages: they hold a wanted signal, or say where one of these vehicles was."""
    wanted = f"m.sig && '{braced(signal_ids)}'::int2[]"
    if not placed:
        return wanted
    return f"({wanted} OR m.vehicle_id = ANY('{braced(placed)}'::int4[]) AND m.sig && '{braced(PLACES)}'::int2[])"


def _counted(reader: pa.RecordBatchReader, passed: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        passed(batch.num_rows)
        yield batch
