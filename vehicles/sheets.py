"""Readings that form a sheet: every moment tells the same signals, as a device's batch nearly always does. Pure.

A sheet is checked a column at a time. It passes only where the rules of `quality`, message by message, would refuse and
doubt nothing; in all other cases those rules decide. So this adds no rule, and a property test holds both together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vehicles import signals
from vehicles.envelope import SignalReading
from vehicles.motion import DISAGREE_KMH, EARTH_DIAMETER_KM, MAX_KMH, ODOMETER_STEP_KM, Fix, Mark, Track
from vehicles.quality import AHEAD, POOR_HDOP, Row
from vehicles.signals import CELL, HDOP, LATITUDE, LONGITUDE, ODOMETER, SPEED
from vehicles.wire import FLOATS, numbers_of

FEWEST = 4  # moments: below that a look at each message is cheaper
Column = NDArray[np.float64]


@dataclass(slots=True)
class Sheet:
    """Values by moment (rows, in order of time) and signal (columns)."""

    moments: list[datetime]
    layout: tuple[int, ...]
    values: list[list[float]]

    def by_moment(self) -> dict[datetime, dict[int, float]]:
        return {ts: dict(zip(self.layout, row, strict=True)) for ts, row in zip(self.moments, self.values, strict=True)}


def sheet_of(items: Sequence[SignalReading | None], kind: str) -> Sheet | None:
    """Signals as a sheet: plain numbers, moment after moment in order, each with the same signals in the same order."""
    if not items or items[0] is None:
        return None
    width = run_of(items)
    height, rest = divmod(len(items), width)
    if rest or height < FEWEST or type(None) in set(map(type, items)):
        return None
    whole: Sequence[Any] = items
    names, numbers = [item.name for item in whole], numbers_of(kind)
    layout = tuple([numbers.get(name) for name in names[:width]])
    stamps, values = [item.timestamp for item in whole], [item.value for item in whole]
    moments = stamps[::width]
    if (
        names != names[:width] * height
        or None in layout
        or len(set(layout)) != width
        or not FLOATS.issuperset(map(type, values))
        or stamps != [ts for ts in moments for _ in range(width)]
        or any(ts.tzinfo is not UTC for ts in moments)
        or any(later <= earlier for earlier, later in pairwise(moments))
    ):
        return None
    rows = [values[start : start + width] for start in range(0, len(values), width)]
    return Sheet(moments, layout, rows)  # type: ignore[arg-type]  # no None is in it


def run_of(items: Sequence[SignalReading | None]) -> int:
    """How many signals at the start are of one moment."""
    first = items[0].timestamp if items[0] else None
    for place, item in enumerate(items):
        if item is None or item.timestamp != first:
            return place or 1
    return len(items)


def believed(sheet: Sheet, *, track: Track, now: datetime, oldest: datetime) -> list[Row] | None:
    """The rows to store, with `track` brought up to them; None: the rules must decide, and `track` is as it was.

    For readings newer than all that is stored of their vehicle.
    """
    checks = checks_of(sheet.layout)
    if checks is None or sheet.moments[0] < oldest or sheet.moments[-1] > now + AHEAD:
        return None
    values = np.array(sheet.values)
    if not ((values >= checks.low) & (values <= checks.high)).all():
        return None
    columns = dict(zip(sheet.layout, values.T, strict=True))
    times = np.array([ts.timestamp() for ts in sheet.moments])
    if not (sound_positions(columns) and follows(track, times, columns)):
        return None
    advance(track, times, columns)
    return rows_of(sheet, columns)


@dataclass(slots=True, frozen=True)
class Checks:
    """What is believed of each column."""

    low: Column
    high: Column


@lru_cache(maxsize=256)
def checks_of(layout: tuple[int, ...]) -> Checks | None:
    """The bounds of signals in this order; above them a reading would be refused or flagged. None: one has none."""
    if not all(signal in signals.ranges for signal in layout) or (LATITUDE in layout) != (LONGITUDE in layout):
        return None
    if HDOP in layout and LATITUDE not in layout:
        return None
    low, high = zip(*(signals.ranges[signal] for signal in layout), strict=True)
    top = [min(bound, signals.flagged_above.get(s, bound)) for s, bound in zip(layout, high, strict=True)]
    return Checks(np.array(low), np.array(top))


def sound_positions(columns: dict[int, Column]) -> bool:
    """No null island, no poor fix, no receiver that does not measure how good its fix is."""
    if LATITUDE not in columns:
        return True
    if HDOP in columns and not ((columns[HDOP] > 0.0) & (columns[HDOP] < POOR_HDOP)).all():
        return False
    return not ((columns[LATITUDE] == 0.0) & (columns[LONGITUDE] == 0.0)).any()


def follows(track: Track, times: Column, columns: dict[int, Column]) -> bool:
    """Whether no reading is doubted for what came before it: no jump, no standing still, no odometer that falls."""
    if track.suspects or track.odd:
        return False
    if ODOMETER in columns:
        before = track.odometer
        km, t = led(columns[ODOMETER], before and before.km), led(times, before and before.t)
        driven = np.diff(km)
        if not ((driven >= 0) & (driven <= MAX_KMH * np.diff(t) / 3600 + ODOMETER_STEP_KM)).all():
            return False
    return LATITUDE not in columns or drives_on(track, times, columns)


def drives_on(track: Track, times: Column, columns: dict[int, Column]) -> bool:
    """Whether each position differs from the last one, is within reach of it, and agrees with the speed told there."""
    base = track.fix
    if track.last != base:
        return False
    lat, lon = led(columns[LATITUDE], base and base.lat), led(columns[LONGITUDE], base and base.lon)
    seconds = np.diff(led(times, base and base.t))
    if ((lat[1:] == lat[:-1]) & (lon[1:] == lon[:-1])).any():
        return False
    km = distances_km(lat, lon)
    if not (km <= MAX_KMH * np.maximum(seconds, 1.0) / 3600).all():
        return False
    if SPEED not in columns:
        return True
    told = columns[SPEED][len(columns[SPEED]) - len(seconds) :]
    near = (seconds >= 1.0) & (seconds <= 30.0)
    return not (np.abs(km / np.maximum(seconds, 1.0) * 3600 - told)[near] > DISAGREE_KMH).any()


def led(column: Column, before: float | None) -> Column:
    """A column after the value that was known before it, if one was."""
    return column if before is None else np.concatenate(([before], column))


def distances_km(lat: Column, lon: Column) -> Column:
    """Great-circle distances from each position to the next, as `motion.distance_km`."""
    phi, theta = np.radians(lat), np.radians(lon)
    a = np.sin(np.diff(phi) / 2) ** 2 + np.cos(phi[:-1]) * np.cos(phi[1:]) * np.sin(np.diff(theta) / 2) ** 2
    distances: Column = EARTH_DIAMETER_KM * np.arcsin(np.sqrt(np.minimum(1.0, a)))
    return distances


def advance(track: Track, times: Column, columns: dict[int, Column]) -> None:
    """Bring a track up to readings that are not doubted, as its own steps would."""
    last = float(times[-1])
    if ODOMETER in columns:
        track.odometer = Mark(last, float(columns[ODOMETER][-1]))
    if LATITUDE in columns:
        track.fix = track.last = Fix(last, float(columns[LATITUDE][-1]), float(columns[LONGITUDE][-1]))
        track.still_since = None
    told = columns[SPEED].tolist() if SPEED in columns else [None] * len(times)
    for t, speed in zip(times.tolist(), told, strict=True):
        track.hear(t, speed)


def rows_of(sheet: Sheet, columns: dict[int, Column]) -> list[Row]:
    """Rows without a flag, with the cell of each position; lists that are alike are shared, and nobody changes them."""
    layout = list(sheet.layout)
    values = sheet.values
    if LATITUDE in columns:
        layout.append(CELL)
        places = zip(columns[LATITUDE].tolist(), columns[LONGITUDE].tolist(), strict=True)
        values = [[*row, signals.cell_value(lat, lon)] for row, (lat, lon) in zip(values, places, strict=True)]
    flags = [0] * len(layout)
    return [Row(ts, layout, row, flags) for ts, row in zip(sheet.moments, values, strict=True)]
