"""A vehicle's whole past, for what is derived from it: its newest values, minutes, a source's extent."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from vehicles.models import SealedDay
from vehicles.store import cold, days, link, reading
from vehicles.store import minutes as minute_rows

State = SealedDay.State


class Extent(NamedTuple):
    """How far a source's sealed values reach, and at how many moments it said something."""

    first: datetime
    last: datetime
    moments: int


def sealed_files(*, since: datetime | None = None, until: datetime | None = None) -> list[str]:
    """Files of sealed days in `[since, until)`, or of all."""
    closed = SealedDay.objects.exclude(state=State.SEALING)
    if since is not None and until is not None:
        closed = closed.filter(day__range=days.span(since, until))
    return [name for names in closed.values_list("files", flat=True) for name in names]


def any_closed(*, since: datetime, until: datetime) -> bool:
    """Whether a day of `[since, until)` is sealed; what comes late for one without values is beside it all the same."""
    return SealedDay.objects.exclude(state=State.SEALING).filter(day__range=days.span(since, until)).exists()


def sealed_rows(*, vehicle_ids: Sequence[int], signal_ids: Sequence[int], since: datetime, until: datetime) -> int:
    """How many values of these vehicles and signals lie in the lake in `[since, until)`."""
    files = sealed_files(since=since, until=until)
    if not files or not vehicle_ids or not signal_ids:
        return 0

    def counted() -> int:
        return int(cold.in_lake(files, vehicle_ids, signal_ids, [(since, until)]).num_rows)

    return cold.again_if_gone(counted)


def newest_sealed(*, vehicle_id: int) -> Iterator[tuple[int, datetime, float, int, int]]:
    """The newest (signal, moment, value, source, flag) of each signal in the lake; reads all of the vehicle's rows."""
    if files := sealed_files():
        values = cold.kept(files, [vehicle_id]).to_table(filter=ds.field("vehicle_id") == vehicle_id)
        with link.workbench() as bench:
            bench.register("sealed", values)
            found = bench.sql(
                "SELECT DISTINCT ON (signal_id) signal_id, ts, value, source_id, flag FROM sealed"
                " ORDER BY signal_id, ts DESC, source_id"
            ).to_arrow_table()
        yield from zip(*(column.to_pylist() for column in found.columns), strict=True)


def minutes(*, vehicle_id: int, signal_ids: Sequence[int], since: datetime, until: datetime) -> pa.Table:
    """The minutes of charted signals in `[since, until)`, from both tiers."""
    values = reading.read(vehicle_ids=[vehicle_id], signal_ids=signal_ids, since=since, until=until)
    with link.workbench() as bench:
        bench.register("told", values)
        return minute_rows.rolled(bench, "told")


def extent(*, vehicle_id: int, source_id: int) -> Extent | None:
    """How far a source's sealed values reach; None where it has none."""
    files = sealed_files()
    if not files:
        return None
    which = (ds.field("vehicle_id") == vehicle_id) & (ds.field("source_id") == source_id)
    moments = cold.kept(files, [vehicle_id]).to_table(columns=["ts"], filter=which).column("ts")
    if not len(moments):
        return None
    reach = pc.min_max(moments).as_py()
    return Extent(reach["min"], reach["max"], pc.count_distinct(moments).as_py())
