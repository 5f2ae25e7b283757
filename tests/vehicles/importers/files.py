"""Made-up export files, small enough to read, for tests that run anywhere."""

import json
from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

from vehicles.importers import teslafi
from vehicles.importers.parsed import Car, Export, Parsed, Parser, Rejected

REAL = settings.BASE_DIR.parent / "shared" / "data"
TWIZY_HEADER = (
    "Date,Time,Soc,Speed,Mode,LAT,LON,ALT,GpsSpeed,Temperature,Humidity,Weather,WindSpeedAv,Traffic,SpeedLimit"
)


def export(folder: Path, name: str, content: str | bytes, zone: str = "") -> Export:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Export(path, name, ZoneInfo(zone) if zone else None)


def read(parse: Parser, file: Export) -> tuple[list[Parsed], Counter[tuple[str, str]], list[Car]]:
    """Everything a parser finds: messages, refusals by (code, signal), cars."""
    found = list(parse(file))
    refused: Counter[tuple[str, str]] = Counter()
    for item in found:
        if isinstance(item, Rejected):
            refused[item.code, item.signal] += item.times
    return (
        [item for item in found if isinstance(item, Parsed)],
        refused,
        [item for item in found if isinstance(item, Car)],
    )


def teslafi_row(at: str, **cells: str) -> dict[str, str]:
    row = dict.fromkeys((*teslafi.REQUIRED, *teslafi.OPTIONAL, "vin"), "None")
    row |= {"Date": at, "vehicle_id": "11", "state": "online", "vin": "5YJXXXXXXXXXXXXXX", "display_name": "Blue"}
    return row | {"latitude": "40.5", "longitude": "-74.25", "odometer": "1000", "battery_level": "71"} | cells


def teslafi_csv(*rows: dict[str, str]) -> str:
    header = list(rows[0])
    return "\ufeff" + "\n".join([",".join(header), *(",".join(row[name] for name in header) for row in rows)]) + "\n"


def asleep(at: str) -> dict[str, str]:
    return dict.fromkeys(teslafi_row(at), "") | {"Date": at, "state": "asleep"}


def twizy_csv(*rows: str) -> str:
    return "\n".join([TWIZY_HEADER, *rows]) + "\n"


def twizy_row(at: str = "08:00:00", **cells: str) -> str:
    row = {"Date": "04/22/2021", "Time": at, "Soc": "80.0", "Speed": "30.0", "Mode": "D", "LAT": "10.5", "LON": "-20.5"}
    row |= {"ALT": "100", "GpsSpeed": "30", "Temperature": "17.2", "Humidity": "72", "Weather": "Clouds"}
    row |= {"WindSpeedAv": "0.3", "Traffic": "0", "SpeedLimit": "40"} | cells
    return ",".join(row.values())


def track(*points: dict, car: str = "car-1", name: str = "track-1", **sensor) -> dict:
    """A track as the enviroCar API exports it."""
    return {
        "type": "FeatureCollection",
        "properties": {"id": name, "sensor": {"type": "car", "properties": {"id": car, **sensor}}},
        "features": list(points),
    }


def point(at: str, lat: float | None = 10.0, lon: float | None = 20.0, **measured) -> dict:
    phenomena = {name: {"unit": "?", "value": value} for name, value in measured.items()}
    geometry = None if lat is None else {"type": "Point", "coordinates": [lon, lat]}
    return {"type": "Feature", "properties": {"time": at, "phenomenons": phenomena}, "geometry": geometry}


def geojson(document: dict) -> str:
    return json.dumps(document)
