"""The readings of one drive: position and motion every ten seconds, slow gauges once a minute. Pure."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from vehicles.readings import Message
from vehicles.signals import (
    ALTITUDE,
    BATTERY_LEVEL,
    BATTERY_POWER,
    DTC_COUNT,
    FUEL_LEVEL,
    FUEL_RATE,
    FUEL_USED,
    HDOP,
    HEADING,
    IGNITION,
    LATITUDE,
    LONGITUDE,
    ODOMETER,
    POWERTRAIN_TYPE,
    SPEED,
    by_name,
)
from vehicles.simulator import ground
from vehicles.simulator.cars import Build, battery_watts, liters_per_hour, revolutions
from vehicles.simulator.drives import Drive, drive
from vehicles.simulator.habits import Driver
from vehicles.simulator.routes import Floats, route
from vehicles.simulator.state import State
from vehicles.simulator.town import METERS_PER_DEGREE, ORIGIN

EVERY, SLOW = 10.0, 6  # seconds; a slow gauge speaks every sixth time
FIX_NOISE = 2.5  # meters
RESERVE = 12.0  # percent that a plug-in hybrid keeps
ID = {name: signal.id for name, signal in by_name.items()}
RPM, LOAD = ID["powertrainCombustionEngineSpeed"], ID["obdEngineLoad"]
COOLANT, INTAKE = ID["powertrainCombustionEngineECT"], ID["obdIntakeTemp"]
RANGE, ENERGY = ID["powertrainTractionBatteryRange"], ID["powertrainTractionBatteryStateOfChargeCurrentEnergy"]
HEALTH, BATTERY_HEAT = ID["powertrainTractionBatteryStateOfHealth"], ID["powertrainTractionBatteryTemperatureAverage"]
CAPACITY, VOLTS = ID["powertrainTractionBatteryGrossCapacity"], ID["powertrainTractionBatteryCurrentVoltage"]
OUTSIDE, LOW_VOLTAGE = ID["exteriorAirTemperature"], ID["lowVoltageBatteryCurrentVoltage"]
BELTED, DOOR, LOCKED = (
    ID["cabinSeatRow1DriverSideIsBelted"],
    ID["cabinDoorRow1DriverSideIsOpen"],
    ID["bodyLockIsLocked"],
)
TIRES = tuple(ID[f"chassisAxleRow{row}Wheel{side}TirePressure"] for row in (1, 2) for side in ("Left", "Right"))
MIL_KM, SERVICE = ID["obdDistanceWithMIL"], ID["serviceDistanceToService"]
TYPES = {"combustion": "COMBUSTION", "hybrid": "HYBRID", "plug_in": "HYBRID", "electric": "ELECTRIC"}


def journey(
    build: Build,
    driver: Driver,
    state: State,
    place: int,
    leaves: datetime,
    celsius: float,
    random: np.random.Generator,
) -> Generator[Message, None, datetime]:
    """Drive to a place; advances `state` and returns the moment of arrival."""
    driven = drive(route(state.place, place), every=EVERY, pace=driver.pace, vigor=driver.vigor, random=random)
    told = gauges(build, state, driven, celsius)
    fast = rounded(motion(driven, random) | told.each)
    slow = rounded(told.slow)
    last = len(driven.seconds) - 1
    signals, series = tuple(fast), list(zip(*fast.values(), strict=True))
    for at, seconds in enumerate(driven.seconds.tolist()):
        values = dict(zip(signals, series[at], strict=True))
        if at % SLOW == 0 or at == last:
            values.update((signal, column[at]) for signal, column in slow.items())
            values[IGNITION] = float(at != last)
        if at == 0:
            values |= departure(build, state, celsius)
        if at == last:
            del values[SPEED]
            values |= {DOOR: 0.0, LOCKED: 1.0}
        yield Message(leaves + timedelta(seconds=seconds), values)
    state.mil_km += told.odometer - state.odometer_km if state.fault_since else 0.0
    state.odometer_km, state.place = told.odometer, place
    state.soc, state.fuel_pct, state.fuel_used_l = told.soc, told.fuel, told.used
    return leaves + timedelta(seconds=float(driven.seconds[-1]))


def rounded(columns: Mapping[int, Floats]) -> dict[int, list[float]]:
    """As precise as such sensors are."""
    return {signal: np.round(values, DIGITS.get(signal, 1)).tolist() for signal, values in columns.items()}


DIGITS = {
    LATITUDE: 6,
    LONGITUDE: 6,
    RPM: 0,
    BATTERY_POWER: 0,
    FUEL_USED: 3,
    FUEL_RATE: 2,
    HEADING: 0,
    RANGE: 0,
    BATTERY_LEVEL: 2,
}


def motion(driven: Drive, random: np.random.Generator) -> dict[int, Floats]:
    noise = random.normal(0, FIX_NOISE, (2, len(driven.seconds)))
    return {
        LATITUDE: ORIGIN[0] + (driven.y + noise[0]) / METERS_PER_DEGREE,
        LONGITUDE: ORIGIN[1] + (driven.x + noise[1]) / (METERS_PER_DEGREE * cos(radians(ORIGIN[0]))),
        HDOP: random.uniform(0.6, 1.6, len(driven.seconds)),
        HEADING: driven.heading,
        SPEED: driven.speed,
    }


@dataclass(slots=True)
class Gauges:
    """Columns told with every message, columns told once a minute, and the car at the end of the drive."""

    each: dict[int, Floats]
    slow: dict[int, Floats]
    odometer: float
    soc: float
    fuel: float
    used: float


def gauges(build: Build, state: State, driven: Drive, celsius: float) -> Gauges:
    """What the drive does to battery, tank and odometer; `state` stays unchanged."""
    steps = np.diff(driven.seconds, prepend=0.0)
    # Two samples of one moment would divide by zero.
    acceleration = np.gradient(driven.speed / 3.6, np.maximum(driven.seconds, np.arange(len(steps)) * 1e-3))
    odometer = state.odometer_km + driven.along / 1000
    height = np.array([ground.height(x, y) for x, y in zip(driven.x, driven.y, strict=True)])
    told = Gauges(
        each={},
        slow={ODOMETER: odometer, ALTITUDE: height, OUTSIDE: np.full(len(steps), celsius)},
        odometer=float(odometer[-1]),
        soc=state.soc,
        fuel=state.fuel_pct,
        used=state.fuel_used_l,
    )
    electric = np.full(len(steps), build.powertrain == "electric")
    if build.powertrain != "combustion":
        electric = battery(build, state, driven, celsius, (steps, acceleration), told)
    if build.tank_l:
        tank(build, state, driven, celsius, (steps, acceleration, (~electric).astype(float)), told)
    return told


def battery(
    build: Build, state: State, driven: Drive, celsius: float, motion: tuple[Floats, Floats], told: Gauges
) -> NDArray[np.bool_]:
    """Adds the battery's columns; where the car drives on it."""
    steps, acceleration = motion
    watts = battery_watts(build, driven.speed, acceleration, celsius) if build.kwh_per_100 else 9_000 * acceleration
    used = np.cumsum(watts * steps) / 3.6e6 / build.battery_kwh * 100
    if build.powertrain == "hybrid":
        soc, electric = 56 + 6 * np.sin(driven.along / 900), driven.speed < 34
    elif build.powertrain == "plug_in":
        soc, electric = np.maximum(state.soc - used, min(state.soc, RESERVE)), used < state.soc - RESERVE
    else:
        soc, electric = state.soc - used, np.full(len(steps), True)
    soc = np.clip(soc, 1.0, 100.0)
    told.each[BATTERY_POWER] = np.where(electric, -watts, 0.0)  # out of the battery is negative in VSS
    told.slow |= {BATTERY_LEVEL: soc, BATTERY_HEAT: 0.6 * celsius + 11 + driven.seconds / 400}
    if build.kwh_per_100:
        cold = 1 - abs(celsius - 21) * 0.008
        told.slow[RANGE] = soc * build.battery_kwh / build.kwh_per_100 * cold
        told.slow[ENERGY] = soc / 100 * build.battery_kwh * state.soh / 100
        told.slow[VOLTS] = build.volts * (0.9 + soc / 1000)
    told.soc = float(soc[-1])
    return np.asarray(electric, bool)


def tank(
    build: Build, state: State, driven: Drive, celsius: float, motion: tuple[Floats, Floats, Floats], told: Gauges
) -> None:
    """Adds the engine's and the tank's columns."""
    steps, acceleration, running = motion
    liters = liters_per_hour(build, driven.speed, acceleration, running)
    total = np.cumsum(liters * steps) / 3600
    fuel = np.clip(state.fuel_pct - total / build.tank_l * 100, 1.0, 100.0)
    told.each |= {RPM: revolutions(build, driven.speed, acceleration, running), FUEL_RATE: liters}
    told.slow |= {FUEL_LEVEL: fuel, FUEL_USED: state.fuel_used_l + total}
    told.slow |= {LOAD: np.clip(12 + liters * 6, 0, 100) * running, INTAKE: np.full(len(steps), celsius + 9)}
    told.slow[COOLANT] = 90 - (90 - celsius) * np.exp(-driven.seconds / 260)
    told.fuel, told.used = float(fuel[-1]), state.fuel_used_l + float(total[-1])


def departure(build: Build, state: State, celsius: float) -> dict[int, float]:
    """What is told once, when the car is switched on."""
    faulty = state.fault_since is not None
    values = {
        POWERTRAIN_TYPE: float(by_name["powertrainType"].codes[TYPES[build.powertrain]]),
        LOW_VOLTAGE: 14.1 if celsius > 5 else 13.8,
        BELTED: 1.0,
        DOOR: 0.0,
        LOCKED: 0.0,
        DTC_COUNT: float(faulty),
        SERVICE: round(15_000 - state.odometer_km % 15_000, 0),
        **{signal: round(kpa) for signal, kpa in zip(TIRES, state.tires, strict=True)},
    }
    if faulty:
        values[MIL_KM] = round(state.mil_km, 1)
    if build.kwh_per_100:
        values |= {HEALTH: round(state.soh, 1), CAPACITY: build.battery_kwh}
    return values
