"""The catalog of signals as data: the files of `catalog/`, one a kind of device, read once. Pure: knows no database.

`by_id`, `by_name` and `numbers` are the ways in; the ids used in code have a name here. They are views that follow
`learn`, so that nothing derived from them has to be made anew for another kind.
"""

from collections.abc import Mapping, Set, ValuesView
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import h3
from h3.api import basic_int

from vehicles import kinds

LATITUDE, LONGITUDE, HDOP, ALTITUDE, HEADING, SPEED = 1, 2, 3, 4, 5, 6
IGNITION, ODOMETER, POWERTRAIN_TYPE = 13, 14, 16
FUEL_LEVEL, FUEL_LITERS, FUEL_USED, FUEL_RATE = 18, 19, 20, 21
DTC_LIST, DTC_COUNT = 32, 33
OUTSIDE = 37
BATTERY_LEVEL, BATTERY_POWER, IS_CHARGING = 43, 47, 51
CELL = 57
CELL_RESOLUTION = 7
NAMES = {"class": "signal_class"}
COORDINATES = "currentLocationCoordinates"  # a tuple on the wire, three signals at rest


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of the catalog. `low` and `high` bound what is believed, inclusive; both None: not a number.

    `list`: what a list of words is kept as, for a signal that is one. `kind`: of the device that measures it.
    """

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
    list: str = ""
    kind: str = kinds.CAR

    @property
    def numeric(self) -> bool:
        return self.low is not None

    def label(self, value: float) -> str:
        """The name of an enumeration's code, or an empty string."""
        return next((name for name, code in self.codes.items() if code == value), "")


_by_id: dict[int, Signal] = {}
_by_name: dict[str, Signal] = {}
_numbers: dict[str, dict[str, int]] = {}
_bools: set[int] = set()
_charted: set[int] = set()
_ranges: dict[int, tuple[float, float]] = {}
_flagged_above: dict[int, float] = {}
by_id: Mapping[int, Signal] = MappingProxyType(_by_id)
by_name: Mapping[str, Signal] = MappingProxyType(_by_name)
catalog: ValuesView[Signal] = _by_id.values()
numbers: Mapping[str, Mapping[str, int]] = MappingProxyType(_numbers)  # kind -> name -> id, of plain numbers
bools: Set[int] = _bools
charted: Set[int] = _charted
ranges: Mapping[int, tuple[float, float]] = MappingProxyType(_ranges)  # of all that may be told
flagged_above: Mapping[int, float] = MappingProxyType(_flagged_above)


def learn(path: Path) -> kinds.Kind:
    """Take in a catalog file: from now on its kind of device is measured, shown and asked about.

    Raises:
        CatalogBroken
    """
    kind = kinds.declare(path)
    try:
        enter(kind.name)
    except TypeError as error:
        kinds.forget(kind.name)
        raise kinds.CatalogBroken(f"{path.name}: {error}") from error
    return kind


def enter(kind: str) -> None:
    """Enter a declared kind's signals in all views."""
    rows = [{NAMES.get(name, name): value for name, value in row.items()} for row in kinds.signals[kind]]
    found = [Signal(**row, kind=kind) for row in rows]
    _numbers[kind] = {signal.name: signal.id for signal in found if signal.numeric and not signal.codes}
    for signal in found:
        _by_id[signal.id] = _by_name[signal.name] = signal
        if signal.type == "bool":
            _bools.add(signal.id)
        if signal.charted:
            _charted.add(signal.id)
        if signal.low is not None and signal.high is not None and signal.id != CELL:
            _ranges[signal.id] = (signal.low, signal.high)
        if signal.flag_above is not None:
            _flagged_above[signal.id] = signal.flag_above


def forget(kind: str) -> None:
    """Take a kind out again, as if its file were gone."""
    kinds.forget(kind)
    del _numbers[kind]
    for signal in [signal for signal in catalog if signal.kind == kind]:
        del _by_id[signal.id], _by_name[signal.name]
        _bools.discard(signal.id)
        _charted.discard(signal.id)
        _ranges.pop(signal.id, None)
        _flagged_above.pop(signal.id, None)


for _kind in kinds.signals:
    enter(_kind)


def cell_value(latitude: float, longitude: float) -> float:
    """The H3 resolution-7 cell of a position as it is stored: its upper 40 bits, exact in a float."""
    return float(basic_int.latlng_to_cell(latitude, longitude, CELL_RESOLUTION) >> 24)


def cell_value_of(cell: str) -> float:
    """How a cell in hexadecimal is stored; `cell_of` gives it back."""
    return float(h3.str_to_int(cell) >> 24)


def cell_of(value: float) -> str:
    """The H3 cell, in hexadecimal, that `cell_value` stored."""
    return str(h3.int_to_str((int(value) << 24) | 0xFFFFFF))
