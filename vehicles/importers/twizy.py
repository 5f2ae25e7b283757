"""The Twizy EV data set: one car, one session a file, 1 Hz, local time without a zone.

The dates inside are corrupt here and there while the time runs on, so the date is the file name's.
"""

import re
from array import array
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain

import numpy as np

from vehicles.importers import clock, table
from vehicles.importers.parsed import Car, Export, Format, Found, Parsed, Rejected, SessionDateMissing, ZoneMissing
from vehicles.readings import Message
from vehicles.signals import ALTITUDE, BATTERY_LEVEL, COORDINATES, LATITUDE, LONGITUDE, SPEED, by_id, by_name

CAR = Car("twizy", "Twizy", "Renault", "Twizy", None, "electric")
SESSION = re.compile(r"(?:^|_)(\d{2})_(\d{2})_(\d{4})(?=[_.]|$)")
COLUMNS = ("Date", "Time", "Soc", "Speed", "Mode", "LAT", "LON", "ALT", "GpsSpeed", "Temperature")
GEAR = by_name["powertrainTransmissionCurrentGear"].id
GEARS = {"D": 1.0, "N": 0.0, "R": -1.0}
NUMBERS = (
    ("Soc", BATTERY_LEVEL),
    ("Speed", SPEED),
    ("ALT", ALTITUDE),
    ("Temperature", by_name["exteriorAirTemperature"].id),
)
GPS_SPEED = "gpsSpeed"  # evidence only: the catalog keeps one speed
NO_ALTITUDE = -111.0
SOC_JUMP = 5.0
LONGEST_LAG = 10
MIDNIGHT = timedelta(hours=12)

Row = dict[str, str]


def parse(export: Export) -> Iterator[Found]:
    """The car, its messages and refusals; its local times are of `export.zone`.

    Raises:
        ZoneMissing, SessionDateMissing, ClockContradictsZone, FileRefused
    """
    if export.zone is None:
        raise ZoneMissing(field="timezone")
    session = session_date(export.name)
    yield CAR
    refused: list[Rejected] = []
    wheels, gps = array("d"), array("d")
    timed = clock.moments(dated(export, session, refused), zone=export.zone)
    held: Parsed | None = None
    before: float | None = None
    for local, (line, row) in chain(timed, [(None, (0, {}))]):
        yield from refused
        refused.clear()
        message = None
        if local is not None:
            message, notes = read(line, local, row)
            yield from notes
            note_speeds(row, wheels, gps)
        if held is not None:
            # A glitch is only known by the reading after it, so each message waits for the next.
            if message is not None and glitch(before, held, message):
                del held.message.values[BATTERY_LEVEL]
                yield Rejected(held.row, "soc_glitch", by_id[BATTERY_LEVEL].name, CAR.key)
            before = held.message.values.get(BATTERY_LEVEL, before)
            yield held
        held = message if message is not None else None
    yield from gps_speeds(wheels, gps)


def session_date(name: str) -> date:
    """The session's date from a name like T1_03_29_2021.csv.

    Raises:
        SessionDateMissing
    """
    if match := SESSION.search(name):
        month, day, year = map(int, match.groups())
        try:
            return date(year, month, day)
        except ValueError:
            pass
    raise SessionDateMissing(field="file")


def dated(export: Export, day: date, refused: list[Rejected]) -> Iterator[tuple[int, datetime, tuple[int, Row]]]:
    last: datetime | None = None
    for line, row in table.rows(export, required=COLUMNS):
        try:
            naive = datetime.combine(day, time.fromisoformat(row["Time"]))
        except ValueError:
            refused.append(Rejected(line, "bad_time", vehicle_key=CAR.key))
            continue
        if last is not None and last - naive > MIDNIGHT:
            day += timedelta(days=1)
            naive += timedelta(days=1)
        last = naive
        if not says(row["Date"], day):
            refused.append(Rejected(line, "corrupt_date", "Date", CAR.key))
        yield line, naive, (line, row)


def says(cell: str, day: date) -> bool:
    parts = cell.split("/")
    return (
        len(parts) == 3
        and all(part.isdigit() for part in parts)
        and [int(part) for part in parts] == [day.month, day.day, day.year]
    )


def read(line: int, local: clock.Local, row: Row) -> tuple[Parsed | None, list[Rejected]]:
    if local.moment is None:
        return None, [Rejected(line, local.code, vehicle_key=CAR.key)]
    values: dict[int, float] = {}
    notes: list[Rejected] = []
    for column, signal in NUMBERS:
        try:
            value = table.number(row[column])
        except ValueError:
            notes.append(Rejected(line, "not_a_number", by_id[signal].name, CAR.key))
            continue
        if signal == ALTITUDE and value == NO_ALTITUDE:
            notes.append(Rejected(line, "sentinel_value", by_id[ALTITUDE].name, CAR.key))
        elif value is not None:
            values[signal] = value
    if row["Mode"] in GEARS:
        values[GEAR] = GEARS[row["Mode"]]
    notes += position(line, row, values)
    return Parsed(line, CAR.key, "", Message(local.moment, values)), notes


def position(line: int, row: Row, values: dict[int, float]) -> list[Rejected]:
    try:
        latitude, longitude = table.number(row["LAT"]), table.number(row["LON"])
    except ValueError:
        return [Rejected(line, "not_a_number", COORDINATES, CAR.key)]
    if latitude is None or longitude is None:
        return [] if latitude is longitude else [Rejected(line, "lone_coordinate", COORDINATES, CAR.key)]
    if not latitude or not longitude:
        return [Rejected(line, "null_island", COORDINATES, CAR.key)]
    values[LATITUDE], values[LONGITUDE] = latitude, longitude
    return []


def glitch(before: float | None, held: Parsed, after: Parsed) -> bool:
    """Whether the held battery level leaves its neighbors on both sides by more than SOC_JUMP points."""
    level, following = held.message.values.get(BATTERY_LEVEL), after.message.values.get(BATTERY_LEVEL)
    if level is None or following is None or before is None:
        return False
    return abs(level - before) > SOC_JUMP and abs(level - following) > SOC_JUMP and abs(following - before) <= SOC_JUMP


def note_speeds(row: Row, wheels: array, gps: array) -> None:
    try:
        pair = table.number(row["Speed"]), table.number(row["GpsSpeed"])
    except ValueError:
        return
    if pair[0] is not None and pair[1] is not None:
        wheels.append(pair[0])
        gps.append(pair[1])


def gps_speeds(wheels: array, gps: array) -> Iterator[Rejected]:
    """How many GPS speeds contradict the wheels once GPS, which lags by some seconds, is aligned with them."""
    if negative := sum(value < 0 for value in gps):
        yield Rejected(0, "negative_gps_speed", GPS_SPEED, CAR.key, negative)
    at_wheels, at_gps = aligned(np.frombuffer(wheels), np.frombuffer(gps))
    frozen = (at_wheels < 1) & (at_gps > 20)
    apart = ~frozen & (np.abs(at_wheels - at_gps) > 40)
    for code, found in (("frozen_gps_speed", frozen), ("gps_speed_disagrees", apart)):
        if count := int(found.sum()):
            yield Rejected(0, code, GPS_SPEED, CAR.key, count)


def aligned(wheels: np.ndarray, gps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both series less the lag, up to ten samples, at which they follow each other best."""
    if len(wheels) < 10 * LONGEST_LAG or not wheels.std() or not gps.std():
        return wheels, gps

    def follows(lag: int) -> float:
        first, second = wheels[: len(wheels) - lag], gps[lag:]
        return float(np.corrcoef(first, second)[0, 1]) if first.std() and second.std() else -1.0

    lag = max(range(LONGEST_LAG + 1), key=follows)
    return wheels[: len(wheels) - lag], gps[lag:]


FORMAT = Format("twizy", parse, (".csv",), needs_zone=True)
