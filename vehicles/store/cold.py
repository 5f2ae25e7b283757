"""Values of sealed days, out of the lake's files, less what is to be erased from them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Final, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from vehicles.models import LakeErasure
from vehicles.store import table

T = TypeVar("T")
Stretch = tuple[datetime, datetime]
TRIES: Final = 3
MICROS = pa.timestamp("us", tz="UTC")


class Told(NamedTuple):
    """A message: what a source said at one moment, signals and values of one length, flags too or empty."""

    ts: datetime
    source_id: int
    sig: list[int]
    val: list[float]
    flag: list[int]


def in_lake(
    files: Sequence[str], vehicles: Sequence[int], signals: Sequence[int], stretches: Sequence[Stretch]
) -> pa.Table:
    """Values of sealed days. No signals asked: all."""
    where = ds.field("vehicle_id").isin(pa.array(vehicles, pa.int32()))
    if len(vehicles) == 1:  # an equality lets Parquet skip row groups
        where = ds.field("vehicle_id") == vehicles[0]
    if signals:
        where &= reduce(or_, [ds.field("signal_id") == signal for signal in signals])
    within = [
        (ds.field("ts") >= pa.scalar(low, MICROS)) & (ds.field("ts") < pa.scalar(high, MICROS))
        for low, high in joined(stretches)
    ]
    return kept(files, vehicles).to_table(filter=where & reduce(or_, within))


def kept(files: Sequence[str], vehicles: Sequence[int]) -> ds.Dataset:
    """These files to be scanned, without rows of these vehicles that are to be erased."""
    found = table.dataset(files)
    for gone in LakeErasure.objects.filter(vehicle_id__in=vehicles):
        found = found.filter(~erased(gone))
    return found


def erased(gone: LakeErasure) -> ds.Expression:
    """Rows that are to leave the lake. One that has left it is done with, and its files are gone."""
    where = ds.field("vehicle_id") == gone.vehicle_id
    where &= (ds.field("ts") >= pa.scalar(gone.since, MICROS)) & (ds.field("ts") < pa.scalar(gone.until, MICROS))
    if gone.signal_ids:
        where &= ds.field("signal_id").isin(pa.array(gone.signal_ids, pa.int16()))
    return where & ds.field("source_id").isin(gone.source_ids) if gone.source_ids else where


def joined(stretches: Sequence[Stretch], gap: timedelta = timedelta(0)) -> list[Stretch]:
    """Stretches that touch, or lie no further apart than the gap, as one."""
    found: list[Stretch] = []
    for low, high in sorted(stretches):
        if found and low - found[-1][1] <= gap:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def regrouped(values: pa.Table, source_id: int | None) -> Iterator[Told]:
    """Values as the messages they came in."""
    if source_id is not None:
        values = values.filter(pc.field("source_id") == source_id)
    groups: dict[tuple[datetime, int], Told] = {}
    columns = [values.column(name).to_pylist() for name in ("ts", "source_id", "signal_id", "value", "flag")]
    for ts, source, signal, value, flag in zip(*columns, strict=True):
        told = groups.get((ts, source))
        if told is None:
            told = groups[ts, source] = Told(ts, source, [], [], [])
        told.sig.append(signal)
        told.val.append(value)
        told.flag.append(flag)
    yield from groups.values()


def binned(values: pa.Table, step: int) -> Iterator[tuple[int, datetime, float, int]]:
    """(signal, start, sum, count) of each bin of `step` seconds since 1970."""
    micros = step * 1_000_000
    start = pc.multiply(pc.divide(values.column("ts").cast(pa.int64()), micros), micros).cast(pa.int64()).cast(MICROS)
    groups = values.append_column("start", start).group_by(["signal_id", "start"])
    sums = groups.aggregate([("value", "sum"), ("value", "count")])
    names = ("signal_id", "start", "value_sum", "value_count")
    yield from zip(*(sums.column(name).to_pylist() for name in names), strict=True)


def again_if_gone(act: Callable[[], T]) -> T:
    """Read again where files went away meanwhile; PostgreSQL names the new ones then."""
    for _ in range(TRIES - 1):
        try:
            return act()
        except FileNotFoundError:
            continue
    return act()
