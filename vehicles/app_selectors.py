"""Reads of what owners let apps read, and of what no app is ever given."""

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, Max, OuterRef, Prefetch, Q, QuerySet

from dimo.oauth.models import App, AppSession
from dimo.users.models import User
from vehicles.models import AppGrant, AppGrantVehicle, ErasedTime, HiddenStretch, Trip, Vehicle

Stretch = tuple[datetime, datetime]


def in_force(*, now: datetime) -> QuerySet[AppGrantVehicle]:
    """Vehicles of standing grants that still are in the time of the owner who gave them, less what is to be erased."""
    leaving = ErasedTime.objects.filter(vehicle_id=OuterRef("vehicle"), epoch=OuterRef("owner_epoch"))
    return AppGrantVehicle.objects.filter(
        ~Exists(leaving),
        grant__revoked_at=None,
        grant__expires_at__gt=now,
        vehicle__owner=F("grant__owner"),
        vehicle__owner_epoch=F("owner_epoch"),
    )


def reached(*, app: App, owner: User, public_id: UUID | None, now: datetime) -> list[AppGrantVehicle]:
    """The vehicles that an app may read of for an owner now, each with its grant: one query."""
    found = in_force(now=now).filter(grant__app=app, grant__owner=owner)
    if public_id is not None:
        found = found.filter(vehicle__public_id=public_id)
    return list(found.select_related("grant", "vehicle").order_by("vehicle"))


def grants_of(*, owner: User, now: datetime) -> QuerySet[AppGrant]:
    """What a person lets apps read now, the newest word first, with vehicles and app."""
    vehicles = Prefetch("vehicles", in_force(now=now).select_related("vehicle").order_by("vehicle"), "current")
    standing = AppGrant.objects.filter(owner=owner, revoked_at=None, expires_at__gt=now)
    return standing.select_related("app").prefetch_related(vehicles).order_by("-granted_at")


def ended_grants_of(*, owner: User, now: datetime) -> QuerySet[AppGrant]:
    """Words that count no more: taken back, replaced or run out, the last first."""
    over = Q(revoked_at__isnull=False) | Q(expires_at__lte=now)
    return AppGrant.objects.filter(over, owner=owner).select_related("app").order_by("-granted_at")


def hidden_stretches(*, vehicle: Vehicle, since: datetime, until: datetime) -> list[Stretch]:
    """Times, both ends included, of which no app is told anything: private and deleted trips, by whichever source."""
    trips = Trip.objects.filter(Q(private=True) | Q(deleted_at__isnull=False), vehicle=vehicle)
    trips = trips.filter(started_at__lt=until, ended_at__gte=since)
    stretches = HiddenStretch.objects.filter(vehicle=vehicle, starts_at__lt=until, ends_at__gte=since)
    return sorted({*trips.values_list("started_at", "ended_at"), *stretches.values_list("starts_at", "ends_at")})


def trips_for_apps(*, vehicle: Vehicle, since: datetime | None) -> QuerySet[Trip]:
    """Trips of this owner's time that an app may hear of: none that is private, deleted or told twice.

    Nor one that another source told of a time which is withheld.
    """
    trips = Trip.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch)
    trips = trips.filter(private=False, deleted_at=None, duplicate_of=None)
    hidden = HiddenStretch.objects.filter(
        vehicle=OuterRef("vehicle"), starts_at__lte=OuterRef("ended_at"), ends_at__gte=OuterRef("started_at")
    )
    withheld = Trip.objects.filter(
        Q(private=True) | Q(deleted_at__isnull=False),
        vehicle=OuterRef("vehicle"),
        started_at__lte=OuterRef("ended_at"),
        ended_at__gte=OuterRef("started_at"),
    )
    trips = trips.filter(~Exists(hidden), ~Exists(withheld))
    return trips if since is None else trips.filter(started_at__gte=since)


def last_used(*, owner: User) -> dict[UUID, datetime]:
    """When each app last read for a person, to five minutes."""
    sessions = AppSession.objects.filter(user=owner, last_used_at__isnull=False).values("app")
    return {row["app"]: row["last"] for row in sessions.annotate(last=Max("last_used_at"))}
