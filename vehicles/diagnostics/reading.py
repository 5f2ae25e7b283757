"""Reads of a vehicle's diagnostics for its owner; nothing of the time before the vehicle was theirs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Case, DateTimeField, F, Max, QuerySet, Value, When
from django.db.models.functions import Greatest, Least

from vehicles import latest
from vehicles.diagnostics import states
from vehicles.diagnostics.states import Axle, Battery, Reading, Service
from vehicles.measurements import visible_since
from vehicles.models import FaultCode, FaultList, Vehicle
from vehicles.ownership_selectors import own_time
from vehicles.signals import IGNITION, ODOMETER, by_name

TIRES = {(row, side): by_name[f"chassisAxleRow{n}Wheel{side.capitalize()}TirePressure"].id
         for n, row in ((1, "front"), (2, "rear")) for side in ("left", "right")}  # fmt: skip
DISTANCE = by_name["serviceDistanceToService"].id
REMAINING = by_name["serviceTimeToService"].id
VOLTAGE = by_name["lowVoltageBatteryCurrentVoltage"].id
LATELY = timedelta(days=28)
PACE = """
(SELECT first, first_at FROM rollup_1m WHERE vehicle_id = %(vehicle)s AND signal_id = %(signal)s AND bucket >= %(since)s
 ORDER BY bucket LIMIT 1)
UNION ALL
(SELECT last, last_at FROM rollup_1m WHERE vehicle_id = %(vehicle)s AND signal_id = %(signal)s AND bucket >= %(since)s
 ORDER BY bucket DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a vehicle stands. `listed_at`: when its codes were read last; None: never, which says nothing of health."""

    listed_at: datetime | None
    standing: tuple[FaultCode, ...]
    past: tuple[FaultCode, ...]
    axles: tuple[Axle, ...]
    service: Service | None
    battery: Battery | None


def codes_of(*, vehicle: Vehicle) -> QuerySet[FaultCode]:
    """Codes of the reader's own time with a vehicle, newest first; of whom `known_to` means, else of the owner of now.

    A code may stand over a hand-over: `began_at`, `seen_at` and `gone_at` tell no moment of anybody else's time. One
    that still stood at the end of an earlier owner's time has no `gone_at`, and is seen until then.
    """
    since, until = own_time(vehicle=vehicle)
    return (
        FaultCode.objects.filter(vehicle=vehicle, last_seen_at__gte=since, opened_at__lt=until)
        .annotate(
            began_at=Greatest("opened_at", Value(since, DateTimeField())),
            seen_at=Least("last_seen_at", Value(until, DateTimeField())),
            gone_at=Case(When(cleared_at__lt=until, then=F("cleared_at"))),
        )
        .order_by("-seen_at", "-id")
    )


def condition(*, vehicle: Vehicle, now: datetime, past: int = 50) -> Condition:
    """All of the diagnostics page, in a fixed number of queries; at most `past` codes that were cleared."""
    since = vehicle.owned_since or datetime.min.replace(tzinfo=UTC)
    known = {
        signal: Reading(last.value, last.ts)
        for signal, last in latest.read(vehicle_id=vehicle.pk).last.items()
        if last.ts >= since
    }
    lists = FaultList.objects.filter(vehicle=vehicle, ts__gte=since)
    codes = codes_of(vehicle=vehicle)
    return Condition(
        listed_at=lists.aggregate(at=Max("ts"))["at"],
        standing=tuple(codes.filter(cleared_at=None)),
        past=tuple(codes.exclude(cleared_at=None).order_by(F("cleared_at").desc(), "code")[:past]),
        axles=states.axles({place: known[signal] for place, signal in TIRES.items() if signal in known}),
        service=states.service(known.get(DISTANCE), known.get(REMAINING), pace(vehicle=vehicle, now=now)),
        battery=states.battery(known.get(VOLTAGE), known.get(IGNITION)),
    )


def pace(*, vehicle: Vehicle, now: datetime) -> float | None:
    """Kilometers a day over the last four weeks, by the odometer; None where it does not tell."""
    since = visible_since(vehicle=vehicle, since=now - LATELY)
    with connection.cursor() as cursor:
        cursor.execute(PACE, {"vehicle": vehicle.pk, "signal": ODOMETER, "since": since})
        found = [Reading(value, at) for value, at in cursor.fetchall()]
    return states.daily_km(found[0], found[-1]) if found else None
