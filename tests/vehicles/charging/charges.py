"""Made-up charges, small enough to read."""

from datetime import timedelta

from tests.vehicles.factories import NOW
from vehicles.charging.points import Point
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, IS_CHARGING, ODOMETER, SPEED, by_name

START = NOW - timedelta(days=2)
CABLE = by_name["powertrainTractionBatteryChargingIsChargingCableConnected"].id
ADDED = by_name["powertrainTractionBatteryChargingAddedEnergy"].id
POWER = by_name["powertrainTractionBatteryChargingPower"].id
CURRENT_AC = by_name["powertrainTractionBatteryChargingChargeCurrentAC"].id
CAPACITY = by_name["powertrainTractionBatteryGrossCapacity"].id
HEALTH = by_name["powertrainTractionBatteryStateOfHealth"].id
RANGE = by_name["powertrainTractionBatteryRange"].id


def at(minutes: float):
    return START + timedelta(minutes=minutes)


def charge(start=0, *, minutes=60, step=5, kw=12.0, soc=40.0, per_minute=0.4, leave_out=(), **fields):
    """Points of a charge with every sign there is, closed by a reading that denies it."""
    points = []
    for t in range(0, minutes + 1, step):
        done = t == minutes
        facts = {
            "soc": soc + per_minute * t,
            "charging": not done,
            "plugged": True,
            "charger_kw": 0.0 if done else kw,
            "added": kw * t / 60,
            "speed": 0.0,
            "odometer": 1000.0,
        }
        facts = {name: value for name, value in (facts | fields).items() if name not in leave_out}
        points.append(Point(at(start + t), **facts))
    return points


def drive(start, *, minutes=30, soc=60.0, km=1000.0, **fields):
    """Points of a drive: one a minute."""
    return [
        Point(at(start + t), **({"soc": soc - t / 5, "speed": 50.0, "odometer": km + t * 0.8} | fields))
        for t in range(minutes + 1)
    ]


def parked(start, *, minutes, step=30, soc=60.0, **fields):
    return [
        Point(at(start + t), **({"soc": soc, "charging": False, "speed": 0.0} | fields))
        for t in range(0, minutes + 1, step)
    ]


SIGNALS = {
    "soc": (BATTERY_LEVEL, 1.0),
    "charging": (IS_CHARGING, 1.0),
    "plugged": (CABLE, 1.0),
    "charger_kw": (POWER, 1.0),
    "added": (ADDED, 1.0),
    "current_ac": (CURRENT_AC, 1.0),
    "speed": (SPEED, 1.0),
    "odometer": (ODOMETER, 1.0),
    "capacity": (CAPACITY, 1.0),
    "soh": (HEALTH, 1.0),
    "range_km": (RANGE, 1.0),
}


def messages(points, **extra):
    """The same as readings, for the door of telemetry."""
    return [
        Message(
            point.at,
            {
                signal: float(value) * factor
                for name, (signal, factor) in SIGNALS.items()
                if (value := getattr(point, name)) is not None
            }
            | extra,
        )
        for point in points
    ]
