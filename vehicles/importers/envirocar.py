"""enviroCar: tracks of a phone and an OBD dongle, as the API's GeoJSON or as Parquet of many tracks. Times are UTC.

Units as measured, not as labeled: "MAF l/s" is g/s by its magnitude. GPS speed is evidence only.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from vehicles.importers import tracks
from vehicles.importers.parsed import Car, Export, FileEmpty, FileNotText, Format, Found, Parsed, Rejected
from vehicles.importers.tracks import COLUMNS, GPS_SPEED
from vehicles.readings import Message
from vehicles.signals import COORDINATES, FUEL_RATE, HDOP, LATITUDE, LONGITUDE, SPEED, by_id, by_name

RPM = by_name["powertrainCombustionEngineSpeed"].id
EXPECTED = (RPM, FUEL_RATE)  # counted where a point lacks them; a diesel's fuel rate is in none
LAG_SECONDS = 10.0
APART_KMH = 40.0
Speeds = deque[tuple[datetime, float]]


def parse(export: Export) -> Iterator[Found]:
    """Cars, messages and refusals of an enviroCar file; points of one track at one moment become one message.

    Raises:
        FileRefused
    """
    with export.path.open("rb") as handle:
        start = handle.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise FileEmpty("The file is empty.")
    if start.startswith(b"PAR1"):
        yield from merged(tracks.from_parquet(export), known=set())
    elif start.startswith(b"{"):
        document = tracks.read_geojson(export)
        car = tracks.car(document)
        yield car
        yield from merged(tracks.from_geojson(document), known={car.key})
    else:
        raise FileNotText("This is neither enviroCar's GeoJSON nor its Parquet.", line=1)


def merged(points: Iterator[tracks.Point], *, known: set[str]) -> Iterator[Found]:
    """One message a moment and track: a later value replaces an earlier one and is counted, a gap does not."""
    held: Parsed | None = None
    wheels: Speeds = deque()
    for row, key, track, moment, cells in points:
        if key not in known:
            known.add(key)
            yield Car(key, tracks.nickname(key), powertrain="combustion")
        if moment is None:
            yield Rejected(row, "bad_time", vehicle_key=key)
            continue
        values, notes = read(row, key, cells)
        yield from notes
        if held and (held.vehicle_key, held.trip_hint) != (key, track):
            wheels.clear()
        yield from gps_speed(row, key, moment, cells, values, wheels)
        if held and held[1:3] == (key, track) and held.message.ts == moment:
            for signal in values.keys() & held.message.values.keys():
                code = "duplicate" if values[signal] == held.message.values[signal] else "superseded"
                yield Rejected(held.row, code, by_id[signal].name, key)
            held.message.values.update(values)
            continue
        yield from given(held)
        held = Parsed(row, key, track, Message(moment, values))
    yield from given(held)


def given(parsed: Parsed | None) -> Iterator[Found]:
    if parsed is None:
        return
    for signal in EXPECTED:
        if signal not in parsed.message.values:
            yield Rejected(parsed.row, "missing", by_id[signal].name, parsed.vehicle_key)
    if parsed.message.values:
        yield parsed


def read(row: int, key: str, cells: Mapping[str, Any]) -> tuple[dict[int, float], list[Rejected]]:
    values: dict[int, float] = {}
    notes: list[Rejected] = []
    for column, signal in COLUMNS:
        value = cells.get(column)
        if value is None or signal in values:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e300:
            notes.append(Rejected(row, "not_a_number", by_id[signal].name, key))
            continue
        values[signal] = float(value)
    if (LATITUDE in values) != (LONGITUDE in values):
        notes.append(Rejected(row, "lone_coordinate", COORDINATES, key))
    elif LATITUDE in values and not (values[LATITUDE] and values[LONGITUDE]):
        notes.append(Rejected(row, "null_island", COORDINATES, key))
    else:
        return values, notes
    for signal in (LATITUDE, LONGITUDE, HDOP):
        values.pop(signal, None)
    return values, notes


def gps_speed(
    row: int, key: str, moment: datetime, cells: Mapping[str, Any], values: Mapping[int, float], wheels: Speeds
) -> Iterator[Rejected]:
    """GPS speed below zero, or far from every speed that the wheels had in the seconds by which GPS may lag."""
    if SPEED in values:
        wheels.append((moment, values[SPEED]))
    while wheels and (moment - wheels[0][0]).total_seconds() > LAG_SECONDS:
        wheels.popleft()
    value = cells.get(GPS_SPEED)
    if not isinstance(value, int | float):
        return
    if value < 0:
        yield Rejected(row, "negative_gps_speed", "gpsSpeed", key)
    elif wheels and all(abs(value - speed) > APART_KMH for _, speed in wheels):
        yield Rejected(row, "gps_speed_disagrees", "gpsSpeed", key)


FORMAT = Format("envirocar", parse, (".geojson", ".json", ".parquet"), needs_zone=False)
