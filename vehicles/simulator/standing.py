"""The sparse readings of a car that stands. Missing is a gap: it tells no speed. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, IGNITION, by_name
from vehicles.simulator.cars import Build
from vehicles.simulator.state import State
from vehicles.simulator.weather import celsius

EVERY = timedelta(hours=2)
OUTSIDE = by_name["exteriorAirTemperature"].id
LOW_VOLTAGE = by_name["lowVoltageBatteryCurrentVoltage"].id
LOCKED = by_name["bodyLockIsLocked"].id
DRAIN = 0.012  # percent of a traction battery in an hour


def standing(build: Build, state: State, since: datetime, until: datetime, seed: int) -> Iterator[Message]:
    """Readings between two moments, both excluded; a large battery loses a little."""
    moment = since + EVERY
    while moment < until - timedelta(minutes=10):
        values = {OUTSIDE: celsius(moment, seed), LOW_VOLTAGE: 12.6, LOCKED: 1.0, IGNITION: 0.0}
        if build.kwh_per_100:
            state.soc = max(1.0, state.soc - DRAIN * EVERY.total_seconds() / 3600)
            values[BATTERY_LEVEL] = round(state.soc, 2)
        yield Message(moment, values)
        moment += EVERY
