"""Vehicles come into somebody's garage, get a name, and are taken out of use."""

from datetime import datetime

from django.db import transaction

from dimo.audit import trail
from dimo.users.models import User
from vehicles.kinds import CAR
from vehicles.models import ImportBatch, Vehicle
from vehicles.registry.pairing import unpair_all


def register_vehicle(
    *,
    owner: User,
    now: datetime,
    nickname: str = "",
    make: str = "",
    model: str = "",
    year: int | None = None,
    powertrain: str = "",
    kind: str = CAR,
    timezone: str = "",
    simulated: bool = False,
    made_by: ImportBatch | None = None,
) -> Vehicle:
    """Add a vehicle to somebody's garage; `made_by` names the import that it was made for."""
    return Vehicle.objects.create(
        owner=owner,
        nickname=nickname,
        make=make,
        model=model,
        year=year,
        powertrain=powertrain,
        kind=kind,
        timezone=timezone or owner.timezone,
        simulated=simulated,
        made_by=made_by,
        registered_at=now,
    )


def rename_vehicle(*, vehicle: Vehicle, nickname: str) -> Vehicle:
    """Give the vehicle another name; empty: its make and model are shown."""
    vehicle.nickname = nickname.strip()
    vehicle.save(update_fields=["nickname"])
    return vehicle


@transaction.atomic
def retire_vehicle(*, vehicle: Vehicle, now: datetime) -> Vehicle:
    """Take a vehicle out of use: its devices are unpaired, its past stays. Idempotent."""
    vehicle = Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    if vehicle.retired_at is None:
        unpair_all(vehicle=vehicle, now=now)
        # Whoever drives the car next may enter its VIN; the sealed one stays with this past.
        vehicle.retired_at, vehicle.vin_tag = now, None
        vehicle.save(update_fields=["retired_at", "vin_tag"])
        trail.record(
            actor=vehicle.owner,
            action="vehicle.retired",
            object_kind="vehicle",
            object_id=str(vehicle.public_id),
            now=now,
        )
    return vehicle
