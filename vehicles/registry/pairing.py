"""Which device measures which vehicle when: a key answers a challenge, and from then on its readings are taken."""

import secrets
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from psycopg.types.range import TimestamptzRange

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import envelope, p256, signatures
from vehicles.models import Device, Pairing, Vehicle
from vehicles.registry.refusals import NotTheOwner, VehicleRetired

CHALLENGE_SECONDS = 600
CHALLENGE_SALT = "vehicles.registry.device"


class ChallengeNotAnswered(DomainError):
    """The signature does not answer a challenge of ours."""

    status = 400


class DeviceTaken(DomainError):
    """The device is registered by somebody else and measures a vehicle."""


class DevicePaired(DomainError):
    """The device measures a vehicle already; unpair it first."""


class DeviceNotPaired(DomainError):
    """The device does not measure this vehicle."""


def device_challenge(*, owner: User) -> str:
    """A text for a device to sign (EIP-191, or as `p256` says); proves within ten minutes that it holds its key."""
    facts = {"owner": str(owner.public_id), "nonce": secrets.token_hex(8)}
    return f"Register this device with Commons: {signing.dumps(facts, salt=CHALLENGE_SALT)}"


@transaction.atomic
def register_device(
    *,
    owner: User,
    kind: str,
    challenge: str,
    signature: str,
    now: datetime,
    producer: str = "",
    label: str = "",
    simulated: bool = False,
) -> Device:
    """Register the device whose key answered the challenge. Idempotent for its owner.

    A device that measures nothing passes to whoever proves to hold its key. `producer`: the did:key of a P-256 key,
    which unlike an address is not found in its signature.

    Raises:
        ChallengeNotAnswered, DeviceTaken
    """
    address = answered_by(owner=owner, challenge=challenge, signature=signature, producer=producer)
    device = Device.objects.select_for_update().filter(address=address).first()
    if device is None:
        return Device.objects.create(
            owner=owner, kind=kind, label=label, address=address, simulated=simulated, registered_at=now
        )
    if device.owner_id != owner.pk:
        if open_pairings(device=device).exists():
            raise DeviceTaken
        device.owner = owner
    device.label = label or device.label
    device.save(update_fields=["owner", "label"])
    return device


def answered_by(*, owner: User, challenge: str, signature: str, producer: str = "") -> str:
    """The EIP-55 address or did:key that signed a challenge we made for this owner."""
    try:
        facts = signing.loads(
            challenge.rsplit(" ", 1)[-1], salt=CHALLENGE_SALT, max_age=timedelta(seconds=CHALLENGE_SECONDS)
        )
        if producer:
            p256.check(did=producer, message=challenge.encode(), signature=signature)
        signer = producer or signatures.signer_of(challenge.encode(), signature)
    except (signing.BadSignature, signatures.BadSignature) as error:
        raise ChallengeNotAnswered(field="signature") from error
    if facts["owner"] != str(owner.public_id):
        raise ChallengeNotAnswered("The challenge was made for somebody else.", field="challenge")
    return signer


def open_pairings(*, device: Device):  # type: ignore[no-untyped-def]
    """What the device measures now: one pairing or none."""
    return device.pairings.filter(period__endswith__isnull=True)


@transaction.atomic
def pair_device(*, device: Device, vehicle: Vehicle, now: datetime, subject: str = "") -> Pairing:
    """From now on the device measures the vehicle. Idempotent.

    `subject` is what the device calls the vehicle in its envelopes besides `urn:uuid:<public id>`, a DID.

    Raises:
        NotTheOwner, VehicleRetired, DevicePaired
    """
    device = Device.objects.select_for_update().get(pk=device.pk)
    vehicle = Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    if device.owner_id != vehicle.owner_id:
        raise NotTheOwner("The device and the vehicle belong to different people.")
    if vehicle.retired_at is not None:
        raise VehicleRetired
    if current := open_pairings(device=device).first():
        if current.vehicle_id != vehicle.pk:
            raise DevicePaired
        return current  # type: ignore[no-any-return]
    return Pairing.objects.create(
        device=device,
        vehicle=vehicle,
        owner_epoch=vehicle.owner_epoch,
        subject=envelope.normal_subject(subject) if subject else "",
        period=TimestamptzRange(max(now, vehicle.owned_since or now), None),
    )


@transaction.atomic
def move_device(*, device: Device, vehicle: Vehicle, now: datetime) -> Pairing:
    """From now on the device measures this vehicle and no other: what it measured before stays where it was.

    Idempotent. Both ends are one moment, so that nothing is measured twice or carried across.

    Raises:
        NotTheOwner, VehicleRetired
    """
    device = Device.objects.select_for_update().get(pk=device.pk)
    current = open_pairings(device=device).select_for_update().first()
    if current is not None and current.vehicle_id != vehicle.pk:
        close(current, now)
    return pair_device(device=device, vehicle=vehicle, now=now)


@transaction.atomic
def unpair_device(*, device: Device, vehicle: Vehicle, now: datetime) -> None:
    """The device no longer measures the vehicle; what it measured until now stays.

    Raises:
        DeviceNotPaired
    """
    pairing = open_pairings(device=device).select_for_update().filter(vehicle=vehicle).first()
    if pairing is None:
        raise DeviceNotPaired
    close(pairing, now)


def close(pairing: Pairing, now: datetime) -> None:
    """A pairing that never began is as if it had not been."""
    if pairing.period.lower >= now:
        pairing.delete()
        return
    pairing.period = TimestamptzRange(pairing.period.lower, now)
    pairing.save(update_fields=["period"])


def unpair_all(*, vehicle: Vehicle, now: datetime) -> None:
    """End every pairing of a vehicle."""
    for pairing in vehicle.pairings.select_for_update().filter(period__endswith__isnull=True):
        close(pairing, now)
