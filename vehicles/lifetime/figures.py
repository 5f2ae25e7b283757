"""Figures of many trips: by time, weekday, hour and temperature, the longest, the areas. Pure, linear in trips."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import NamedTuple

from vehicles.diary.sums import Sums
from vehicles.models import Trip
from vehicles.places import local_time
from vehicles.trip_costs import PriceBook

MOST_AREAS = 5_000
HOUR = 3600
BIN_CELSIUS = 5


class Part(NamedTuple):
    """Trips that began in a part of time, and their km. `key`: year, month 1 to 12, ISO weekday, or hour 0 to 23."""

    key: int
    trips: int
    km: float


class Bin(NamedTuple):
    """Trips that the air outside was `[low, low + 5)` °C warm on, and whose consumption is known."""

    low: int
    sums: Sums

    @property
    def high(self) -> int:
        return self.low + BIN_CELSIUS


@dataclass(frozen=True, slots=True)
class Figures:
    """`by_time`: months of a year, else years; parts without a drive stand as zero."""

    sums: Sums
    by_time: list[Part]
    weekdays: list[Part]
    hours: list[Part]
    longest: Trip | None
    by_temperature: list[Bin]

    @property
    def kmh(self) -> float | None:
        """Average speed, stands included; None without time."""
        return self.sums.km / (self.sums.seconds / HOUR) if self.sums.seconds else None


class Area(NamedTuple):
    """An area of about 5 km² by its stored cell, how many trips passed it, and the first and the last of them."""

    cell: int
    trips: int
    first: datetime
    last: datetime


def figures(*, trips: Sequence[Trip], book: PriceBook, year: int | None) -> Figures:
    """Figures of trips that count, by the clocks of their vehicles; km."""
    sums, starts = Sums(), []
    for trip in trips:
        sums.add(trip, book.cost(trip=trip))
        starts.append((local_time(trip.started_at, trip.vehicle), trip.distance_km))
    years = [start.year for start, _ in starts]
    spread = range(1, 13) if year else range(min(years, default=1), max(years, default=0) + 1)
    return Figures(
        sums=sums,
        by_time=parts([(start.month if year else start.year, km) for start, km in starts], spread),
        weekdays=parts([(start.isoweekday(), km) for start, km in starts], range(1, 8)),
        hours=parts([(start.hour, km) for start, km in starts], range(24)),
        longest=max(trips, key=lambda trip: trip.distance_km, default=None),
        by_temperature=bins(trips),
    )


def parts(found: Sequence[tuple[int, float]], spread: range) -> list[Part]:
    """(key, km) of trips added up over every key of `spread`."""
    counts, lengths = dict.fromkeys(spread, 0), dict.fromkeys(spread, 0.0)
    for key, km in found:
        counts[key] += 1
        lengths[key] += km
    return [Part(key, counts[key], lengths[key]) for key in spread]


def bins(trips: Sequence[Trip]) -> list[Bin]:
    """Trips of known temperature and consumption by 5 °C, the coldest first; without those that no trip is in."""
    found: dict[int, Sums] = {}
    for trip in trips:
        if trip.celsius is not None and (trip.energy_kwh is not None or trip.fuel_used_l is not None):
            low = floor(trip.celsius / BIN_CELSIUS) * BIN_CELSIUS
            found.setdefault(low, Sums()).add(trip, None)
    return [Bin(low, found[low]) for low in sorted(found)]


def areas(*, trips: Sequence[Trip]) -> list[Area]:
    """Every area that trips passed, the most driven first; a trip counts once in each."""
    found: dict[int, Area] = {}
    for trip in trips:
        start = local_time(trip.started_at, trip.vehicle)
        for cell in set(trip.cells):
            known = found.get(cell, Area(cell, 0, start, start))
            found[cell] = Area(cell, known.trips + 1, min(known.first, start), max(known.last, start))
    return sorted(found.values(), key=lambda area: (-area.trips, area.cell))
