"""Reads of charging sessions; each that a page can reach takes the owner, and a new owner sees nothing of the last."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, QuerySet

from dimo.users.models import User
from vehicles.models import ChargingPlace, ChargingSession, EnergyPrice, Vehicle

CHARGEABLE = (Vehicle.Powertrain.ELECTRIC, Vehicle.Powertrain.PLUG_IN)


def sessions_of(*, owner: User, vehicle: Vehicle | None = None) -> QuerySet[ChargingSession]:
    """A person's own sessions, newest first; none of an earlier owner's. Without curves."""
    found = ChargingSession.objects.filter(vehicle__owner=owner, owner_epoch=F("vehicle__owner_epoch"))
    if vehicle is not None:
        found = found.filter(vehicle=vehicle)
    return found.select_related("vehicle", "source").defer("curve", "marks").order_by("-started_at", "-id")


def session_of(*, owner: User, public_id: UUID) -> ChargingSession:
    """Raises: ChargingSession.DoesNotExist, for what belongs to somebody else too."""
    return sessions_of(owner=owner).defer(None).get(public_id=public_id)


def last_charge(*, vehicle: Vehicle) -> ChargingSession | None:
    """The newest charge of a vehicle under its owner of now."""
    told = ChargingSession.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch, duplicate_of=None)
    return told.defer("curve", "marks").order_by("-ended_at").first()


def places_of(*, owner: User) -> dict[str, str]:
    """What a person calls the cells they charge in: `home` or `away` by cell."""
    return dict(ChargingPlace.objects.filter(owner=owner).values_list("cell", "kind"))


def prices_of(*, vehicle: Vehicle) -> list[EnergyPrice]:
    """The owner's prices of energy, newest first."""
    told = EnergyPrice.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch)
    return sorted(told, key=lambda price: price.period.lower or date.min, reverse=True)


def may_charge(*, vehicle: Vehicle) -> bool:
    """Whether a vehicle has a plug, as far as its owner or its sessions tell."""
    if vehicle.powertrain:
        return vehicle.powertrain in CHARGEABLE
    return ChargingSession.objects.filter(vehicle=vehicle).exists()


def health_facts(*, vehicle: Vehicle) -> Sequence[tuple[datetime, float | None, float | None, float | None, str]]:
    """(end, reported health %, capacity kWh, km at 100 %, method) of each session, oldest first."""
    told = ChargingSession.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch, duplicate_of=None)
    return list(
        told.order_by("ended_at").values_list("ended_at", "soh_pct", "capacity_kwh", "full_range_km", "energy_method")
    )
