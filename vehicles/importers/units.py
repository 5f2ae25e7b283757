"""Units that files are written in, as steps to the catalog's own: value × factor + offset. Pure.

Factors are exact by definition (international mile and pound, BIPM SI brochure) or rounded to nine digits.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from vehicles.signals import Signal


class Step(NamedTuple):
    """How a value in a file's unit becomes one in the catalog's."""

    factor: float
    offset: float = 0.0

    def apply(self, value: float) -> float:
        return value * self.factor + self.offset


SAME = Step(1.0)
FRACTION = "0–1"
STEPS: Mapping[str, Mapping[str, Step]] = MappingProxyType(
    {
        "km/h": {"mph": Step(1.609344), "m/s": Step(3.6), "kn": Step(1.852)},
        "km": {"mi": Step(1.609344), "m": Step(0.001)},
        "m": {"ft": Step(0.3048), "km": Step(1000.0)},
        "°C": {"°F": Step(5 / 9, -160 / 9), "K": Step(1.0, -273.15)},
        "kPa": {"bar": Step(100.0), "psi": Step(6.89475729), "hPa": Step(0.1)},
        "%": {FRACTION: Step(100.0)},
        "kWh": {"Wh": Step(0.001), "MJ": Step(1 / 3.6)},
        "W": {"kW": Step(1000.0), "hp": Step(745.699872)},
        "kW": {"W": Step(0.001), "hp": Step(0.745699872)},
        "l": {"gal (US)": Step(3.785411784), "gal (UK)": Step(4.54609), "ml": Step(0.001)},
        "l/h": {"gal/h (US)": Step(3.785411784), "ml/s": Step(3.6)},
        "V": {"mV": Step(0.001)},
        "A": {"mA": Step(0.001)},
        "s": {"ms": Step(0.001), "min": Step(60.0), "h": Step(3600.0)},
        "Nm": {"lb·ft": Step(1.355817948)},
        "kg": {"lb": Step(0.45359237)},
    }
)
# How people write them in a column's name, in small letters.
SPELLINGS: Mapping[str, str] = MappingProxyType(
    {"kmh": "km/h", "kph": "km/h", "km/h": "km/h", "mph": "mph", "m/s": "m/s", "ms": "m/s", "mps": "m/s", "kn": "kn"}
    | {"knots": "kn", "km": "km", "mi": "mi", "miles": "mi", "m": "m", "meters": "m", "ft": "ft", "feet": "ft"}
    | {"c": "°C", "°c": "°C", "celsius": "°C", "f": "°F", "°f": "°F", "fahrenheit": "°F", "k": "K", "kpa": "kPa"}
    | {"bar": "bar", "psi": "psi", "hpa": "hPa", "%": "%", "pct": "%", "percent": "%", "kwh": "kWh", "wh": "Wh"}
    | {"w": "W", "kw": "kW", "hp": "hp", "l": "l", "liters": "l", "gal": "gal (US)", "gallons": "gal (US)"}
    | {"l/h": "l/h", "lph": "l/h", "v": "V", "mv": "mV", "a": "A", "ma": "mA", "rpm": "rpm", "deg": "deg", "°": "deg"}
    | {"s": "s", "sec": "s", "min": "min", "h": "h", "nm": "Nm", "kg": "kg", "lb": "lb", "g/s": "g/s"}
)


def units_for(signal: Signal) -> list[str]:
    """The units a file may tell a signal in, the catalog's first; one empty name where it has none."""
    return [signal.unit, *STEPS.get(signal.unit, {})]


def step(signal: Signal, unit: str) -> Step | None:
    """From a unit to the signal's own; None where the unit is of something else."""
    return SAME if unit == signal.unit else STEPS.get(signal.unit, {}).get(unit)
