"""Reads of charging sessions: each person's of their own time with a vehicle; a new owner sees nothing of the last."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from dimo.users.models import User
from vehicles.models import ChargingPlace, ChargingSession, NamedArea, Vehicle, VehicleOwnership
from vehicles.ownership_selectors import STANDING, as_known_to
from vehicles.signals import cell_of

Fact = tuple[datetime, float | None, float | None, float | None, str]


def sessions_of(*, owner: User, vehicle: Vehicle | None = None) -> QuerySet[ChargingSession]:
    """Charges of the times in which a person owned the vehicle, newest first, without their long columns."""
    own = VehicleOwnership.objects.filter(
        STANDING, vehicle=OuterRef("vehicle"), epoch=OuterRef("owner_epoch"), owner=owner
    )
    found = ChargingSession.objects.filter(Exists(own))
    if vehicle is not None:
        found = found.filter(vehicle=vehicle)
    found = found.select_related("source").prefetch_related(as_known_to(owner=owner))
    return found.defer("curve", "marks").order_by("-started_at", "-id")


def counted(*, vehicle: Vehicle) -> QuerySet[ChargingSession]:
    """Charges under the owner of now, each once."""
    return ChargingSession.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch, duplicate_of=None)


def has_charged(*, vehicle: Vehicle) -> bool:
    """Whether the owner of now charged it ever."""
    return counted(vehicle=vehicle).exists()


def epochs_of(*, owner: User, vehicle: Vehicle) -> list[int]:
    """The owner epochs that were a person's, the last first."""
    own = VehicleOwnership.objects.filter(STANDING, vehicle=vehicle, owner=owner).order_by("-epoch")
    return list(own.values_list("epoch", flat=True))


def health_facts(*, vehicle: Vehicle, epochs: Sequence[int]) -> Sequence[Fact]:
    """(end, reported health %, capacity kWh, km at 100 %, method) of each session of these epochs, oldest first."""
    told = ChargingSession.objects.filter(vehicle=vehicle, owner_epoch__in=epochs, duplicate_of=None)
    return list(
        told.order_by("ended_at").values_list("ended_at", "soh_pct", "capacity_kwh", "full_range_km", "energy_method")
    )


def places_of(*, owner: User) -> dict[str, str]:
    """What a person said of areas, `home` or `away` by cell."""
    return dict(ChargingPlace.objects.filter(owner=owner).values_list("cell", "kind"))


def area_names_of(*, owner: User) -> dict[str, str]:
    """What a person calls areas, by cell in hexadecimal."""
    named = NamedArea.objects.filter(owner=owner).values_list("cell", "name")
    return {cell_of(float(cell)): name for cell, name in named}


def session_of(*, owner: User, public_id: UUID) -> ChargingSession:
    """Raises: ChargingSession.DoesNotExist, for what belongs to somebody else too."""
    return sessions_of(owner=owner).get(public_id=public_id)
