"""A year of one vehicle as a logbook: sums by month, each drive as a line, and the same as CSV."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

from django.db.models import QuerySet

from dimo.users.models import User
from vehicles import selectors as own
from vehicles.diary import entries, listing
from vehicles.diary.entries import Day, Entry
from vehicles.diary.sums import Sums
from vehicles.models import Trip, Vehicle
from vehicles.places import zone_of

BOM = "\ufeff"  # without it Excel takes UTF-8 for something else
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
COLUMNS = (
    *("vehicle", "date", "start", "end", "time_zone", "from", "to", "distance_km", "minutes"),
    *("odometer_start_km", "odometer_end_km", "kept_as", "purpose", "stops", "energy_kwh", "energy_told_by", "fuel_l"),
    *("cost", "currency", "measured_by", "signed", "changed_at", "trip"),
)


@dataclass(frozen=True, slots=True)
class Logbook:
    """A vehicle's year, oldest drive first. `odometer`: at its first and its last drive; None: not measured."""

    vehicle: Vehicle
    year: int
    lines: list[Entry]
    months: list[Day]
    sums: Sums
    odometer: tuple[float | None, float | None]


def logbook(*, owner: User, vehicle: Vehicle, year: int) -> Logbook:
    """All drives of a year by the vehicle's calendar, without deleted ones; what was told twice counts once."""
    trips = year_of(trips=own.trips_of(owner=owner, vehicle=vehicle), vehicle=vehicle, year=year)
    lines = [entry for entry in entries.entries(owner=owner, trips=trips) if entry.counts]
    starts = [entry.trip.odometer_start_km for entry in lines if entry.trip.odometer_start_km is not None]
    ends = [entry.trip.odometer_end_km for entry in lines if entry.trip.odometer_end_km is not None]
    odometer = (starts[0] if starts else None, ends[-1] if ends else None)
    return Logbook(vehicle, year, lines, entries.by_month(lines), entries.added(lines), odometer)


def year_of(*, trips: QuerySet[Trip], vehicle: Vehicle, year: int) -> list[Trip]:
    """A year's trips, oldest first."""
    first, until = date(year, 1, 1), date(year + 1, 1, 1)
    return listing.between(trips=listing.shown(trips), vehicles=[vehicle], first=first, until=until)[::-1]


def years_of(*, owner: User, vehicle: Vehicle) -> list[int]:
    """Years with trips, newest first."""
    months = listing.months_of(trips=own.trips_of(owner=owner, vehicle=vehicle), zone=zone_of(vehicle))
    return sorted({month.year for month in months}, reverse=True)


def as_csv(*, book: Logbook) -> Iterator[str]:
    """Lines of a CSV file: UTF-8 with its mark, ISO dates and local times with their offset, no cell is a formula."""
    yield BOM + line(COLUMNS)
    for entry in book.lines:
        yield line(cells(book.vehicle, entry))


def line(values: Iterable[object]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(values)
    return buffer.getvalue()


def cells(vehicle: Vehicle, entry: Entry) -> list[object]:
    """One drive; empty where nothing was measured."""
    trip, cost, zone = entry.trip, entry.cost, zone_of(vehicle)
    return [
        plain(str(vehicle)),
        entry.start.date().isoformat(),
        iso(trip.started_at.astimezone(zone)),
        iso(trip.ended_at.astimezone(zone)),
        plain(zone.key),
        plain(entry.begins_in),
        plain(entry.ends_in),
        number(trip.distance_km, 1),
        entry.minutes,
        number(trip.odometer_start_km, 1),
        number(trip.odometer_end_km, 1),
        trip.tag,
        plain(trip.note),
        trip.stops,
        number(trip.energy_kwh, 3),
        trip.energy_by,
        number(trip.fuel_used_l, 3),
        str(cost.amount) if cost else "",
        cost.currency if cost else "",
        trip.source.kind,
        trip.source.grade,
        iso(trip.edited_at.astimezone(zone)) if trip.edited_at else "",
        str(trip.public_id),
    ]


def iso(moment: datetime) -> str:
    """Local time with its offset, to the second."""
    return moment.isoformat(timespec="seconds")


def number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def plain(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
