"""How a vehicle's battery stands: its trends, its drain while parked, and like cars, where owners agreed."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F

from vehicles import latest, signals
from vehicles.battery import drain, health, peers
from vehicles.battery.drain import Busy, Drain, Loss
from vehicles.battery.health import Estimate, Trend
from vehicles.charging import selectors
from vehicles.models import BatteryHealth, ChargingSession, Trip, Vehicle
from vehicles.signals import by_name

CAPACITY = by_name["powertrainTractionBatteryGrossCapacity"].id
DRAIN_DAYS = timedelta(days=90)
FEW = 3
# What a receiver tells just before the end of a trip is in the minute that the gap begins in.
LEVELS = """
SELECT g.first, g.last, a.first_at, a.first, b.last_at, b.last
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS g(first, last)
CROSS JOIN LATERAL (SELECT first_at, first FROM rollup_1m WHERE vehicle_id = %(vehicle)s AND signal_id = 43
    AND bucket >= g.first - interval '1 minute' AND bucket <= g.last ORDER BY bucket LIMIT 1) a
CROSS JOIN LATERAL (SELECT last_at, last FROM rollup_1m WHERE vehicle_id = %(vehicle)s AND signal_id = 43
    AND bucket >= g.first AND bucket <= g.last ORDER BY bucket DESC LIMIT 1) b
ORDER BY 1
"""


class Aging(NamedTuple):
    """One way to see a battery age: its estimates, and the line through them where there are enough."""

    name: str
    unit: str
    estimates: list[Estimate]
    trend: Trend | None


class Since(NamedTuple):
    """What happened since the last charge; what is unknown is None. Consumption in kWh per 100 km."""

    ended_at: datetime
    km: float | None
    used_pct: float | None
    kwh: float | None
    per_100_km: float | None


def agings(*, vehicle: Vehicle) -> list[Aging]:
    """Reported health in percent, capacity by charges in kWh, and range at 100 % in km."""
    facts = selectors.health_facts(vehicle=vehicle)
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
        kept.owner_epoch, kept.shared_since = vehicle.owner_epoch, None
    kept.health_pct, kept.as_of = health_pct(vehicle=vehicle, seen=agings(vehicle=vehicle)), now
    kept.save()
    return kept


@transaction.atomic
def share(*, vehicle: Vehicle, shared: bool, now: datetime) -> BatteryHealth:
    """Let this vehicle's battery count in the median of like cars, or no longer. Idempotent; off until asked."""
    kept = refresh(vehicle=vehicle, now=now)
    kept.shared_since = (kept.shared_since or now) if shared else None
    kept.save(update_fields=["shared_since"])
    return kept


def compared(*, vehicle: Vehicle, now: datetime) -> peers.Compared | None:
    """The median of like cars (make, model, age band) whose owners agreed; None below ten owners."""
    if not vehicle.make or not vehicle.model or vehicle.year is None:
        return None
    first, last = peers.years_of(peers.band_of(vehicle.year, this_year=now.year), this_year=now.year)
    like = BatteryHealth.objects.filter(
        shared_since__isnull=False,
        health_pct__isnull=False,
        owner_epoch=F("vehicle__owner_epoch"),
        vehicle__make__iexact=vehicle.make,
        vehicle__model__iexact=vehicle.model,
        vehicle__year__range=(first, last),
        vehicle__retired_at=None,
        vehicle__simulated=vehicle.simulated,
    )
    rows = like.values_list("shared_since", "vehicle__owner_id", "health_pct")
    return peers.compare(
        peers.Peer(agreed, owner, pct) for agreed, owner, pct in rows if agreed is not None and pct is not None
    )


def parked_drain(*, vehicle: Vehicle, now: datetime) -> Drain | None:
    """What the battery lost while parked in the last 90 days, by gaps of at least six hours."""
    since = now - DRAIN_DAYS
    if vehicle.owned_since is not None:
        since = max(since, vehicle.owned_since)
    spans = [
        Busy(*row)
        for model in (Trip, ChargingSession)
        for row in model._default_manager.filter(
            vehicle=vehicle, owner_epoch=vehicle.owner_epoch, ended_at__gte=since
        ).values_list("started_at", "ended_at")
    ]
    found = drain.gaps(spans, since=since, until=now)
    facts: dict[str, Any] = {
        "vehicle": vehicle.pk,
        "starts": [gap.since for gap in found],
        "ends": [gap.until for gap in found],
    }
    if not found:
        return None
    with connection.cursor() as cursor:
        cursor.execute(LEVELS, facts)
        losses = [Loss(at, then, before, after) for _, _, at, before, then, after in cursor.fetchall()]
    return drain.drain(losses)


def since_charge(*, vehicle: Vehicle, seen: list[Aging]) -> Since | None:
    """Kilometers, energy and consumption since the last charge, by odometer and level. None before any charge."""
    charge = selectors.last_charge(vehicle=vehicle)
    if charge is None:
        return None
    last = latest.read(vehicle_id=vehicle.pk).last
    odometer, level = last.get(signals.ODOMETER), last.get(signals.BATTERY_LEVEL)
    km = used = kwh = None
    if odometer and charge.odometer_km is not None and odometer.ts >= charge.ended_at:
        km = max(odometer.value - charge.odometer_km, 0.0)
    if level and charge.soc_to is not None and level.ts >= charge.ended_at:
        used = charge.soc_to - level.value
    capacity = capacity_kwh(vehicle=vehicle, seen=seen)
    if used is not None and capacity is not None:
        kwh = used / 100 * capacity
    per_100 = kwh / km * 100 if kwh is not None and km is not None and km >= 1 and kwh > 0 else None
    return Since(charge.ended_at, km, used, kwh, per_100)


def capacity_kwh(*, vehicle: Vehicle, seen: list[Aging]) -> float | None:
    """The full battery's energy: the median of the newest five charges, from three on, else what the car reports."""
    told = sorted(estimate.value for estimate in seen[1].estimates[-5:])
    if len(told) >= FEW:
        return told[len(told) // 2]
    reported = latest.read(vehicle_id=vehicle.pk).last.get(CAPACITY)
    return reported.value if reported else None
