"""Phones for tests: a P-256 key that signs as a browser does, written with another library's primitives."""

from datetime import timedelta

import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils import timezone

from commons_device.envelopes import DeviceClient
from tests.vehicles.factories import make_vehicle
from vehicles import p256, registry
from vehicles.models import Device, Vehicle


def hexed(r: int, s: int) -> str:
    return f"0x{r:064x}{s:064x}"


class PhoneClient(DeviceClient):
    """The reference client with a phone's key."""

    def __init__(self, *, subject: str = "urn:uuid:00000000-0000-4000-8000-000000000001", number: int = 1) -> None:
        super().__init__(key=number.to_bytes(32, "big"), subject=subject)
        self.private = ec.derive_private_key(number, ec.SECP256R1())
        self.address = self.source = p256.did_of(self.private.public_key())

    def numbers_of(self, message: bytes) -> tuple[int, int]:
        r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
        return r, min(s, p256.ORDER - s)

    def answer(self, challenge: str) -> str:
        return hexed(*self.numbers_of(challenge.encode()))

    def event(self, signals, **members):
        return super().event(signals, **{"producer": self.address} | members)

    def sign(self, event):
        unsigned = {name: value for name, value in event.items() if name != "signature"}
        return unsigned | {"signature": hexed(*self.numbers_of(rfc8785.dumps(unsigned)))}


def make_phone(vehicle: Vehicle | None = None, *, number: int = 1, paired_for=timedelta(days=40)) -> PhoneClient:
    """A registered phone that has measured a vehicle for a while."""
    vehicle = vehicle or make_vehicle()
    client = PhoneClient(subject=f"urn:uuid:{vehicle.public_id}", number=number)
    challenge = registry.device_challenge(owner=vehicle.owner)
    client.device = registry.register_device(
        owner=vehicle.owner, kind=Device.Kind.PHONE, challenge=challenge, signature=client.answer(challenge),
        producer=client.address, now=timezone.now(),
    )  # fmt: skip
    registry.pair_device(device=client.device, vehicle=vehicle, now=timezone.now() - paired_for)
    client.vehicle = vehicle
    return client
