"""The catalog of signals as data: `catalog/vehicle.toml`, read once. Pure: knows no database.

`by_id`, `by_name` and `classes` are the ways in; the ids used in code have a name here.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import h3
from h3.api import basic_int

LATITUDE, LONGITUDE, HDOP, ALTITUDE, HEADING, SPEED = 1, 2, 3, 4, 5, 6
IGNITION, ODOMETER, POWERTRAIN_TYPE = 13, 14, 16
FUEL_LEVEL, FUEL_LITERS, FUEL_USED, FUEL_RATE = 18, 19, 20, 21
DTC_LIST, DTC_COUNT = 32, 33
BATTERY_LEVEL, BATTERY_POWER, IS_CHARGING = 43, 47, 51
CELL = 57
CELL_RESOLUTION = 7
COORDINATES = "currentLocationCoordinates"  # a tuple on the wire, three signals at rest


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of the catalog. `low` and `high` bound what is believed, inclusive; both None: not a number."""

    id: int
    name: str
    title: str
    path: str
    type: str
    signal_class: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    flag_above: float | None = None
    coarse: str = ""
    codes: Mapping[str, int] = field(default_factory=dict)
    rising: bool = False
    precise_only: bool = False
    charted: bool = False

    @property
    def numeric(self) -> bool:
        return self.low is not None

    def label(self, value: float) -> str:
        """The name of an enumeration's code, or an empty string."""
        return next((name for name, code in self.codes.items() if code == value), "")


def read(path: Path) -> tuple[Signal, ...]:
    rows = tomllib.loads(path.read_text("utf-8"))["signal"]
    return tuple(Signal(signal_class=row.pop("class"), **row) for row in rows)


catalog: tuple[Signal, ...] = read(Path(__file__).parent / "catalog" / "vehicle.toml")
by_id: Mapping[int, Signal] = MappingProxyType({signal.id: signal for signal in catalog})
by_name: Mapping[str, Signal] = MappingProxyType({signal.name: signal for signal in catalog})
charted: frozenset[int] = frozenset(signal.id for signal in catalog if signal.charted)
classes: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {name: tuple(s.id for s in catalog if s.signal_class == name) for name in sorted({s.signal_class for s in catalog})}
)


def cell_value(latitude: float, longitude: float) -> float:
    """The H3 resolution-7 cell of a position as it is stored: its upper 40 bits, exact in a float."""
    return float(basic_int.latlng_to_cell(latitude, longitude, CELL_RESOLUTION) >> 24)


def cell_of(value: float) -> str:
    """The H3 cell, in hexadecimal, that `cell_value` stored."""
    return str(h3.int_to_str((int(value) << 24) | 0xFFFFFF))
