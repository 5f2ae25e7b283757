"""How tire pressures and the low-voltage battery went over the last month, read around the first drive of each day.

A drive is when cars tell them, and reading around one a day keeps the cost bounded however densely a device sends.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from vehicles.diagnostics.reading import LATELY, TIRES, VOLTAGE
from vehicles.models import Trip, Vehicle
from vehicles.places import zone_of
from vehicles.store import reading

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=10)
MOST = 31
WHEELS = {signal: place for place, signal in TIRES.items()}


class Day(NamedTuple):
    """What was told around a day's first drive: bar by (row, side), medians, and the lowest volts."""

    at: datetime
    bars: dict[tuple[str, str], float]
    volts: float | None


def first_drives(*, vehicle: Vehicle, now: datetime) -> list[datetime]:
    """When the first drive of each day began, in the owner's zone, over the last four weeks."""
    zone = zone_of(vehicle)
    starts = Trip.objects.filter(
        vehicle=vehicle, owner_epoch=vehicle.owner_epoch, started_at__gte=now - LATELY, deleted_at=None
    ).order_by("started_at")
    first: dict[object, datetime] = {}
    for moment in starts.values_list("started_at", flat=True):
        first.setdefault(moment.astimezone(zone).date(), moment)
    return list(first.values())[-MOST:]


def days(*, vehicle: Vehicle, now: datetime) -> list[Day]:
    """What each of these days told, oldest first; nothing of the time before the vehicle was its owner's."""
    starts = first_drives(vehicle=vehicle, now=now)
    if not starts:
        return []
    since = vehicle.owned_since
    around = [(max(at - BEFORE, since) if since else at - BEFORE, at + AFTER) for at in starts]
    told = reading.messages(vehicle_id=vehicle.pk, stretches=around, signal_ids=[*WHEELS, VOLTAGE])
    found = []
    for at, (low, high) in zip(starts, around, strict=True):
        values: dict[int, list[float]] = defaultdict(list)
        for message in told:
            if low <= message.ts < high:
                for signal, value in zip(message.sig, message.val, strict=True):
                    values[signal].append(float(value))
        bars = {place: median(values[signal]) / 100 for signal, place in WHEELS.items() if values[signal]}
        volts = min(values[VOLTAGE]) if values[VOLTAGE] else None
        if bars or volts is not None:
            found.append(Day(at, bars, volts))
    return found


def wheels_told(found: Sequence[Day]) -> list[tuple[str, str]]:
    """The wheels of which any day tells, front left first."""
    return [place for place in TIRES if any(place in day.bars for day in found)]
