"""Values of signals over time, from both tiers, page by page: as measured, per interval, or coarsened.

Whatever is blurred is blurred over whole bins, also where the period asked for begins or ends inside one: otherwise the
difference of two questions would tell what lies between them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from dimo.errors import DomainError
from dimo.oauth.scopes import COARSE
from vehicles import app_selectors, latest, measurements
from vehicles.coarsening import DAY, EPOCH, MICROSECOND, QUARTER, Blur, Point, at_least, bin_of, blur, blurred, per
from vehicles.measurements import LastValue
from vehicles.models import Trip, Vehicle
from vehicles.signals import CELL, Signal, by_id, cell_of
from vehicles.store import reading
from vehicles.zones import withholding
from vehicles.zones.withholding import Guard

LONGEST: Final = timedelta(days=366)
MOST_NAMES: Final = 20
MOST_ROWS: Final = 10_000
AHEAD: Final = timedelta(days=1)  # clocks of devices run fast by less
SHORT: Final = timedelta(hours=3)
FIRST_LOOK: Final = timedelta(hours=1)
FURTHER: Final = 8
CELLS_BACK: Final = timedelta(hours=2)
FOREVER: Final = datetime.max.replace(tzinfo=UTC)


class PeriodNotReadable(DomainError):
    """A period begins before it ends and is at most 366 days long."""

    status = 400


class Wanted(NamedTuple):
    """A signal and how finely it is told."""

    signal: Signal
    fineness: int


@dataclass(frozen=True, slots=True)
class Told:
    """A page of values by moment and signal, and where the next page begins; None: this was the last."""

    points: list[Point]
    after: tuple[datetime, int] | None


@dataclass(frozen=True, slots=True)
class Question:
    """What to read of a vehicle. `for_app`: private and deleted trips are left out, and what its zones withhold."""

    vehicle: Vehicle
    exact: dict[int, Signal]
    blurs: dict[int, Blur]
    now: datetime
    for_app: bool
    guard: Guard | None

    @property
    def step(self) -> timedelta:
        """The longest bin, on which stretches of reading begin and end."""
        return max((how.microseconds for how in self.blurs.values()), default=1) * MICROSECOND


def question(
    *, vehicle: Vehicle, wanted: Iterable[Wanted], interval: int | None, for_app: bool, now: datetime
) -> Question:
    """How each signal is told: raw, or blurred over bins of at least `interval` seconds."""
    exact, blurs = {}, {}
    for signal, fineness in wanted:
        if fineness == COARSE:
            blurs[signal.id] = at_least(blur(signal), interval or 0)
        elif interval:
            blurs[signal.id] = per(signal, interval)
        elif fineness:
            exact[signal.id] = signal
    return Question(vehicle, exact, blurs, now, for_app, withholding.guard_of(vehicle=vehicle) if for_app else None)


def history(
    *, asked: Question, since: datetime, until: datetime, after: tuple[datetime, int] | None, most: int
) -> Told:
    """Values in `[since, until)` behind `after`, at most `most`. Reads ahead in growing stretches until it has them.

    Raises:
        PeriodNotReadable
    """
    if since >= until or until - since > LONGEST:
        raise PeriodNotReadable(field="from")
    vehicle, step = asked.vehicle, asked.step
    parts = measurements.visible(vehicle=vehicle, since=max(since, EPOCH), until=min(until, asked.now + AHEAD))
    if not parts:
        return Told([], None)
    since, until = parts[0][0], parts[-1][1]
    at, last = on_step(max(since, after[0]) if after else since, step), on_step(until - MICROSECOND, step) + step
    look, points = max(FIRST_LOOK, step), list[Point]()
    while at < min(until, last) and len(points) <= most:
        end = min(at + look, last)
        points += [point for point in told_in(asked, at, end) if fits(asked, point, since, until, after)]
        at, look = end, look * FURTHER
    page = points[:most]
    return Told(page, (page[-1].ts, page[-1].signal_id) if len(points) > most else None)


def fits(asked: Question, point: Point, since: datetime, until: datetime, after: tuple[datetime, int] | None) -> bool:
    """Whether a value is on the page: a bin is, where the period begins inside it."""
    blur = asked.blurs.get(point.signal_id)
    first = bin_of(since, blur.microseconds) if blur else since
    return first <= point.ts < until and (after is None or (point.ts, point.signal_id) > after)


def on_step(moment: datetime, step: timedelta) -> datetime:
    """The beginning of the bin of the longest length that a moment lies in."""
    return bin_of(moment.astimezone(UTC), step // MICROSECOND)


def told_in(asked: Question, since: datetime, until: datetime) -> list[Point]:
    """All values of a stretch that begins and ends with the longest bin, by moment and signal."""
    parts = measurements.visible(vehicle=asked.vehicle, since=since, until=until)
    if not parts:
        return []
    wanted = [*asked.exact, *asked.blurs]
    # Within a transaction the store reads through Django's own connection: for hours that is quicker than another one.
    with transaction.atomic() if until - since <= SHORT else nullcontext():
        values = reading.read(vehicle_ids=[asked.vehicle.pk], signal_ids=wanted, since=parts[0][0], until=parts[-1][1])
    if len(parts) > 1:
        values = values.filter(pa.array(within(values, [(low, high - MICROSECOND) for low, high in parts])))
    if asked.for_app:
        stretches = app_selectors.hidden_stretches(vehicle=asked.vehicle, since=since, until=until)
        values = values.filter(pa.array(~within(values, stretches)))
        values = withholding.let_out(values=values, guard=asked.guard, vehicle=asked.vehicle, now=asked.now)
    points = raw_points(values, asked.exact)
    if CELL in asked.blurs and asked.for_app:
        values = without_ends(values, asked.vehicle, since, until)
    points += blurred(values, asked.blurs, now=asked.now if asked.for_app else FOREVER)
    return sorted(points)


def raw_points(values: pa.Table, exact: Mapping[int, Signal]) -> list[Point]:
    """Values as measured; of several sources at one moment the first."""
    own = values.filter(pc.is_in(values.column("signal_id"), pa.array(list(exact), pa.int16())))
    found: dict[tuple[datetime, int], float] = {}
    columns = (own.column(name).to_pylist() for name in ("ts", "signal_id", "value"))
    for ts, signal, value in zip(*columns, strict=True):
        found.setdefault((ts.astimezone(UTC), signal), value)
    return [Point(ts, signal, value) for (ts, signal), value in found.items()]


def within(values: pa.Table, stretches: Sequence[tuple[datetime, datetime]]) -> np.ndarray:
    """Which values lie in one of these stretches, both ends included."""
    moments = values.column("ts").cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    found = np.zeros(len(moments), dtype=bool)
    for first, last in stretches:
        found |= (moments >= micros(first)) & (moments <= micros(last))
    return found


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def without_ends(values: pa.Table, vehicle: Vehicle, since: datetime, until: datetime) -> pa.Table:
    """Areas between the ends of trips: not those in which one begins or ends, and none of where the vehicle stands."""
    trips = Trip.objects.filter(vehicle=vehicle, started_at__lt=until, ended_at__gte=since, deleted_at=None)
    area = np.asarray(values.column("signal_id").to_numpy()) == CELL
    cells, keep = np.asarray(values.column("value").to_numpy()), ~area
    for begins, ends, start, end in trips.values_list("started_at", "ended_at", "start_cell", "end_cell"):
        if start is not None and end is not None:
            keep |= area & within(values, [(begins, ends)]) & ~np.isin(cells, [float(start), float(end)])
    return values.filter(pa.array(keep))


def last_values(*, vehicle: Vehicle, wanted: Iterable[Wanted], now: datetime) -> list[LastValue]:
    """The newest that an app may know of each signal: as it is, or its newest bin that is over. By catalog order."""
    pairs = list(wanted)
    exact = {signal.id for signal, fineness in pairs if fineness > COARSE}
    values = [value for value in measurements.last_values(vehicle=vehicle) if value.signal.id in exact]
    moments = [value.ts for value in values]
    if moments:
        since, until = min(moments), max(moments) + MICROSECOND
        hidden = app_selectors.hidden_stretches(vehicle=vehicle, since=since, until=until)
        values = [v for v in values if not any(begins <= v.ts <= ends for begins, ends in hidden)]
        values = outside_zones(values, vehicle, now)
    state = latest.read(vehicle_id=vehicle.pk).last
    groups: dict[tuple[datetime, timedelta], list[Wanted]] = defaultdict(list)
    for each in pairs:
        if each.fineness == COARSE and each.signal.id in state:
            step = blur(each.signal).microseconds * MICROSECOND
            back = CELLS_BACK if each.signal.id == CELL else step
            groups[on_step(state[each.signal.id].ts, step) + step, back + step].append(each)
    for (end, length), group in groups.items():
        asked = question(vehicle=vehicle, wanted=group, interval=None, for_app=True, now=now)
        newest = {point.signal_id: point for point in told_in(asked, end - length, end)}
        values += [coarse_value(by_id[number], point) for number, point in newest.items()]
    return sorted(values, key=lambda value: value.signal.id)


def outside_zones(values: list[LastValue], vehicle: Vehicle, now: datetime) -> list[LastValue]:
    """Newest values without what zones withhold of them."""
    guard = withholding.guard_of(vehicle=vehicle)
    risky = withholding.guarded([value.signal.id for value in values]) if guard else []
    kept = [value for value in values if value.signal.id not in risky]
    for value in (value for value in values if value.signal.id in risky):
        with transaction.atomic():
            told = reading.read(
                vehicle_ids=[vehicle.pk], signal_ids=[value.signal.id], since=value.ts, until=value.ts + MICROSECOND
            )
            left = withholding.let_out(values=told, guard=guard, vehicle=vehicle, now=now)
        if 0 < told.num_rows == left.num_rows:
            kept.append(value)
    return kept


def coarse_value(signal: Signal, point: Point) -> LastValue:
    """A bin in the shape of a newest reading."""
    return LastValue(signal, point.ts, point.value, text_of(signal, point.value), (), 0)


def text_of(signal: Signal, value: float) -> str:
    """A value in words where a number says nothing: the area's H3 index, a code's name."""
    return cell_of(value) if signal.id == CELL else signal.label(value)


def row_of(point: Point) -> dict[str, object]:
    """A value as the API tells it."""
    signal = by_id[point.signal_id]
    text = text_of(signal, point.value)
    value = None if signal.id == CELL else point.value
    return {"timestamp": point.ts, "name": signal.name, "value": value, "text": text}


BINS: Final = {"1m": 60, "5m": 300, "15m": QUARTER // 1_000_000, "1h": 3600, "1d": DAY // 1_000_000}
