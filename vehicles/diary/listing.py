"""Which trips a page of the diary shows; each person's own times with vehicles alone."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from dimo.users.models import User
from vehicles import ownership_selectors, selectors
from vehicles.models import Trip, Vehicle
from vehicles.places import local_time

RESTORABLE = timedelta(days=30)
ZONES_APART = timedelta(hours=14)  # no local midnight is further from that of UTC


def vehicles_known_to(*, owner: User) -> list[Vehicle]:
    """Vehicles that drive and are or were this person's, those of now first."""
    known = [vehicle for vehicle in ownership_selectors.known_to(owner=owner) if vehicle.moves]
    return sorted(known, key=lambda vehicle: (vehicle.owner_id != owner.pk, vehicle.pk))


def deleted_trips_of(*, owner: User, now: datetime, vehicle: Vehicle | None = None) -> QuerySet[Trip]:
    """Trips that their driver deleted and can still bring back, deleted last first."""
    deleted = Trip.objects.filter(deleted_at__gte=now - RESTORABLE)
    trips = ownership_selectors.in_own_time(deleted, owner=owner)
    if vehicle is not None:
        trips = trips.filter(vehicle=vehicle)
    known = ownership_selectors.as_known_to(owner=owner)
    return trips.select_related("source").prefetch_related(known).order_by("-deleted_at", "-id")


def any_trip_of(*, owner: User, now: datetime) -> QuerySet[Trip]:
    """Trips that this person may open: those that stand and those that can be brought back."""
    trips = Trip.objects.filter(deleted_at=None) | Trip.objects.filter(deleted_at__gte=now - RESTORABLE)
    known = ownership_selectors.as_known_to(owner=owner)
    own = ownership_selectors.in_own_time(trips, owner=owner)
    return own.select_related("source").prefetch_related(known).order_by("-started_at", "-id")


def local_month(trip: Trip) -> date:
    """The month in which a trip began where it is read, by its first day."""
    return local_time(trip.started_at, trip.vehicle).date().replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=32)).replace(day=1)


def between(*, trips: QuerySet[Trip], vehicles: Iterable[Vehicle], first: date, until: date) -> list[Trip]:
    """Trips of these vehicles that began on days `[first, until)` of the vehicles' zones; one query."""
    known = {vehicle.pk: vehicle for vehicle in vehicles}
    near = trips.prefetch_related(None).filter(
        started_at__gte=midnight(first) - ZONES_APART, started_at__lt=midnight(until) + ZONES_APART, vehicle__in=known
    )
    found = list(near)
    for trip in found:
        trip.vehicle = known[trip.vehicle_id]
    return [trip for trip in found if first <= local_time(trip.started_at, trip.vehicle).date() < until]


def shown(trips: QuerySet[Trip]) -> QuerySet[Trip]:
    """Trips without the hundreds of numbers that a diary does not show."""
    return trips.defer("marks", "cells")


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def months_of(*, trips: QuerySet[Trip], zone: ZoneInfo) -> list[date]:
    """Months in which trips began by a zone's calendar, newest first."""
    found = trips.order_by().datetimes("started_at", "month", order="DESC", tzinfo=zone)
    return [month.date() for month in found]


def trips_of(*, owner: User, vehicle: Vehicle | None, tag: str, show: str, now: datetime) -> QuerySet[Trip]:
    """What the diary lists: `tag` "", "none", "business" or "private"; `show` "", "private", "open" or "deleted"."""
    if show == "deleted":
        found = deleted_trips_of(owner=owner, now=now, vehicle=vehicle)
    else:
        found = selectors.trips_of(owner=owner, vehicle=vehicle)
    if show in {"private", "open"}:
        found = found.filter(private=show == "private")
    if tag:
        found = found.filter(tag="" if tag == "none" else tag)
    return found
