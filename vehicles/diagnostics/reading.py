"""Reads of a vehicle's diagnostics for its owner; nothing of the time before the vehicle was theirs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import Case, DateTimeField, F, Max, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Least

from vehicles import latest
from vehicles.diagnostics import states
from vehicles.diagnostics.states import Axle, Battery, Reading, Service
from vehicles.models import FaultCode, FaultList, Vehicle
from vehicles.ownership_selectors import own_times
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
    """Codes of the reader's own times with a vehicle, newest first.

    A code may stand over a hand-over: `began_at`, `seen_at` and `gone_at` tell no moment of anybody else's time. One
    that still stood at the end of an earlier owner's time has no `gone_at`, and is seen until then; one that went while
    the vehicle was somebody else's is gone from the reader's next time with it on.
    """
    times = own_times(vehicle=vehicle)
    told = Q(pk__in=())
    for since, until in times:
        told |= Q(last_seen_at__gte=since, opened_at__lt=until)
    starts = [(until, Value(since, DateTimeField())) for since, until in times]
    ends = [(since, Value(until, DateTimeField())) for since, until in reversed(times)]
    return (
        FaultCode.objects.filter(told, vehicle=vehicle)
        .annotate(
            began_at=Case(*(When(opened_at__lt=until, then=Greatest("opened_at", since)) for until, since in starts)),
            seen_at=Case(*(When(last_seen_at__gte=since, then=Least("last_seen_at", until)) for since, until in ends)),
            gone_at=Case(*(When(cleared_at__lt=until, then=Greatest("cleared_at", since)) for until, since in starts)),
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
    codes = codes_of(vehicle=vehicle).filter(last_seen_at__gte=since)
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
    since = max(now - LATELY, own_times(vehicle=vehicle)[-1][0])
    with connection.cursor() as cursor:
        cursor.execute(PACE, {"vehicle": vehicle.pk, "signal": ODOMETER, "since": since})
        found = [Reading(value, at) for value, at in cursor.fetchall()]
    return states.daily_km(found[0], found[-1]) if found else None
