"""From a seed to readings: the days of one simulated car, driving, charging and standing. Pure."""

from collections.abc import Generator, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np

from vehicles.readings import Message
from vehicles.simulator import habits
from vehicles.simulator.cars import Build, build_of
from vehicles.simulator.charging import charge_at
from vehicles.simulator.habits import Driver, Leg, dice
from vehicles.simulator.journeys import journey
from vehicles.simulator.standing import standing
from vehicles.simulator.state import State
from vehicles.simulator.weather import celsius

LOW_BATTERY, LOW_FUEL = 22.0, 12.0  # percent


class SimulatedCar(Protocol):
    """What of a vehicle the simulation depends on."""

    powertrain: str
    model: str
    timezone: str


def first_state(seed: int, driver: Driver) -> State:
    """A used car, standing at home."""
    random = dice(seed, 3)
    odometer = float(random.uniform(8_000, 95_000))
    return State(
        odometer_km=odometer,
        soc=float(random.uniform(60, 80)),
        fuel_pct=float(random.uniform(40, 90)),
        fuel_used_l=odometer * 0.06,
        place=driver.home,
        soh=100.0 - odometer / 14_000 - float(random.uniform(0, 1.5)),
        tires=tuple(float(random.uniform(228, 252)) for _ in range(4)),  # type: ignore[arg-type]
    )


def simulate(
    *, vehicle: SimulatedCar, start: datetime, end: datetime, seed: int, state: State | None = None
) -> Iterator[Message]:
    """Readings of a car in `[start, end)`, in order: every 10 s while driving, 5 min charging, 2 h standing.

    The same arguments give the same readings. `state` goes on from an earlier stretch and is updated in place;
    without it the car's life begins at `start`.
    """
    zone, build, driver = (
        ZoneInfo(vehicle.timezone),
        build_of(vehicle.powertrain, vehicle.model),
        habits.driver_of(seed),
    )
    state = first_state(seed, driver) if state is None else state
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    day = start.astimezone(zone).date()
    quiet_until = state.free_at or start
    while quiet_until < end:
        for leg in habits.plan(driver, day, seed):
            leaves = at_hour(day, leg, zone)
            if leaves <= quiet_until or leg.place == state.place:
                continue
            if leaves >= end:
                break
            yield from within(standing(build, state, quiet_until, leaves, seed), start, end)
            quiet_until = yield from stint(build, driver, state, leg, leaves, (start, end), seed)
        day += timedelta(days=1)
        if at_hour(day, Leg(0.0, 0), zone) >= end:
            break
    yield from within(standing(build, state, quiet_until, end, seed), start, end)
    state.free_at = max(quiet_until, end)


def at_hour(day: date, leg: Leg, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC) + timedelta(seconds=round(leg.hour * 3600))


def within(messages: Iterator[Message], start: datetime, end: datetime) -> Iterator[Message]:
    return (message for message in messages if start <= message.ts < end)


def stint(
    build: Build, driver: Driver, state: State, leg: Leg, leaves: datetime, span: tuple[datetime, datetime], seed: int
) -> Generator[Message, None, datetime]:
    """One leg, and the charging after it; returns when the car stands free again."""
    random = dice(seed, 4, int(leaves.timestamp()))
    wear(state, leaves.date(), random)
    if build.tank_l and state.fuel_pct < LOW_FUEL:
        state.fuel_pct = float(random.uniform(88, 100))
    arrived = yield from kept(journey(build, driver, state, leg.place, leaves, celsius(leaves, seed), random), span)
    if not build.volts or build.powertrain == "hybrid":
        return arrived
    if leg.place == driver.home and state.soc < driver.charge_limit - 15:
        begins, power, limit = (
            arrived + timedelta(minutes=float(random.uniform(5, 90))),
            driver.charger_kw,
            driver.charge_limit,
        )
    elif state.soc < LOW_BATTERY and build.fast_kw:
        begins, power, limit = arrived + timedelta(minutes=4), build.fast_kw, 72.0
    else:
        return arrived
    return (yield from kept(charge_at(build, state, begins, power, limit, celsius(begins, seed)), span))


def kept(
    messages: Generator[Message, None, datetime], span: tuple[datetime, datetime]
) -> Generator[Message, None, datetime]:
    """Pass on what lies in the span; returns what the inner generator returns."""
    start, end = span
    while True:
        try:
            message = next(messages)
        except StopIteration as done:
            free: datetime = done.value
            return free
        if start <= message.ts < end:
            yield message


def wear(state: State, day: date, random: np.random.Generator) -> None:
    """Tires lose air and get it back; now and then a fault lights up and is repaired some days later."""
    lost = (0.25, 0.25, 0.3, 0.9)
    tires = tuple(kpa - loss * float(random.uniform(0, 1)) for kpa, loss in zip(state.tires, lost, strict=True))
    state.tires = (242.0, 242.0, 238.0, 238.0) if min(tires) < 200 else tires  # type: ignore[assignment]
    if state.fault_since is None and random.random() < 0.006:
        state.fault_since, state.mil_km = day, 0.0
    elif state.fault_since is not None and (day - state.fault_since).days > 8:
        state.fault_since = None
