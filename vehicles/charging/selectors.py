"""Reads of charging sessions under the owner of now; a new owner sees nothing of the last."""

from collections.abc import Sequence
from datetime import datetime

from vehicles.models import ChargingSession, Vehicle


def health_facts(*, vehicle: Vehicle) -> Sequence[tuple[datetime, float | None, float | None, float | None, str]]:
    """(end, reported health %, capacity kWh, km at 100 %, method) of each session, oldest first."""
    told = ChargingSession.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch, duplicate_of=None)
    return list(
        told.order_by("ended_at").values_list("ended_at", "soh_pct", "capacity_kwh", "full_range_km", "energy_method")
    )
