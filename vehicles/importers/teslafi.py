"""TeslaFi's monthly CSV: one poll a minute, 145 columns, miles, local time without a zone, several cars in a file.

The VIN is masked and shared by different cars, so the car is `vehicle_id`; rows without one (the car sleeps) are
dropped, for carrying the last id forward would mix cars.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import MappingProxyType

from vehicles.importers import clock, table
from vehicles.importers.parsed import Car, Export, Format, Found, Parsed, Rejected, ZoneMissing
from vehicles.readings import Message
from vehicles.signals import COORDINATES, LATITUDE, LONGITUDE, by_name

KM_PER_MILE = 1.609344
GEARS = {"D": 1.0, "N": 0.0, "R": -1.0}
MODELS = {
    "s": "Model S",
    "models": "Model S",
    "models2": "Model S",
    "modelx": "Model X",
    "model3": "Model 3",
    "modely": "Model Y",
}
UNPLUGGED, PLUGGED = {"Disconnected"}, {"Charging", "Complete", "Stopped", "Starting", "NoPower"}

REQUIRED = (
    "Date",
    "vehicle_id",
    "state",
    "latitude",
    "longitude",
    "speed",
    "odometer",
    "battery_level",
    "charging_state",
)
OPTIONAL = (
    "display_name", "car_type", "shift_state", "heading", "elevation", "power", "battery_range", "outside_temp",
    "locked", "charger_power", "charge_energy_added", "charge_limit_soc", "charger_actual_current",
    "fast_charger_present",
)  # fmt: skip
MEASURED = tuple(name for name in (*REQUIRED[3:], *OPTIONAL[2:]))


def flag(cell: str) -> float | None:
    if cell in table.ABSENT:
        return None
    return {"True": 1.0, "1": 1.0, "False": 0.0, "0": 0.0}[cell]


def gear(cell: str) -> float | None:
    return GEARS.get(cell)


def ignition(cell: str) -> float | None:
    """A gear other than P is a car that is on; no gear at all says nothing."""
    return {"P": 0.0}.get(cell, 1.0 if cell in GEARS else None)


def charging(cell: str) -> float | None:
    return float(cell == "Charging") if cell in PLUGGED | UNPLUGGED else None


def plugged(cell: str) -> float | None:
    return float(cell in PLUGGED) if cell in PLUGGED | UNPLUGGED else None


def scaled(factor: float) -> Callable[[str], float | None]:
    def read(cell: str) -> float | None:
        value = table.number(cell)
        return None if value is None else value * factor + 0.0

    return read


# column, signal, how a cell becomes a value in the signal's unit
COLUMNS: tuple[tuple[str, str, Callable[[str], float | None]], ...] = (
    ("heading", "currentLocationHeading", table.number),
    ("elevation", "currentLocationAltitude", table.number),
    ("speed", "speed", scaled(KM_PER_MILE)),
    ("shift_state", "powertrainTransmissionCurrentGear", gear),
    ("shift_state", "isIgnitionOn", ignition),
    ("odometer", "powertrainTransmissionTravelledDistance", scaled(KM_PER_MILE)),
    ("battery_level", "powertrainTractionBatteryStateOfChargeCurrent", table.number),
    ("battery_range", "powertrainTractionBatteryRange", scaled(KM_PER_MILE)),
    ("power", "powertrainTractionBatteryCurrentPower", scaled(-1000.0)),  # into the battery is positive in VSS
    ("outside_temp", "exteriorAirTemperature", table.number),
    ("locked", "bodyLockIsLocked", flag),
    ("charging_state", "powertrainTractionBatteryChargingIsCharging", charging),
    ("charging_state", "powertrainTractionBatteryChargingIsChargingCableConnected", plugged),
    ("charger_power", "powertrainTractionBatteryChargingPower", table.number),
    ("charge_energy_added", "powertrainTractionBatteryChargingAddedEnergy", table.number),
    ("charge_limit_soc", "powertrainTractionBatteryChargingChargeLimit", table.number),
)
SIGNALS = MappingProxyType({signal: by_name[signal].id for _, signal, _ in COLUMNS})
CURRENT_AC = by_name["powertrainTractionBatteryChargingChargeCurrentAC"]


def parse(export: Export) -> Iterator[Found]:
    """Cars, messages and refusals of a TeslaFi file, in its order; its local times are of `export.zone`.

    Raises:
        ZoneMissing, ClockContradictsZone, FileRefused
    """
    if export.zone is None:
        raise ZoneMissing(field="timezone")
    refused: list[Rejected] = []
    known: set[str] = set()
    for local, (line, row) in clock.moments(timed(export, refused), zone=export.zone):
        yield from refused
        refused.clear()
        if not any(row[name] not in table.ABSENT for name in MEASURED):
            yield Rejected(line, "blank_row")
        elif row["vehicle_id"] in table.ABSENT:
            yield Rejected(line, "no_vehicle_id")
        elif local.moment is None:
            yield Rejected(line, local.code, vehicle_key=row["vehicle_id"])
        else:
            yield from found(line, local.moment, row, known)
    yield from refused


def timed(export: Export, refused: list[Rejected]) -> Iterator[tuple[int, datetime, tuple[int, dict[str, str]]]]:
    for line, row in table.rows(export, required=REQUIRED, optional=OPTIONAL):
        try:
            naive = datetime.strptime(row["Date"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - the file names no zone
        except ValueError:
            refused.append(Rejected(line, "bad_time"))
            continue
        yield line, naive, (line, row)


def found(line: int, moment: datetime, row: dict[str, str], known: set[str]) -> Iterator[Found]:
    key = row["vehicle_id"]
    if key not in known:
        known.add(key)
        yield Car(key, row["display_name"], "Tesla", MODELS.get(row["car_type"], ""), None, "electric")
    values: dict[int, float] = {}
    for column, signal, read in COLUMNS:
        try:
            value = read(row[column])
        except (ValueError, KeyError):
            yield Rejected(line, "not_a_number", signal, key)
            continue
        if value is not None:
            values[SIGNALS[signal]] = value
    yield from position(line, row, key, values)
    yield from current(line, row, key, values)
    if values:
        yield Parsed(line, key, "", Message(moment, values))


def position(line: int, row: dict[str, str], key: str, values: dict[int, float]) -> Iterator[Found]:
    try:
        latitude, longitude = table.number(row["latitude"]), table.number(row["longitude"])
    except ValueError:
        yield Rejected(line, "not_a_number", COORDINATES, key)
        return
    if latitude is None and longitude is None:
        return
    if latitude is None or longitude is None:
        yield Rejected(line, "lone_coordinate", COORDINATES, key)
    elif not latitude or not longitude:
        yield Rejected(line, "null_island", COORDINATES, key)
    else:
        values[LATITUDE], values[LONGITUDE] = latitude, longitude


def current(line: int, row: dict[str, str], key: str, values: dict[int, float]) -> Iterator[Found]:
    """The charger's current is alternating unless a fast charger is connected."""
    if row["fast_charger_present"] in ("True", "1"):
        return
    try:
        value = table.number(row["charger_actual_current"])
    except ValueError:
        yield Rejected(line, "not_a_number", CURRENT_AC.name, key)
        return
    if value is not None:
        values[CURRENT_AC.id] = value


FORMAT = Format("teslafi", parse, (".csv",), needs_zone=True)
