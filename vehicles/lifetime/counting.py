"""Trips and charges that count in a person's statistics: of their own time, each once, none deleted."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Min

from dimo.users.models import User
from vehicles import selectors
from vehicles.charging import costs
from vehicles.charging import selectors as charging
from vehicles.charging.costs import Charge
from vehicles.diary import entries, listing, sums
from vehicles.models import EnergyPrice, Trip, Vehicle


def trips_of(*, owner: User, vehicles: Sequence[Vehicle], year: int | None) -> list[Trip]:
    """Trips of these vehicles that began in a year of their own calendars, or ever, newest first; two queries."""
    first, until = (date(year, 1, 1), date(year + 1, 1, 1)) if year else (date(1970, 1, 1), date(9000, 1, 1))
    own = selectors.trips_of(owner=owner).select_related(None).filter(duplicate_of=None).defer("marks", "note")
    trips = listing.between(trips=own, vehicles=vehicles, first=first, until=until)
    lesser = sums.told_again(entries.spans_beside(trips=trips)) if trips else set()
    return [trip for trip in trips if trip.pk not in lesser]


def charges_of(*, owner: User, vehicles: Sequence[Vehicle], year: int | None) -> list[Charge]:
    """Charges of these vehicles with place and cost, each once; a fixed number of queries."""
    found = charging.sessions_of(owner=owner).filter(duplicate_of=None, vehicle__in=vehicles)
    prices: dict[int, list[EnergyPrice]] = {}
    for price in EnergyPrice.objects.filter(vehicle__in=vehicles):
        prices.setdefault(price.vehicle_id, []).append(price)
    places, names = charging.places_of(owner=owner), charging.area_names_of(owner=owner)
    told = [costs.charge(one, places, names, prices.get(one.vehicle_id, ())) for one in found]
    return [one for one in told if year is None or one.start.year == year]


def first_year(*, owner: User, vehicles: Sequence[Vehicle], now: datetime) -> int:
    """The year of the first trip, else that of now."""
    first = selectors.trips_of(owner=owner).filter(vehicle__in=vehicles).aggregate(at=Min("started_at"))["at"]
    return (first or now).year
