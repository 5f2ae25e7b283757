"""What a vehicle did since it was charged last: how far, on how much, and what it lost while parked."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Q, Sum

from vehicles import latest
from vehicles.battery.drain import RISE_PCT
from vehicles.charging import selectors
from vehicles.models import ChargingSession, Trip, Vehicle
from vehicles.signals import BATTERY_LEVEL, ODOMETER

LEAST_KM = 5.0  # a shorter way says nothing of a consumption


class Since(NamedTuple):
    """Percent points, km and kWh since a charge ended; None where it was not told.

    `by_odometer`: else the trips' distances; `trips_told` of `trips` tell their energy, over `told_km` in all.
    `risen`: the level rose without a charge that was told, so that neither loss nor use can be known.
    """

    charge: ChargingSession
    charging: bool
    km: float
    by_odometer: bool
    level: float | None
    level_at: datetime | None
    dropped_pct: float | None
    parked_pct: float | None
    risen: bool
    trips: int
    trips_told: int
    told_km: float
    kwh: float | None

    @property
    def per_100_km(self) -> float | None:
        return None if self.kwh is None or self.told_km < LEAST_KM else self.kwh / self.told_km * 100


def since_charge(*, vehicle: Vehicle) -> Since | None:
    """Since the last charge that ended, under the owner of now; None where there was none."""
    found = selectors.counted(vehicle=vehicle).defer("curve", "marks").order_by("-ended_at")[:2]
    rows = list(found)
    charging = bool(rows) and rows[0].still_open
    charge = next((each for each in rows if not each.still_open), None)
    if charge is None:
        return None
    last = latest.read(vehicle_id=vehicle.pk).last
    level, odometer = (
        reading if reading and reading.ts >= charge.ended_at else None
        for reading in (last.get(BATTERY_LEVEL), last.get(ODOMETER))
    )
    driven = driven_since(vehicle, charge.ended_at)
    by_odometer = odometer is not None and charge.odometer_km is not None
    dropped = charge.soc_to - level.value if level and charge.soc_to is not None else None
    risen = charging or (dropped is not None and dropped < -RISE_PCT)
    return Since(
        charge=charge,
        charging=charging,
        km=max(odometer.value - charge.odometer_km, 0.0) if by_odometer else driven["km"] or 0.0,  # type: ignore[union-attr, operator]
        by_odometer=by_odometer,
        level=level.value if level else None,
        level_at=level.ts if level else None,
        dropped_pct=None if risen else dropped,
        parked_pct=None if risen else parked(dropped, driven),
        risen=risen,
        trips=driven["trips"],
        trips_told=driven["told"],
        told_km=driven["told_km"] or 0.0,
        kwh=driven["kwh"],
    )


def driven_since(vehicle: Vehicle, moment: datetime) -> dict[str, Any]:
    """What the trips since a moment tell, each drive once."""
    trips = Trip.objects.filter(
        vehicle=vehicle, owner_epoch=vehicle.owner_epoch, started_at__gte=moment, duplicate_of=None, deleted_at=None
    )
    return trips.aggregate(
        trips=Count("pk"),
        km=Sum("distance_km"),
        told=Count("energy_kwh"),
        told_km=Sum("distance_km", filter=Q(energy_kwh__isnull=False)),
        kwh=Sum("energy_kwh"),
        levels=Count("soc_used_pct"),
        used=Sum("soc_used_pct"),
    )


def parked(dropped: float | None, driven: dict[str, Any]) -> float | None:
    """What fell beside driving; None where a trip does not tell what it used, or told more than fell in all."""
    if dropped is None or driven["levels"] < driven["trips"]:
        return None
    lost = dropped - (driven["used"] or 0.0)
    return max(lost, 0.0) if lost >= -1.0 else None
