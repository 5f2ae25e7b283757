"""A seller offers a vehicle by a link, and whoever brings it back in time takes the vehicle over."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar, NamedTuple

from django.db import transaction

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles.models import TransferOffer, Vehicle
from vehicles.registry.refusals import NotTheOwner, VehicleRetired
from vehicles.registry.transfer import SameOwner, locked, transfer_vehicle

LASTS = timedelta(days=3)


class OfferUnknown(DomainError):
    """There is no such offer."""

    status: ClassVar[int] = 404


class OfferOver(DomainError):
    """This offer was taken, withdrawn, or has expired. Ask the seller for a new link."""

    status: ClassVar[int] = 410


class Offered(NamedTuple):
    """An offer and the secret of its link, which is told this once."""

    offer: TransferOffer
    token: str


def hash_of(token: str) -> bytes:
    """What is kept of a link's secret."""
    return sha256(token.encode()).digest()


@transaction.atomic
def offer_transfer(*, vehicle: Vehicle, seller: User, now: datetime) -> Offered:
    """Make a link by which somebody may take the vehicle over within three days; an earlier link stops working.

    Nothing changes until the link is accepted.

    Raises:
        NotTheOwner, VehicleRetired
    """
    vehicle = locked(vehicle=vehicle)
    if vehicle.owner_id != seller.pk:
        raise NotTheOwner
    if vehicle.retired_at is not None:
        raise VehicleRetired
    open_offers(vehicle=vehicle).update(withdrawn_at=now)
    token = secrets.token_urlsafe(32)
    offer = TransferOffer.objects.create(
        vehicle=vehicle,
        seller=seller,
        owner_epoch=vehicle.owner_epoch,
        token_hash=hash_of(token),
        offered_at=now,
        expires_at=now + LASTS,
    )
    record(offer, actor=seller, action="vehicle.offered", now=now)
    return Offered(offer, token)


@transaction.atomic
def withdraw_offer(*, vehicle: Vehicle, seller: User, now: datetime) -> None:
    """Make the open link of a vehicle worthless. Idempotent.

    Raises:
        NotTheOwner
    """
    vehicle = locked(vehicle=vehicle)
    if vehicle.owner_id != seller.pk:
        raise NotTheOwner
    open_offers(vehicle=vehicle).update(withdrawn_at=now)


def offer_by(*, token: str, now: datetime) -> TransferOffer:
    """The open offer that a link leads to.

    Raises:
        OfferUnknown, OfferOver
    """
    offer = TransferOffer.objects.filter(token_hash=hash_of(token)).select_related("vehicle", "seller").first()
    if offer is None:
        raise OfferUnknown
    return still_open(offer, now)


def still_open(offer: TransferOffer, now: datetime) -> TransferOffer:
    if offer.accepted_at or offer.withdrawn_at or offer.expires_at <= now:
        raise OfferOver
    if (offer.seller_id, offer.owner_epoch) != (offer.vehicle.owner_id, offer.vehicle.owner_epoch):
        raise OfferOver
    return offer


@transaction.atomic
def accept_offer(*, token: str, buyer: User, now: datetime) -> Vehicle:
    """Take the vehicle over; of two who accept at once, one gets it.

    Raises:
        OfferUnknown, OfferOver, SameOwner, VehicleRetired
    """
    offer = offer_by(token=token, now=now)
    if offer.seller_id == buyer.pk:
        raise SameOwner("You cannot accept your own offer. Send the link to the buyer.")
    locked(vehicle=offer.vehicle)
    offer = TransferOffer.objects.select_for_update(of=("self",)).select_related("vehicle").get(pk=offer.pk)
    still_open(offer, now)
    offer.accepted_at, offer.buyer = now, buyer
    offer.save(update_fields=["accepted_at", "buyer"])
    vehicle = transfer_vehicle(vehicle=offer.vehicle, buyer=buyer, now=now)
    record(offer, actor=buyer, action="vehicle.accepted", now=now)
    return vehicle


def open_offers(*, vehicle: Vehicle):  # type: ignore[no-untyped-def]
    """The vehicle's offer that was neither accepted nor withdrawn, expired or not."""
    return TransferOffer.objects.filter(vehicle=vehicle, accepted_at=None, withdrawn_at=None)


def record(offer: TransferOffer, *, actor: User, action: str, now: datetime) -> None:
    """Write one act about a vehicle down."""
    trail.record(
        actor=actor,
        action=action,
        object_kind="vehicle",
        object_id=str(offer.vehicle.public_id),
        subject=offer.seller,
        now=now,
    )
