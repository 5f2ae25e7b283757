"""Trips as entries of a diary: local times, areas in the driver's own words, cost, and what is to be said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dimo.users.models import User
from vehicles import trip_costs, words
from vehicles.diary import sums
from vehicles.diary.sums import Span, Sums
from vehicles.models import NamedArea, Trip, TripSeam
from vehicles.places import local_time
from vehicles.trip_costs import Cost


def number(amount: float) -> str:
    """With one digit after the point."""
    return str(number_format(amount, 1))


@dataclass(frozen=True, slots=True)
class Entry:
    """One drive; `start` and `end` by the vehicle's clock. `told_again`: by a better source of the same vehicle."""

    trip: Trip
    start: datetime
    end: datetime
    begins_in: str
    ends_in: str
    cost: Cost | None
    joined: bool
    told_again: bool

    @property
    def clock(self) -> str:
        """When it began and ended. In Python as the next two, not in the template: a month has a hundred of them."""
        return f"{self.start:%H:%M} – {self.end:%H:%M}"

    @property
    def lasting(self) -> str:
        return ngettext("%(minutes)s minute", "%(minutes)s minutes", self.minutes) % {"minutes": self.minutes}

    @property
    def figures(self) -> str:
        """How far it was and what it used, as far as is known."""
        trip = self.trip
        told = [f"{number(trip.distance_km)} km"]
        for amount, unit, rate in (
            (trip.energy_kwh, "kWh", self.kwh_per_100),
            (trip.fuel_used_l, "l", self.liters_per_100),
        ):
            if amount is not None:
                per = "" if rate is None else f", {number(rate)} {_('per 100 km')}"
                told.append(f"{number(amount)} {unit}{per}")
        if trip.energy_kwh is None and trip.fuel_used_l is None and trip.soc_used_pct is not None:
            told.append(f"{number(trip.soc_used_pct)}% {_('of the battery')}")
        return " · ".join(told)

    @property
    def stops(self) -> str:
        stops = self.trip.stops
        return ngettext("%(n)s stop", "%(n)s stops", stops) % {"n": stops} if stops else ""

    @property
    def minutes(self) -> int:
        return round((self.trip.ended_at - self.trip.started_at).total_seconds() / 60)

    @property
    def counts(self) -> bool:
        return self.trip.duplicate_of_id is None and not self.told_again

    @property
    def way(self) -> str:
        """From where to where, in the driver's words; empty where no end has a name."""
        if not self.begins_in and not self.ends_in:
            return ""
        unnamed = _("unnamed area")
        return f"{self.begins_in or unnamed} → {self.ends_in or unnamed}"

    @property
    def kwh_per_100(self) -> float | None:
        energy = self.trip.energy_kwh
        return None if energy is None else sums.per_100(energy, self.trip.distance_km)

    @property
    def liters_per_100(self) -> float | None:
        fuel = self.trip.fuel_used_l
        return None if fuel is None else sums.per_100(fuel, self.trip.distance_km)

    @property
    def doubts(self) -> list[tuple[str, int]]:
        """Why readings of it are doubted, in words, and how many."""
        return [(words.doubt(name), count) for name, count in self.trip.doubts.items()]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the diary, in the vehicles' zones."""

    day: date
    entries: list[Entry]
    sums: Sums

    @property
    def in_a_line(self) -> str:
        """What it adds up to."""
        total = self.sums
        if not total.trips:
            return _("Nothing of this counts.")
        used = [(total.kwh, total.kwh_km, "kWh"), (total.liters, total.liters_km, "l")]
        parts = [
            ngettext("%(n)s trip", "%(n)s trips", total.trips) % {"n": total.trips},
            f"{number_format(total.km, 1, force_grouping=True)} km",
            ngettext("%(minutes)s minute", "%(minutes)s minutes", total.minutes) % {"minutes": total.minutes},
            ", ".join(f"{number(amount)} {unit}" for amount, known_km, unit in used if known_km),
            *total.money,
        ]
        return " · ".join(filter(None, parts))


def entries(*, owner: User, trips: Sequence[Trip]) -> list[Entry]:
    """Entries in the order of the trips, which are this owner's; four queries, whatever their number."""
    if not trips:
        return []
    names = names_of(owner=owner, trips=trips)
    book, joins = trip_costs.prices_for(trips=trips), joins_in(trips=trips)
    lesser = sums.told_again(spans_beside(trips=trips))
    return [
        Entry(
            trip=trip,
            start=local_time(trip.started_at, trip.vehicle),
            end=local_time(trip.ended_at, trip.vehicle),
            begins_in=names.get(trip.start_cell, ""),
            ends_in=names.get(trip.end_cell, ""),
            cost=book.cost(trip=trip),
            joined=any(trip.started_at <= at <= trip.ended_at for at in joins.get(trip.source_id, ())),
            told_again=trip.pk in lesser,
        )
        for trip in trips
    ]


def names_of(*, owner: User, trips: Iterable[Trip]) -> dict[int | None, str]:
    """What this person calls the areas in which trips begin and end."""
    cells = {cell for trip in trips for cell in (trip.start_cell, trip.end_cell) if cell is not None}
    return dict(NamedArea.objects.filter(owner=owner, cell__in=cells).values_list("cell", "name"))


def joins_in(*, trips: Sequence[Trip]) -> dict[int, list[datetime]]:
    """Where the driver joined drives, by source."""
    found: dict[int, list[datetime]] = {}
    first, last = min(trip.started_at for trip in trips), max(trip.ended_at for trip in trips)
    seams = TripSeam.objects.filter(
        source__in={trip.source_id for trip in trips}, kind=TripSeam.Kind.JOIN, starts_at__gte=first, ends_at__lte=last
    )
    for source, at in seams.values_list("source_id", "starts_at"):
        found.setdefault(source, []).append(at)
    return found


def spans_beside(*, trips: Sequence[Trip]) -> list[Span]:
    """Every first-hand trip of these vehicles around these trips, whether a filter shows it or not."""
    near = Trip.objects.filter(
        vehicle__in={trip.vehicle_id for trip in trips},
        started_at__lte=max(trip.ended_at for trip in trips),
        ended_at__gte=min(trip.started_at for trip in trips),
        duplicate_of=None,
        deleted_at=None,
    )
    return [Span(*row) for row in near.values_list(*Span._fields)]


def added(told: Iterable[Entry]) -> Sums:
    """The sums of entries; what was told twice counts once."""
    return sums.added((entry.trip, entry.cost) for entry in told if entry.counts)


def by_day(told: Iterable[Entry]) -> list[Day]:
    """Ordered entries, day by day."""
    parts = [(day, list(part)) for day, part in groupby(told, key=lambda entry: entry.start.date())]
    return [Day(day, part, added(part)) for day, part in parts]


def by_month(told: Iterable[Entry]) -> list[Day]:
    """Ordered entries, month by month, each named by its first day."""
    parts = [(day, list(part)) for day, part in groupby(told, key=lambda entry: entry.start.date().replace(day=1))]
    return [Day(day, part, added(part)) for day, part in parts]
