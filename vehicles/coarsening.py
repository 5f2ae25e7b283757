"""What Coarse means, signal by signal: over which time, to which step. Pure: from docs and the signal catalog.

Datasets blur in SQL by `blur`; `blurred` does the same to what an app reads. Only whole bins that are over are told:
a bin that still fills, or a part of one, would tell what the bin is there to hide.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor
from typing import Final, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from vehicles.signals import CELL, ODOMETER, Signal

Way = Literal["mean", "last", "share", "each", "none"]
QUARTER: Final = 15 * 60 * 1_000_000
HOUR: Final = 4 * QUARTER
DAY: Final = 24 * HOUR
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Blur:
    """One row per vehicle and bin of `microseconds`: the mean, the bin's last value, the share of ones, or each value
    once. `step` rounds it; 0: it is not rounded. `none`: never released coarse. `always`: released coarse whatever was
    granted."""

    way: Way
    microseconds: int = DAY
    step: float = 1.0
    always: bool = False


class Point(NamedTuple):
    """A value at the moment at which its bin begins."""

    ts: datetime
    signal_id: int
    value: float


def blur(signal: Signal) -> Blur:
    """The blur of a signal by the catalog's letter; an unknown letter is never released coarse."""
    if signal.id == CELL:
        return Blur("each", QUARTER, always=True)
    match signal.coarse:
        case "K":
            return Blur("mean", QUARTER, 5.0)
        case "G":
            battery = signal.signal_class.startswith("battery")
            return Blur("mean", HOUR, 5.0 if signal.unit == "%" and not battery else 1.0)
        case "C":
            return Blur("last", DAY, 10.0)
        case "F":
            return Blur("share", DAY, 0.01)
        case "S" | "D":
            return Blur("last", DAY, 1.0)
    return Blur("none")


def exact_step(signal: Signal) -> float | None:
    """The step that even exact rows keep: an odometer to the kilometer joins two purchases of one car."""
    return 10.0 if signal.id == ODOMETER else None


def per(signal: Signal, seconds: int) -> Blur:
    """Means per so many seconds, unrounded; of codes the last one, of cells each."""
    if signal.id == CELL:
        return Blur("each", seconds * 1_000_000)
    if signal.type == "bool":
        return Blur("share", seconds * 1_000_000, 0)
    return Blur("last" if signal.codes or signal.rising or signal.list else "mean", seconds * 1_000_000, 0)


def at_least(how: Blur, seconds: int) -> Blur:
    """The same blur over bins of so many seconds, where those are longer."""
    return Blur(how.way, max(how.microseconds, seconds * 1_000_000), how.step, how.always)


def bin_of(moment: datetime, microseconds: int) -> datetime:
    """The beginning of the bin that a moment lies in; bins begin in 1970, in UTC."""
    since = (moment - EPOCH) // MICROSECOND
    return EPOCH + since // microseconds * microseconds * MICROSECOND


def stepped(value: float, how: Blur) -> float:
    """A value on the steps of its blur; a counter's last one downwards, so that it never runs ahead of the car."""
    if how.step == 0 or how.way == "each":
        return value
    steps = floor(value / how.step) if how.way == "last" else round(value / how.step)
    return round(steps * how.step, 6)


def blurred(values: pa.Table, how: Mapping[int, Blur], *, now: datetime) -> list[Point]:
    """Values (signal_id, ts, value, by signal and moment) in bins that are over by `now`, by moment and signal.

    The values must be all that there are in each of these bins.
    """
    points: list[Point] = []
    for signal_id, each in how.items():
        if each.way == "none":
            continue
        own = values.filter(pc.equal(values.column("signal_id"), signal_id))
        if own.num_rows:
            points += [point for point in binned(own, signal_id, each) if is_over(point, each, now)]
    return sorted(points)


def is_over(point: Point, how: Blur, now: datetime) -> bool:
    """Whether a bin's time has passed."""
    return point.ts + how.microseconds * MICROSECOND <= now


def binned(own: pa.Table, signal_id: int, how: Blur) -> Iterable[Point]:
    """One signal's values by bin."""
    moments = own.column("ts").cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    starts = pc.multiply(pc.divide(moments, how.microseconds), how.microseconds)
    table = pa.table({"bin": starts, "value": own.column("value")})
    if how.way == "each":
        found = table.group_by(["bin", "value"]).aggregate([])
        pairs = zip(found.column("bin").to_pylist(), found.column("value").to_pylist(), strict=True)
    else:
        kind = "last" if how.way == "last" else "mean"
        found = table.group_by("bin", use_threads=False).aggregate([("value", kind)])
        pairs = zip(found.column("bin").to_pylist(), found.column(f"value_{kind}").to_pylist(), strict=True)
    for start, value in pairs:
        yield Point(EPOCH + start * MICROSECOND, signal_id, stepped(value, how))
