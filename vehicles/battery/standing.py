"""How a vehicle's battery stands: its trends by what sessions told, and one figure for its health."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from vehicles import latest
from vehicles.battery import health
from vehicles.battery.health import Estimate, Trend
from vehicles.charging import selectors
from vehicles.models import BatteryHealth, Vehicle
from vehicles.signals import by_name

CAPACITY = by_name["powertrainTractionBatteryGrossCapacity"].id


class Aging(NamedTuple):
    """One way to see a battery age: its estimates, and the line through them where there are enough."""

    name: str
    unit: str
    estimates: list[Estimate]
    trend: Trend | None


def agings(*, vehicle: Vehicle, epochs: Sequence[int]) -> list[Aging]:
    """Reported health in percent, capacity by charges in kWh, and range at 100 % in km; of one person's times."""
    facts = selectors.health_facts(vehicle=vehicle, epochs=epochs)
    told = {
        "reported": [Estimate(at, soh) for at, soh, _, _, _ in facts if soh is not None],
        "capacity": [Estimate(at, kwh) for at, _, kwh, _, _ in facts if kwh is not None],
        "range": [Estimate(at, km) for at, _, _, km, _ in facts if km is not None],
    }
    known = (("reported", "%", 1.0), ("capacity", "kWh", 0.5), ("range", "km", 1.0))
    return [
        Aging(name, unit, told[name], health.trend(told[name], resolution=resolution))
        for name, unit, resolution in known
    ]


def health_pct(*, vehicle: Vehicle, seen: list[Aging]) -> float | None:
    """Percent of new: as reported, else capacity by charges over the capacity that the car reports; else unknown."""
    reported, capacity, _ = seen
    if reported.trend is not None:
        return round(min(reported.trend.now.value, 100.0), 1)
    told = latest.read(vehicle_id=vehicle.pk).last.get(CAPACITY)
    if capacity.trend is not None and told is not None and told.value > 0:
        return round(min(capacity.trend.now.value / told.value * 100, 100.0), 1)
    return None


@transaction.atomic
def refresh(*, vehicle: Vehicle, now: datetime) -> BatteryHealth:
    """Bring a vehicle's figure for comparisons up to its sessions. Idempotent."""
    kept, _ = BatteryHealth.objects.select_for_update().get_or_create(
        vehicle=vehicle, defaults={"owner_epoch": vehicle.owner_epoch}
    )
    if kept.owner_epoch != vehicle.owner_epoch:
        kept.owner_epoch, kept.shared_since, kept.parked_until = vehicle.owner_epoch, None, None
    seen = agings(vehicle=vehicle, epochs=[vehicle.owner_epoch])
    kept.health_pct, kept.as_of = health_pct(vehicle=vehicle, seen=seen), now
    kept.save()
    return kept
