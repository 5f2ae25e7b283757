"""Reads of rows in this room; each that a page can reach takes the owner, and a new owner sees nothing of the last."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, F, Max, Q, QuerySet, Sum

from dimo.users.models import User
from vehicles import ownership_selectors
from vehicles.models import Device, Pairing, RejectionCount, Source, Trip, Vehicle


class Window(NamedTuple):
    """A stretch of time of one vehicle, both ends included."""

    vehicle_id: int
    since: datetime
    until: datetime


def has_vehicle(user: User) -> bool:
    """Whether a person drives anything here."""
    return ownership_selectors.in_garage(owner=user).exists()


def vehicles_of(*, owner: User) -> QuerySet[Vehicle]:
    """A person's vehicles, those in use first."""
    return ownership_selectors.in_garage(owner=owner).order_by(F("retired_at").asc(nulls_first=True), "id")


def vehicle_of(*, owner: User, public_id: UUID) -> Vehicle:
    """Raises: Vehicle.DoesNotExist, for what belongs to somebody else too."""
    return ownership_selectors.in_garage(owner=owner).get(public_id=public_id)


def last_seen(*, vehicles: Sequence[Vehicle]) -> dict[int, datetime]:
    """When anything paired with each vehicle was last heard."""
    heard = Pairing.objects.filter(vehicle__in=vehicles, period__endswith__isnull=True)
    return {
        vehicle: seen
        for vehicle, seen in heard.values_list("vehicle").annotate(seen=Max("device__last_seen_at"))
        if seen
    }


def sources_of(*, vehicle: Vehicle) -> QuerySet[Source]:
    """What measured a vehicle while its owner owned it, newest first."""
    sources = Source.objects.filter(vehicle=vehicle).select_related("device", "batch").order_by("-id")
    if vehicle.owned_since is not None:
        sources = sources.filter(
            Q(device__owner=vehicle.owner_id) | Q(batch__owner=vehicle.owner_id) | Q(kind="simulator")
        )
    return sources


def refusals_of(*, vehicle: Vehicle, since: date) -> list[dict[str, object]]:
    """Refused readings since a day as {signal, code, total, day}, most frequent first."""
    counts = RejectionCount.objects.filter(source__in=sources_of(vehicle=vehicle), day__gte=since)
    if vehicle.owned_since is not None:
        counts = counts.filter(day__gte=vehicle.owned_since.date())
    return list(
        counts.values("signal", "code")
        .annotate(total=Sum("count"), day=Max("day"))
        .order_by("-total", "signal", "code")
    )


def devices_of(*, owner: User) -> QuerySet[Device]:
    """A person's devices, newest first."""
    return Device.objects.filter(owner=owner).order_by("-id")


def device_of(*, owner: User, public_id: UUID) -> Device:
    """Raises: Device.DoesNotExist."""
    return Device.objects.get(owner=owner, public_id=public_id)


def pairings_of(*, vehicle: Vehicle) -> QuerySet[Pairing]:
    """Devices of this owner epoch, those that measure now first."""
    pairings = Pairing.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch).select_related("device")
    return pairings.order_by(F("period__endswith").desc(nulls_first=True), "-period__startswith")


def other_vin_told(*, vehicle: Vehicle) -> bool:
    """Whether a device that measures the vehicle now told another VIN than its owner entered."""
    if vehicle.vin_tag is None:
        return False
    told = Pairing.objects.filter(vehicle=vehicle, period__endswith__isnull=True, vin_told__isnull=False)
    return told.exclude(vin_told=vehicle.vin_tag).exists()


def trips_of(*, owner: User, vehicle: Vehicle | None = None) -> QuerySet[Trip]:
    """Trips of the times in which a person owned the vehicle, newest first; none of anybody else's time with it."""
    trips = ownership_selectors.in_own_time(Trip.objects.filter(deleted_at=None), owner=owner)
    if vehicle is not None:
        trips = trips.filter(vehicle=vehicle)
    known = ownership_selectors.as_known_to(owner=owner)
    return trips.select_related("source").prefetch_related(known).order_by("-started_at", "-id")


def trip_of(*, owner: User, public_id: UUID) -> Trip:
    """Raises: Trip.DoesNotExist, for what belongs to somebody else too."""
    return trips_of(owner=owner).get(public_id=public_id)


def trip_sums(*, trips: QuerySet[Trip]) -> dict[str, float]:
    """How many trips, and how far, in all and by tag; a drive recorded twice counts once."""
    counted = trips.order_by().filter(duplicate_of=None)
    sums = counted.aggregate(
        trips=Count("pk"),
        km=Sum("distance_km"),
        business_km=Sum("distance_km", filter=Q(tag="business")),
        private_km=Sum("distance_km", filter=Q(tag="private")),
    )
    return {name: value or 0 for name, value in sums.items()}


def private_windows(*, vehicle_ids: Sequence[int]) -> list[Window]:
    """Private trips: nothing measured in these windows is in anybody's dataset, whenever it was marked."""
    return windows(Trip.objects.filter(Q(private=True) | Q(deleted_at__isnull=False), vehicle__in=vehicle_ids))


def duplicate_windows(*, vehicle_ids: Sequence[int]) -> list[Window]:
    """Drives that were recorded before, under whichever vehicle: shown, and never paid."""
    return windows(Trip.objects.filter(vehicle__in=vehicle_ids, duplicate_of__isnull=False))


def windows(trips: QuerySet[Trip]) -> list[Window]:
    """Trips as windows, in order."""
    rows = trips.order_by("vehicle", "started_at").values_list("vehicle_id", "started_at", "ended_at")
    return [Window(*row) for row in rows]
