"""The readings of one charging session, every five minutes. Pure."""

from collections.abc import Generator
from datetime import datetime, timedelta

from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, BATTERY_POWER, IS_CHARGING, by_name
from vehicles.simulator.cars import Build
from vehicles.simulator.state import State

EVERY = timedelta(minutes=5)
CABLE = by_name["powertrainTractionBatteryChargingIsChargingCableConnected"].id
ADDED = by_name["powertrainTractionBatteryChargingAddedEnergy"].id
POWER = by_name["powertrainTractionBatteryChargingPower"].id
LIMIT = by_name["powertrainTractionBatteryChargingChargeLimit"].id
CURRENT = by_name["powertrainTractionBatteryChargingChargeCurrentAC"].id
HEAT = by_name["powertrainTractionBatteryTemperatureAverage"].id
HEALTH = by_name["powertrainTractionBatteryStateOfHealth"].id
SOCKET_VOLTS = 230.0
LOSSES = 0.92


def tapered(power: float, soc: float, fast: bool) -> float:
    """What the battery takes: a fast charger's power falls with the level, a slow one's only near the end."""
    if fast:
        return power * (1.0 if soc < 45 else max(0.25, 1.0 - (soc - 45) / 60))
    return power * (1.0 if soc < 92 else 0.5)


def charge_at(
    build: Build, state: State, begins: datetime, power: float, limit: float, celsius: float
) -> Generator[Message, None, datetime]:
    """Charge to a limit; advances `state.soc` and returns the moment when the cable is out."""
    fast = power > 22
    moment, added = begins, 0.0
    while True:
        done = state.soc >= limit - 0.01
        drawn = 0.0 if done else tapered(power, state.soc, fast)
        values = {
            BATTERY_LEVEL: round(state.soc, 2),
            IS_CHARGING: float(not done),
            CABLE: 1.0,
            POWER: round(drawn, 1),
            ADDED: round(added, 2),
            LIMIT: limit,
            BATTERY_POWER: round(drawn * 1000 * LOSSES),
            HEAT: round(0.5 * celsius + (22 if fast else 13), 1),
            HEALTH: round(state.soh, 1),
        }
        if not fast:
            values[CURRENT] = round(drawn * 1000 / SOCKET_VOLTS / (3 if power > 7.4 else 1), 1)
        yield Message(moment, values)
        if done:
            break
        gained = drawn * LOSSES * EVERY.total_seconds() / 3600
        room = (limit - state.soc) / 100 * build.battery_kwh
        added += min(gained, room)
        state.soc = min(limit, state.soc + gained / build.battery_kwh * 100)
        moment += EVERY
    moment += timedelta(minutes=3)
    yield Message(moment, {BATTERY_LEVEL: round(state.soc, 2), IS_CHARGING: 0.0, CABLE: 0.0})
    return moment
