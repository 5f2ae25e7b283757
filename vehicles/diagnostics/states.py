"""Tires, service and the low-voltage battery, judged from last values. Pure: knows no database.

Pressures are in kPa, distances in km, voltages in V. Thresholds are ours: they say when to look, not what is broken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

STALE = timedelta(days=7)
TOGETHER = timedelta(days=1)
AXLE_DIFFERENCE, LOW_PRESSURE = 20.0, 170.0
LONGEST_FORECAST = 1095
MIN_DAYS = 7.0


class Reading(NamedTuple):
    """A value and when it was measured."""

    value: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Wheel:
    """One tire; `bar` is 100 kPa. `low`: below what any passenger car is made for."""

    side: Literal["left", "right"]
    bar: float
    at: datetime
    low: bool

    @property
    def kpa(self) -> float:
        return self.bar * 100


@dataclass(frozen=True, slots=True)
class Axle:
    """The wheels of one axle that told a pressure; `apart` in bar where they differ by 0.2 or more, else None."""

    row: Literal["front", "rear"]
    wheels: tuple[Wheel, ...]
    apart: float | None


@dataclass(frozen=True, slots=True)
class Service:
    """What remains until service; `due_on` is told or estimated. `overdue`: by distance or by time."""

    km: float | None
    due_on: date | None
    km_per_day: float | None
    at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class Battery:
    """The low-voltage battery; `state` is for a system of 12 V, and half the voltage of one of 24 V."""

    volts: float
    at: datetime
    running: bool
    state: Literal["good", "low", "very_low", "not_charged", "overcharged"]


def stale(at: datetime, now: datetime) -> bool:
    """Whether a reading is too old to say how things are."""
    return now - at > STALE


def axles(pressures: Mapping[tuple[str, str], Reading]) -> tuple[Axle, ...]:
    """Tires by axle, from (row, side) -> pressure; wheels are compared where they were measured within a day."""
    found = []
    for row in ("front", "rear"):
        told = [(side, pressures[row, side]) for side in ("left", "right") if (row, side) in pressures]
        if not told:
            continue
        wheels = tuple(Wheel(side, one.value / 100, one.at, one.value < LOW_PRESSURE) for side, one in told)  # type: ignore[arg-type]
        apart = None
        if len(told) == 2:
            (_, left), (_, right) = told
            difference = abs(left.value - right.value)
            if difference >= AXLE_DIFFERENCE and abs(left.at - right.at) <= TOGETHER:
                apart = difference / 100
        found.append(Axle(row, wheels, apart))
    return tuple(found)


def daily_km(first: Reading | None, last: Reading | None) -> float | None:
    """Kilometers a day between two odometer readings; None where they are less than a week apart."""
    if first is None or last is None:
        return None
    days = (last.at - first.at) / timedelta(days=1)
    return (last.value - first.value) / days if days >= MIN_DAYS and last.value >= first.value else None


def service(distance: Reading | None, remaining_seconds: Reading | None, km_per_day: float | None) -> Service | None:
    """When service is due: the earlier of the time told and the distance told, at the pace of late."""
    dates = []
    if distance is not None and km_per_day and distance.value / km_per_day <= LONGEST_FORECAST:
        days = max(distance.value / km_per_day, -LONGEST_FORECAST)
        dates.append((distance.at + timedelta(days=days)).date())
    if remaining_seconds is not None and abs(remaining_seconds.value) <= LONGEST_FORECAST * 86_400:
        dates.append((remaining_seconds.at + timedelta(seconds=remaining_seconds.value)).date())
    told = [one for one in (distance, remaining_seconds) if one is not None]
    if not told:
        return None
    return Service(
        km=distance.value if distance else None,
        due_on=min(dates, default=None),
        km_per_day=km_per_day,
        at=max(one.at for one in told),
        overdue=any(one.value < 0 for one in told),
    )


def battery(voltage: Reading | None, ignition: Reading | None) -> Battery | None:
    """The battery's state: at rest by how full it is, and with the engine on by whether it is charged.

    The ignition counts where it was told within five minutes of the voltage.
    """
    if voltage is None:
        return None
    running = ignition is not None and ignition.value > 0 and abs(ignition.at - voltage.at) <= timedelta(minutes=5)
    volts = voltage.value / 2 if voltage.value > 18 else voltage.value
    state: Literal["good", "low", "very_low", "not_charged", "overcharged"]
    if running:
        state = "overcharged" if volts > 15.2 else "not_charged" if volts < 12.8 else "good"
    else:
        state = "very_low" if volts < 11.9 else "low" if volts < 12.3 else "good"
    return Battery(voltage.value, voltage.at, running, state)
