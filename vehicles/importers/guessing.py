"""A first proposal for a file's columns, by their names and cells; its owner has the last word. Pure."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from vehicles import signals
from vehicles.importers import moments, table, units
from vehicles.importers.columns import Column, Plan
from vehicles.importers.sniffing import Look

WORD = re.compile(r"[^\W_]+(?:/[a-z]+)?|%|°[a-z]?", re.IGNORECASE)
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
TIME_NAMES = frozenset({"time", "timestamp", "datetime", "date", "moment", "ts", "created", "recorded"})
COMMA = re.compile(r"-?\d+,\d+")
_NAMES = {
    "currentLocationLatitude": "lat|latitude|gps lat|gps latitude",
    "currentLocationLongitude": "lon|lng|long|longitude|gps lon|gps longitude",
    "currentLocationAltitude": "alt|altitude|elevation|gps altitude|height",
    "currentLocationHeading": "heading|bearing|course|gps bearing",
    "currentLocationHdop": "hdop|gps hdop",
    "speed": "speed|velocity|vehicle speed|gps speed|obd speed",
    "powertrainTransmissionTravelledDistance": "odometer|odo|mileage",
    "powertrainTractionBatteryStateOfChargeCurrent": "soc|battery level|battery|state of charge|usable battery level",
    "powertrainTractionBatteryCurrentPower": "power|battery power",
    "powertrainTractionBatteryChargingPower": "charger power|charging power|charge power",
    "powertrainTractionBatteryChargingAddedEnergy": "charge energy added|energy added",
    "powertrainTractionBatteryRange": "battery range|range|est battery range",
    "powertrainTractionBatteryCurrentVoltage": "battery voltage|pack voltage",
    "powertrainFuelSystemRelativeLevel": "fuel level|fuel",
    "obdFuelRate": "fuel rate|fuel consumption rate",
    "powertrainCombustionEngineSpeed": "rpm|engine rpm|engine speed",
    "powertrainCombustionEngineECT": "coolant|coolant temperature|coolant temp|engine coolant temperature",
    "powertrainCombustionEngineTPS": "throttle|throttle position",
    "obdEngineLoad": "engine load|load",
    "obdIntakeTemp": "intake temp|intake temperature",
    "powertrainCombustionEngineMAF": "maf|mass air flow",
    "exteriorAirTemperature": "outside temp|outside temperature|ambient temperature|exterior temperature",
    "isIgnitionOn": "ignition|ignition on",
    "lowVoltageBatteryCurrentVoltage": "voltage|battery 12v|aux battery",
}
NAMES: Mapping[str, str] = MappingProxyType(
    {phrase: signal for signal, phrases in _NAMES.items() for phrase in phrases.split("|")}
)


def propose(look: Look) -> Plan:
    """The likeliest plan: a column is proposed once, and only where its name and its cells agree."""
    time, clock = time_of(look)
    comma = look.delimiter != "," and any(
        COMMA.fullmatch(cell) for column in look.header if column != time for cell in look.cells(column)[:20]
    )
    columns: dict[str, Column] = {}
    taken: set[str] = set()
    for name in look.header:
        if name == time:
            continue
        found = meaning(name)
        if found and found.signal not in taken and numeric(look.cells(name), decimal_comma=comma):
            columns[name] = found
            taken.add(found.signal)
    return Plan(look.delimiter, look.header, time, clock, columns, zoned=zoned(look, time, clock), decimal_comma=comma)


def time_of(look: Look) -> tuple[str, str]:
    """The column whose cells all tell a moment, one called so before others; empty names where there is none."""
    likely = sorted(look.header, key=lambda name: TIME_NAMES.isdisjoint(words_of(name)))
    for name in likely:
        clock = moments.clock_of(look.cells(name))
        if clock and (clock not in (moments.SECONDS, moments.MILLISECONDS) or TIME_NAMES & set(words_of(name))):
            return name, clock
    return "", moments.ISO


def zoned(look: Look, time: str, clock: str) -> bool:
    """Whether the first moment that can be read names its zone, or needs none."""
    if clock in (moments.SECONDS, moments.MILLISECONDS):
        return True
    for cell in look.cells(time) if time else []:
        if moments.tells(cell, clock):
            return moments.read(cell, clock).tzinfo is not None
    return False


def meaning(name: str) -> Column | None:
    """The signal and unit that a column's name speaks of."""
    if (own := signals.by_name.get(name)) and own.numeric:
        return Column(own.name, own.unit)
    words = words_of(name)
    for end in range(len(words), 0, -1):
        signal = signals.by_name.get(NAMES.get(" ".join(words[:end]), ""))
        if signal is not None:
            told = (units.SPELLINGS.get(word, "") for word in words[end:])
            unit = next((unit for unit in told if unit in units.units_for(signal)), signal.unit)
            return Column(signal.name, unit)
    return None


def words_of(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(CAMEL.sub(" ", name))]


def numeric(cells: list[str], *, decimal_comma: bool) -> bool:
    """Whether most cells are numbers, or yes and no; an empty column is none."""
    good = 0
    for cell in cells:
        try:
            table.number(cell.replace(",", ".") if decimal_comma else cell)
            good += 1
        except ValueError:
            good += cell.lower() in {"true", "false", "yes", "no", "on", "off"}
    return bool(cells) and good >= moments.MOST * len(cells)
