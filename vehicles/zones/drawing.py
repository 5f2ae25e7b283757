"""Draw, change and remove privacy zones. The place itself is used for a moment, and then only the shifted circle is.

A circle that grows keeps its center, which is then still close enough; one that shrinks is drawn anew, since nobody
knows any more where in it the place is.
"""

from datetime import datetime
from math import isfinite
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from dimo.audit import trail
from dimo.crypto import subkey
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles.models import PrivacyZone, Vehicle
from vehicles.zones import circles
from vehicles.zones.circles import Circle

MOST_ZONES = 20
SHIFT_KEY = "privacy-zone-shift"


class PlaceNotOnEarth(DomainError):
    """Latitude is between -90 and 90, longitude between -180 and 180."""

    status = 422


class RadiusUnknown(DomainError):
    """A zone's radius is 300, 500, 1000 or 2000 meters."""

    status = 422


class LabelInvalid(DomainError):
    """A zone has a name of 1 to 40 characters; only you see it."""

    status = 422


class TooManyZones(DomainError):
    """There are 20 zones already. Remove one that you no longer need."""


class PlaceNeeded(DomainError):
    """To make a zone smaller, say again where the place is: it is not kept, so only you know."""

    status = 422


class ZoneGone(DomainError):
    """This zone was removed meanwhile."""

    status = 404


class Place(NamedTuple):
    """What a zone is drawn around."""

    lat: float
    lon: float


def circle_around(*, owner: User, place: Place, radius_m: int) -> Circle:
    """The shifted circle that a zone there would have; the same whenever it is asked. Keeps nothing.

    Raises:
        PlaceNotOnEarth, RadiusUnknown
    """
    if radius_m not in PrivacyZone.Radius.values:
        raise RadiusUnknown(field="radius_m")
    if not (isfinite(place.lat) and isfinite(place.lon) and abs(place.lat) <= 90 and abs(place.lon) <= 180):
        raise PlaceNotOnEarth(field="lat")
    return circles.shifted(
        key=subkey(SHIFT_KEY), person=owner.public_id.bytes, lat=place.lat, lon=place.lon, radius_m=radius_m
    )


@transaction.atomic
def draw_zone(
    *, owner: User, label: str, place: Place, radius_m: int, vehicle: Vehicle | None = None, now: datetime
) -> PrivacyZone:
    """A new zone around a place, for one of the owner's vehicles or for all; in force for what is built from now on.

    Raises:
        PlaceNotOnEarth, RadiusUnknown, LabelInvalid, TooManyZones, Vehicle.DoesNotExist
    """
    circle = circle_around(owner=owner, place=place, radius_m=radius_m)
    User.objects.select_for_update().get(pk=owner.pk)
    if PrivacyZone.objects.filter(owner=owner).count() >= MOST_ZONES:
        raise TooManyZones
    zone = PrivacyZone.objects.create(
        owner=owner,
        label=named(label),
        vehicle=theirs(vehicle, owner),
        radius_m=radius_m,
        lat=circle.lat,
        lon=circle.lon,
        made_at=now,
        changed_at=now,
    )
    note("privacy_zone.drawn", zone, now)
    return zone


@transaction.atomic
def change_zone(
    *,
    owner: User,
    public_id: UUID,
    label: str,
    radius_m: int,
    vehicle: Vehicle | None,
    place: Place | None = None,
    now: datetime,
) -> PrivacyZone:
    """Rename, enlarge, or (with `place`) draw anew; what of it no longer hides may be in later builds. Idempotent.

    Raises:
        ZoneGone, PlaceNeeded, PlaceNotOnEarth, RadiusUnknown, LabelInvalid, Vehicle.DoesNotExist
    """
    zone = held(owner=owner, public_id=public_id)
    before = (zone.label, zone.radius_m, zone.vehicle_id, zone.lat, zone.lon)
    if place is not None:
        circle = circle_around(owner=owner, place=place, radius_m=radius_m)
        zone.lat, zone.lon = circle.lat, circle.lon
    elif radius_m not in PrivacyZone.Radius.values:
        raise RadiusUnknown(field="radius_m")
    elif radius_m < zone.radius_m:
        raise PlaceNeeded(field="lat")
    zone.label, zone.radius_m = named(label), radius_m
    if (vehicle and vehicle.pk) != zone.vehicle_id:
        zone.vehicle = theirs(vehicle, owner)
    if before != (zone.label, zone.radius_m, zone.vehicle_id, zone.lat, zone.lon):
        zone.changed_at = now
        zone.save()
        note("privacy_zone.changed", zone, now)
    return zone


@transaction.atomic
def remove_zone(*, owner: User, public_id: UUID, now: datetime) -> None:
    """Take a zone away: positions in it, of past days too, may be in what is built from now on.

    Raises:
        ZoneGone
    """
    zone = held(owner=owner, public_id=public_id)
    note("privacy_zone.removed", zone, now)
    zone.delete()


def held(*, owner: User, public_id: UUID) -> PrivacyZone:
    """One's own zone, locked; somebody else's is not there.

    Raises:
        ZoneGone
    """
    zone = PrivacyZone.objects.select_for_update().filter(owner=owner, public_id=public_id).first()
    if zone is None:
        raise ZoneGone
    return zone


def named(label: str) -> str:
    """A label without needless blanks.

    Raises:
        LabelInvalid
    """
    label = " ".join(label.replace("\x00", "").split())
    if not 0 < len(label) <= 40:
        raise LabelInvalid(field="label")
    return label


def theirs(vehicle: Vehicle | None, owner: User) -> Vehicle | None:
    """The vehicle, if it is the owner's now.

    Raises:
        Vehicle.DoesNotExist
    """
    return None if vehicle is None else Vehicle.objects.get(pk=vehicle.pk, owner=owner)


def note(action: str, zone: PrivacyZone, now: datetime) -> None:
    """Into the trail, without a coordinate and without what the owner calls the place."""
    trail.record(
        actor=zone.owner,
        action=action,
        object_kind="privacy_zone",
        object_id=str(zone.public_id),
        subject=zone.owner,
        detail={"radius_m": zone.radius_m, "vehicles": "one" if zone.vehicle_id else "all"},
        now=now,
    )
