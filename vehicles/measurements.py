"""Reads of telemetry for its owner: last values, curves and tracks. Everybody else goes through a license."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from dimo.errors import DomainError
from vehicles import latest
from vehicles.models import Trip, Vehicle
from vehicles.ownership_selectors import EVER, NEVER_ENDING, Stretch, own_times
from vehicles.quality import Flag
from vehicles.signals import CELL, LATITUDE, LONGITUDE, SPEED, Signal, by_id, charted
from vehicles.store import curves, reading
from vehicles.store.cold import Told


class NotAQuantity(DomainError):
    """Codes of an enumeration are words, so no mean is made of them; ask for a day at most, as measured."""

    status = 400


MOST_POINTS = 10_100
STEPS = (60, 300, 3600, 86_400)
RAW_DAYS = timedelta(days=1)
DOUBTED = Flag.TELEPORT | Flag.FROZEN
LAST_THEN = """
SELECT s.id, r.last_at, r.last FROM unnest(%s::int2[]) s(id) CROSS JOIN LATERAL (
    SELECT last_at, last FROM rollup_1m
    WHERE vehicle_id = %s AND signal_id = s.id AND bucket >= %s AND bucket < %s ORDER BY bucket DESC LIMIT 1) r
ORDER BY s.id
"""


class LastValue(NamedTuple):
    """The newest reading of a signal; `words` for values that are not numbers to a reader."""

    signal: Signal
    ts: datetime
    value: float
    words: str
    doubts: tuple[str, ...]
    source_id: int

    @property
    def told(self) -> str:
        """The value as a reader wants it: in words, else with no more decimals than it has, four at most."""
        if self.words:
            return self.words
        number = f"{self.value:,.4f}".rstrip("0").rstrip(".")
        return f"{number}°" if self.signal.unit == "deg" else f"{number} {self.signal.unit}".rstrip()


class Place(NamedTuple):
    """One point of a track."""

    ts: datetime
    lat: float
    lon: float
    speed: float | None


@dataclass(slots=True)
class Series:
    """Curves by signal id, (moment, value) in order; `step` 0: as measured, else means per so many seconds."""

    step: int
    points: dict[int, list[tuple[datetime, float]]] = field(default_factory=dict)


def visible(*, vehicle: Vehicle, since: datetime, until: datetime) -> list[Stretch]:
    """The parts of `[since, until)` in which the vehicle was its reader's, in order; nothing of anybody else's time.

    They end with whole minutes, as those of charts may hold both owners' readings.
    """
    found = []
    for first, last in own_times(vehicle=vehicle):
        low, high = max(since, first), min(until, last.replace(second=0, microsecond=0))
        if low < high:
            found.append((low, high))
    return found


def last_values(*, vehicle: Vehicle) -> list[LastValue]:
    """The newest reading of every signal, by catalog order; the derived cell is not shown.

    For an owner whose time is over: the newest of that time, of charted signals, without doubts.
    """
    if getattr(vehicle, "seen_until", None) is not None:
        return last_values_then(vehicle=vehicle)
    found, times = [], own_times(vehicle=vehicle)
    for number, (ts, value, source_id, flag) in sorted(latest.read(vehicle_id=vehicle.pk).last.items()):
        if number == CELL or not any(since <= ts < until for since, until in times):
            continue
        signal = by_id[number]
        doubts = tuple(name.lower() for name in Flag.__members__ if flag & Flag[name])
        found.append(LastValue(signal, ts, value, worded(signal, value), doubts, source_id))
    return found


def last_values_then(*, vehicle: Vehicle) -> list[LastValue]:
    """The last readings of somebody's ended times with a vehicle, from their minutes."""
    last: dict[int, tuple[datetime, float]] = {}
    for since, until in visible(vehicle=vehicle, since=EVER, until=NEVER_ENDING):
        with connection.cursor() as cursor:
            cursor.execute(LAST_THEN, [sorted(charted), vehicle.pk, since, until])
            last |= {number: (ts, value) for number, ts, value in cursor.fetchall()}
    told = ((by_id[number], ts, value) for number, (ts, value) in sorted(last.items()))
    return [LastValue(signal, ts, value, worded(signal, value), (), 0) for signal, ts, value in told]


def worded(signal: Signal, value: float) -> str:
    """A value in words where a number says nothing."""
    if signal.type == "bool":
        return "yes" if value else "no"
    return signal.label(value).capitalize()


def series(
    *, vehicle: Vehicle, signal_ids: Sequence[int], since: datetime, until: datetime, step: int | None = None
) -> Series:
    """Curves in `[since, until)`: as measured up to a day, else means; never more than 10,100 points a signal.

    `step` asks for means per so many seconds and is raised where it would give too many.

    Raises:
        NotAQuantity, of an enumeration where it would take means
    """
    parts = visible(vehicle=vehicle, since=since, until=until)
    if not parts:
        return collect(0, signal_ids, [])
    asked: list[dict[str, Any]] = [{"vehicle_id": vehicle.pk, "since": low, "until": high} for low, high in parts]
    length = parts[-1][1] - parts[0][0]
    if step is None and length <= RAW_DAYS:
        raw = [p for part in asked for p in curves.points(signal_ids=signal_ids, most=MOST_POINTS + 1, **part)]
        if len(raw) <= MOST_POINTS:
            return collect(0, signal_ids, raw)
    least = max(length.total_seconds() / (MOST_POINTS - 20), step or 0)
    step = next((size for size in STEPS if size >= least), STEPS[-1])
    if words_only := [by_id[signal].name for signal in signal_ids if signal in by_id and by_id[signal].codes]:
        raise NotAQuantity(signals=", ".join(words_only))
    rows: list[curves.Point] = []
    for means, wanted in ((curves.rolled_means, charted & set(signal_ids)), (curves.means, set(signal_ids) - charted)):
        for part in asked if wanted else ():
            rows += means(signal_ids=sorted(wanted), step=step, **part)
    return collect(step, signal_ids, rows)


def collect(step: int, signal_ids: Sequence[int], rows: Sequence[tuple[int, datetime, float]]) -> Series:
    """Rows as curves, one for each signal asked for."""
    found = Series(step, {signal: [] for signal in signal_ids})
    for signal, ts, value in rows:
        found.points[signal].append((ts, value))
    return found


def tracks(*, trips: Sequence[Trip], most: int = MOST_POINTS) -> dict[int, list[Place]]:
    """Where each trip went, by its primary key, in one query; doubted positions left out, thinned to `most` a trip."""
    found: dict[int, list[Place]] = {trip.pk: [] for trip in trips}
    if not trips:
        return found
    wanted = [curves.Drive(trip.pk, trip.vehicle_id, trip.source_id, trip.started_at, trip.ended_at) for trip in trips]
    for trip, told in curves.drives(wanted=wanted, signal_ids=[LATITUDE, LONGITUDE, SPEED]):
        if place := place_of(told):
            found[trip].append(place)
    return {trip: thin(places, most) for trip, places in found.items()}


def place_of(told: Told) -> Place | None:
    """Where a message says the vehicle was; None: it does not say, or is doubted."""
    at = dict(zip(told.sig, told.val, strict=True))
    if LATITUDE not in at or LONGITUDE not in at:
        return None
    if told.flag and told.flag[told.sig.index(LATITUDE)] & DOUBTED:
        return None
    return Place(told.ts, at[LATITUDE], at[LONGITUDE], at.get(SPEED))


def thin(places: list[Place], most: int) -> list[Place]:
    """Every n-th place, and always the last."""
    if len(places) <= most:
        return places
    stride = -(-len(places) // (most - 1))
    return [*places[:-1:stride], places[-1]]


def track(*, vehicle: Vehicle, since: datetime, until: datetime) -> list[Place]:
    """Where a vehicle was in `[since, until)`, by all its sources, at most 10,100 places."""
    parts = visible(vehicle=vehicle, since=since, until=until)
    told = reading.messages(vehicle_id=vehicle.pk, stretches=parts, signal_ids=[LATITUDE, LONGITUDE, SPEED])
    places = [place for each in told if (place := place_of(each))]
    return thin(places, MOST_POINTS)
