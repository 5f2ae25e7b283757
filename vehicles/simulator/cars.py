"""The simulated models: what they are and what they use. Round figures, not test results. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from vehicles.simulator.routes import Floats


@dataclass(frozen=True, slots=True)
class Build:
    """A model. Batteries in kWh, tanks in liters, consumption per 100 km at 50 km/h and 20 °C."""

    make: str
    model: str
    powertrain: str
    battery_kwh: float = 0.0
    volts: float = 0.0
    kwh_per_100: float = 0.0
    fast_kw: float = 0.0
    tank_l: float = 0.0
    liters_per_100: float = 0.0
    idle_rpm: float = 780.0


BUILDS: Mapping[str, tuple[Build, ...]] = MappingProxyType(
    {
        "electric": (
            Build("Hyundai", "Ioniq 5", "electric", 77.4, 697.0, 16.2, 150.0),
            Build("Renault", "Zoe", "electric", 52.0, 350.0, 14.6, 46.0),
            Build("Volkswagen", "ID.3", "electric", 58.0, 355.0, 15.1, 100.0),
            Build("Tesla", "Model 3", "electric", 75.0, 357.0, 14.2, 150.0),
        ),
        "plug_in": (
            Build("Kia", "Niro PHEV", "plug_in", 11.1, 360.0, 15.4, 0.0, 37.0, 5.1),
            Build("Volvo", "XC40 Recharge", "plug_in", 10.7, 375.0, 19.0, 0.0, 48.0, 6.8),
        ),
        "hybrid": (
            Build("Toyota", "Corolla Hybrid", "hybrid", 1.3, 207.0, 0.0, 0.0, 43.0, 4.5, 1000.0),
            Build("Toyota", "Yaris Hybrid", "hybrid", 0.8, 177.0, 0.0, 0.0, 36.0, 4.0, 1000.0),
        ),
        "combustion": (
            Build("Volkswagen", "Golf", "combustion", tank_l=50.0, liters_per_100=6.1),
            Build("Ford", "Focus", "combustion", tank_l=52.0, liters_per_100=6.4),
            Build("Škoda", "Octavia", "combustion", tank_l=50.0, liters_per_100=5.6),
        ),
    }
)


def build_of(powertrain: str, model: str = "") -> Build:
    """The build of this model, or the first of its powertrain."""
    builds = BUILDS[powertrain or "combustion"]
    return next((build for build in builds if build.model == model), builds[0])


def battery_watts(build: Build, speed: Floats, acceleration: Floats, celsius: float) -> Floats:
    """Power out of the battery while driving (regeneration is negative); speeds in km/h, acceleration in m/s²."""
    v = speed / 3.6
    base = build.kwh_per_100 * 36_000  # joules per kilometer
    rolling = v * base / 1000 * 0.62
    drag = v**3 * base / 1000 * 0.38 / (50 / 3.6) ** 2
    inertia = 1700 * acceleration * v
    cabin = 350 + 70 * abs(celsius - 21)
    return np.clip(rolling + drag + np.where(inertia > 0, inertia / 0.9, inertia * 0.7) + cabin, -60_000, 190_000)


def liters_per_hour(build: Build, speed: Floats, acceleration: Floats, engine_on: Floats) -> Floats:
    """Fuel rate; zero where the engine rests or is pushed by the car."""
    per_km = build.liters_per_100 / 100 * (0.72 + 0.28 * (speed / 50) ** 2)
    pull = np.clip(acceleration, 0, None) * speed * 0.09
    rate = 0.55 + speed * per_km * 0.85 + pull
    coasts = (acceleration < -0.35) & (speed > 15)
    return np.where(coasts, 0.0, rate) * engine_on


def revolutions(build: Build, speed: Floats, acceleration: Floats, engine_on: Floats) -> Floats:
    gear = np.digitize(speed, [14, 28, 42, 58, 82])
    per_kmh = np.array([118.0, 66.0, 46.0, 36.0, 29.0, 23.5])[gear]
    turning: Floats = np.maximum(build.idle_rpm, speed * per_kmh + np.clip(acceleration, 0, 2) * 380)
    return turning * engine_on
