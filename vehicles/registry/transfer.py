"""A vehicle changes hands: the new owner sees nothing of the old one's time, and the old one keeps it."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import latest
from vehicles.models import Device, TransferOffer, Vehicle
from vehicles.registry.pairing import unpair_all
from vehicles.registry.refusals import VehicleRetired

AFTER = timedelta(microseconds=1)


class SameOwner(DomainError):
    """The vehicle belongs to this person already."""


class OwnerChange(NamedTuple):
    """What a step is told: the vehicle already belongs to `buyer`, in the epoch after `ended_epoch`."""

    vehicle: Vehicle
    seller: User
    buyer: User
    ended_epoch: int
    now: datetime


OwnerChangeStep = Callable[[OwnerChange], None]
_steps: dict[str, OwnerChangeStep] = {}


def on_owner_change(name: str, step: OwnerChangeStep) -> None:
    """Register what a room does when a vehicle changes hands; called in `AppConfig.ready`, from the ground up.

    Steps run in the transfer's transaction, the room registered last (the topmost) first.
    """
    _steps[name] = step


@transaction.atomic
def transfer_vehicle(*, vehicle: Vehicle, buyer: User, now: datetime) -> Vehicle:
    """Hand a vehicle over: a new owner epoch, with which pairings, consents and pseudonyms of the old one end.

    Rooms above take part by `on_owner_change`. The buyer sees nothing measured before now, the seller nothing after.
    A reading that a fast clock put ahead of `now` is the seller's still: the new epoch begins just behind it.

    Raises:
        SameOwner, VehicleRetired
    """
    vehicle = locked(vehicle=vehicle)
    seller, ended = vehicle.owner, vehicle.owner_epoch
    if seller == buyer:
        raise SameOwner
    if vehicle.retired_at is not None:
        raise VehicleRetired
    newest = latest.lock(vehicle_id=vehicle.pk).newest
    now = now if newest is None or newest < now else newest + AFTER
    unpair_all(vehicle=vehicle, now=now)
    TransferOffer.objects.filter(vehicle=vehicle, accepted_at=None, withdrawn_at=None).update(withdrawn_at=now)
    vehicle.owner, vehicle.owner_epoch, vehicle.owned_since = buyer, ended + 1, now
    vehicle.nickname = ""
    change = OwnerChange(vehicle, seller, buyer, ended, now)
    # The old salt is still stored while the steps run: recalls are addressed to pseudonyms derived from it.
    for step in reversed(_steps.values()):
        step(change)
    vehicle.salt = secrets.token_bytes(16)
    vehicle.save()
    trail.record(
        actor=seller, action="vehicle.transferred", object_kind="vehicle", object_id=str(vehicle.public_id), now=now
    )
    return vehicle


def locked(*, vehicle: Vehicle) -> Vehicle:
    """The vehicle's row under a lock, behind those of the devices that measure it.

    Ingest locks in this order too, and waits or is waited for: a message that is being taken in is stored before the
    pairing ends, or finds it ended.
    """
    measuring = Device.objects.filter(pairings__vehicle=vehicle, pairings__period__endswith__isnull=True)
    devices = Device.objects.select_for_update().filter(pk__in=list(measuring.values_list("pk", flat=True)))
    list(devices.order_by("pk"))
    return Vehicle.objects.select_for_update().get(pk=vehicle.pk)
