"""Which car a vehicle is: its VIN, kept encrypted, and known by a keyed hash so that one car is here once."""

from datetime import datetime, timedelta
from functools import cache
from typing import ClassVar

from django.db import IntegrityError, transaction

from dimo import crypto
from dimo.audit import trail
from dimo.audit.models import AuditEvent
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import vin as numbers
from vehicles.models import Vehicle, VinClaim
from vehicles.registry.refusals import NotTheOwner, VehicleRetired

LABEL = "vehicle-vin"
TRIES, TRIES_IN = 5, timedelta(days=1)
ENTERED, CLAIMED, REVEALED = "vehicle.vin_entered", "vehicle.vin_claimed", "vehicle.vin_revealed"


class VinOfYours(DomainError):
    """Another vehicle of yours has this VIN already."""


class TooManyVins(DomainError):
    """You may enter five VINs a day. Please go on tomorrow."""

    status: ClassVar[int] = 429


class NoVin(DomainError):
    """This vehicle's VIN was not entered."""

    status: ClassVar[int] = 404


@cache
def tag_key() -> bytes:
    return crypto.subkey("vin-tag")


def tag_of(number: str) -> bytes:
    """What a normal VIN is known by; says nothing without the key."""
    return crypto.vin_tag(number, key=tag_key())


def enter_vin(*, vehicle: Vehicle, owner: User, vin: str, now: datetime) -> VinClaim | None:
    """Keep a vehicle's VIN, and make and year where it tells them and nobody did.

    Where a vehicle of somebody else has this VIN nothing of that vehicle changes: a claim is opened, and returned, for
    an operator to decide; a transfer by the other owner settles it too. At most five entries a person and day.

    Raises:
        VinMalformed, NotTheOwner, VehicleRetired, VinOfYours, TooManyVins
    """
    number = numbers.normal(vin)
    tag = tag_of(number)
    try:
        with transaction.atomic():
            vehicle = Vehicle.objects.select_for_update().get(pk=vehicle.pk)
            check(vehicle=vehicle, owner=owner, tag=tag, now=now)
            keep(vehicle, number, tag, now)
            record(vehicle, actor=owner, action=ENTERED, now=now)
            return None
    except IntegrityError as error:
        if "vin_tag" not in str(error):
            raise
    return open_claim(vehicle=vehicle, claimant=owner, number=number, now=now)


def check(*, vehicle: Vehicle, owner: User, tag: bytes, now: datetime) -> None:
    """Whether this person may enter a VIN for this vehicle now."""
    if vehicle.owner_id != owner.pk:
        raise NotTheOwner
    if vehicle.retired_at is not None:
        raise VehicleRetired
    since = now - TRIES_IN
    entries = AuditEvent.objects.filter(subject=owner, action__in=(ENTERED, CLAIMED), at__gt=since)
    if entries.count() >= TRIES:
        raise TooManyVins
    if Vehicle.objects.filter(owner=owner, vin_tag=tag).exclude(pk=vehicle.pk).exists():
        raise VinOfYours(field="vin")


def keep(vehicle: Vehicle, number: str, tag: bytes, now: datetime) -> None:
    told = numbers.decode(number, this_year=now.year)
    vehicle.vin_tag, vehicle.vin_sealed = tag, sealed(vehicle, number)
    vehicle.make = vehicle.make or told.make
    vehicle.year = vehicle.year or told.year
    vehicle.save(update_fields=["vin_tag", "vin_sealed", "make", "year"])
    VinClaim.objects.filter(vehicle=vehicle, state=VinClaim.State.OPEN).update(
        state=VinClaim.State.DROPPED, settled_at=now
    )


def sealed(vehicle: Vehicle, number: str) -> bytes:
    """A VIN encrypted for one vehicle's row alone."""
    return crypto.seal(number.encode(), label=LABEL, place=vehicle.public_id.bytes)


@transaction.atomic
def open_claim(*, vehicle: Vehicle, claimant: User, number: str, now: datetime) -> VinClaim:
    """Ask an operator whose VIN this is; the vehicle's earlier open claim is dropped."""
    Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    open_claims = VinClaim.objects.filter(vehicle=vehicle, state=VinClaim.State.OPEN)
    open_claims.update(state=VinClaim.State.DROPPED, settled_at=now)
    claim = VinClaim.objects.create(
        vehicle=vehicle,
        claimant=claimant,
        vin_tag=tag_of(number),
        vin_sealed=sealed(vehicle, number),
        opened_at=now,
    )
    record(vehicle, actor=claimant, action=CLAIMED, now=now)
    return claim


@transaction.atomic
def settle_claim(*, claim: VinClaim, granted: bool, operator: User, now: datetime) -> VinClaim:
    """An operator's word: granted, the VIN passes to the claimant's vehicle and the other one has none. Idempotent."""
    claim = VinClaim.objects.select_for_update(of=("self",)).select_related("vehicle").get(pk=claim.pk)
    if claim.state != VinClaim.State.OPEN:
        return claim
    claim.state = VinClaim.State.GRANTED if granted else VinClaim.State.REFUSED
    claim.settled_at = now
    claim.save(update_fields=["state", "settled_at"])
    if granted:
        other = Vehicle.objects.filter(vin_tag=bytes(claim.vin_tag)).exclude(pk=claim.vehicle_id)
        other.update(vin_tag=None, vin_sealed=None)
        Vehicle.objects.filter(pk=claim.vehicle_id).update(vin_tag=claim.vin_tag, vin_sealed=claim.vin_sealed)
    action = "vehicle.vin_granted" if granted else "vehicle.vin_refused"
    record(claim.vehicle, actor=operator, action=action, now=now)
    return claim


def masked_vin(*, vehicle: Vehicle) -> str:
    """The last four signs, or nothing where no VIN was entered."""
    return numbers.masked(opened(vehicle)) if vehicle.vin_sealed else ""


def reveal_vin(*, vehicle: Vehicle, reader: User, now: datetime) -> str:
    """The whole VIN for its owner; each look is in the trail.

    Raises:
        NotTheOwner, NoVin
    """
    if vehicle.owner_id != reader.pk:
        raise NotTheOwner
    if not vehicle.vin_sealed:
        raise NoVin
    record(vehicle, actor=reader, action=REVEALED, now=now)
    return opened(vehicle)


def opened(vehicle: Vehicle) -> str:
    return crypto.unseal(bytes(vehicle.vin_sealed or b""), label=LABEL, place=vehicle.public_id.bytes).decode()


def record(vehicle: Vehicle, *, actor: User, action: str, now: datetime) -> None:
    """Write one act about a vehicle down."""
    trail.record(
        actor=actor,
        action=action,
        object_kind="vehicle",
        object_id=str(vehicle.public_id),
        subject=vehicle.owner,
        now=now,
    )
