"""Rows that tests of this room, and of the rooms above, start from."""

from datetime import UTC, datetime, timedelta
from itertools import count

from dimo.users.models import User
from vehicles.models import Source, Vehicle
from vehicles.readings import Message
from vehicles.signals import LATITUDE, LONGITUDE, SPEED

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_numbers = count(1)


def make_user(**fields) -> User:
    return User.objects.create_user(fields.pop("email", f"person{next(_numbers)}@example.org"), **fields)


def make_vehicle(**fields) -> Vehicle:
    fields.setdefault("make", "Kumo")
    if "owner" not in fields:
        fields["owner"] = make_user()
    return Vehicle.objects.create(**fields)


def make_source(vehicle: Vehicle | None = None) -> Source:
    return Source.objects.create(vehicle=vehicle or make_vehicle(), kind=Source.Kind.SIMULATOR)


def drive(
    start: datetime, *, seconds: int = 600, step: int = 5, kmh: float = 36.0, lat=10.0, lon=20.0
) -> list[Message]:
    """A straight drive north at one speed."""
    degrees = kmh / 3600 / 111.195
    return [
        Message(start + timedelta(seconds=t), {LATITUDE: lat + degrees * t, LONGITUDE: lon, SPEED: kmh})
        for t in range(0, seconds + 1, step)
    ]
