"""enviroCar's points, read from either of its files: GeoJSON of one track, or Parquet of many in batches."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from vehicles.importers.parsed import (
    Car,
    ColumnsMissing,
    Export,
    FileEmpty,
    FileNotText,
    FileTooLarge,
    FileTruncated,
    RowMalformed,
)
from vehicles.importers.table import listed
from vehicles.signals import ALTITUDE, FUEL_RATE, HDOP, HEADING, LATITUDE, LONGITUDE, SPEED, by_name

MAF = by_name["powertrainCombustionEngineMAF"].id
LARGEST_GEOJSON = 32 * 2**20
LARGEST_GROUP = 512 * 2**20
BATCH = 4096
DEEPEST = 32
STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # to the end of the file where it is not closed
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))

# column, signal; of two for one signal the first that is there counts
COLUMNS: tuple[tuple[str, int], ...] = (
    ("lat", LATITUDE),
    ("lon", LONGITUDE),
    ("gps_hdop", HDOP),
    ("gps_altitude_m", ALTITUDE),
    ("gps_bearing_deg", HEADING),
    ("speed_kmh", SPEED),
    ("engine_rpm", by_name["powertrainCombustionEngineSpeed"].id),
    ("engine_load_pct", by_name["obdEngineLoad"].id),
    ("throttle_pct", by_name["powertrainCombustionEngineTPS"].id),
    ("intake_temp_c", by_name["obdIntakeTemp"].id),
    ("maf_reported", MAF),
    ("maf_calculated_g_s", MAF),
    ("fuel_l_h", FUEL_RATE),
)
GPS_SPEED = "gps_speed_kmh"
PHENOMENA: Mapping[str, str] = MappingProxyType(
    {
        "GPS HDOP": "gps_hdop",
        "GPS Altitude": "gps_altitude_m",
        "GPS Bearing": "gps_bearing_deg",
        "GPS Speed": GPS_SPEED,
        "Speed": "speed_kmh",
        "Rpm": "engine_rpm",
        "Engine Load": "engine_load_pct",
        "Throttle Position": "throttle_pct",
        "Intake Temperature": "intake_temp_c",
        "MAF": "maf_reported",
        "Calculated MAF": "maf_calculated_g_s",
        "Consumption": "fuel_l_h",
    }
)
KEYS = ("vehicle_id", "track_id", "ts")
Point = tuple[int, str, str, datetime | None, Mapping[str, Any]]  # row, car, track, moment, value by column


def nickname(key: str) -> str:
    return f"enviroCar {key[-4:]}"


def from_parquet(export: Export) -> Iterator[Point]:
    """The points of a Parquet file with one row a point.

    Raises:
        FileTruncated, FileEmpty, FileTooLarge, ColumnsMissing, RowMalformed
    """
    row = 0
    try:
        # Dictionaries keep repeated keys small, whatever the file claims about their sizes.
        with pq.ParquetFile(export.path, read_dictionary=["vehicle_id", "track_id"]) as file:
            names = checked(file)
            for batch in file.iter_batches(batch_size=BATCH, columns=names, use_threads=False):
                for cells in batch.to_pylist():
                    row += 1
                    key, track, ts = (cells[name] for name in KEYS)
                    if not key or not track:
                        raise RowMalformed(f"Row {row} names no car or no track.", line=row, field="vehicle_id")
                    yield row, key, track, ts, cells
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise FileTruncated(
            f"The Parquet file cannot be read beyond row {row}: it is cut off or damaged.", line=row
        ) from error


def checked(file: pq.ParquetFile) -> list[str]:
    schema = file.schema_arrow
    required = (*KEYS, "lat", "lon", "speed_kmh")
    if missing := [name for name in required if name not in schema.names]:
        raise ColumnsMissing(f"The file has no column {listed(missing)}. Is this enviroCar's?", field=missing[0])
    moment = schema.field("ts").type
    if not pa.types.is_timestamp(moment) or moment.tz is None:
        raise ColumnsMissing("Column ts must be a time with its zone.", field="ts")
    if not file.metadata.num_rows:
        raise FileEmpty("The file has columns but no rows.")
    groups = (file.metadata.row_group(at) for at in range(file.metadata.num_row_groups))
    if max(group.total_byte_size for group in groups) > LARGEST_GROUP:
        raise FileTooLarge("A row group of the file unpacks to more than 512 MiB.")
    wanted = {*KEYS, GPS_SPEED, *(column for column, _ in COLUMNS)}
    return [name for name in schema.names if name in wanted]


def read_geojson(export: Export) -> dict[str, Any]:
    """The document of one track, as the API exports it.

    Raises:
        FileTooLarge, FileNotText, FileTruncated, ColumnsMissing, FileEmpty
    """
    if export.path.stat().st_size > LARGEST_GEOJSON:
        raise FileTooLarge("A track as GeoJSON may have up to 32 MiB.")
    content = export.path.read_bytes()
    if nesting(content) > DEEPEST:
        raise RowMalformed("The file is nested too deeply to be a track.", line=1)
    try:
        document = json.loads(content)
    except UnicodeDecodeError as error:
        raise FileNotText(f"The file is not UTF-8 text (byte {error.start + 1}).") from None
    except json.JSONDecodeError as error:
        raise FileTruncated(
            f"Line {error.lineno}, column {error.colno}: {error.msg}. The file is cut off or damaged.",
            line=error.lineno,
        ) from None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise ColumnsMissing("The file is not a GeoJSON FeatureCollection.", field="type")
    if not isinstance(document.get("features"), list):
        raise ColumnsMissing("The track has no list of features.", field="features")
    if not document["features"]:
        raise FileEmpty("The track has no points.")
    return document


def nesting(content: bytes) -> int:
    """How deeply brackets nest. Asked first, as a library raises Python's own limit until the parser overflows."""
    brackets = STRING.sub(b"", content).translate(None, delete=NOT_BRACKETS)
    deeper = np.isin(np.frombuffer(brackets, np.uint8), list(b"[{"))
    return int(np.cumsum(np.where(deeper, 1, -1)).max(initial=0))


def member(value: Any, *path: str) -> Any:
    """What stands at a path of nested objects, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def car(document: Mapping[str, Any]) -> Car:
    """The car of a track.

    Raises:
        ColumnsMissing
    """
    sensor = member(document, "properties", "sensor", "properties")
    key = text(member(sensor, "id"))
    if not key:
        raise ColumnsMissing("The track does not say which car it is of.", field="properties.sensor.properties.id")
    year = member(sensor, "constructionYear")
    return Car(
        key[:80],
        nickname(key),
        text(member(sensor, "manufacturer"))[:60],
        text(member(sensor, "model"))[:80],
        year if isinstance(year, int) and 1886 <= year <= 2100 else None,
        {"electric": "electric", "hybrid": "hybrid"}.get(text(member(sensor, "fuelType")), "combustion"),
    )


def from_geojson(document: Mapping[str, Any]) -> Iterator[Point]:
    """The points of one track.

    Raises:
        ColumnsMissing, RowMalformed
    """
    key, track = car(document).key, text(member(document, "properties", "id"))
    if not track:
        raise ColumnsMissing("The track has no id.", field="properties.id")
    for row, feature in enumerate(document["features"], start=1):
        measured = member(feature, "properties", "phenomenons")
        if not isinstance(measured, dict):
            raise RowMalformed(f"Point {row} has no phenomenons.", line=row, field="properties.phenomenons")
        cells = {PHENOMENA[name]: member(entry, "value") for name, entry in measured.items() if name in PHENOMENA}
        coordinates = member(feature, "geometry", "coordinates")
        if isinstance(coordinates, list) and len(coordinates) >= 2:
            cells["lon"], cells["lat"] = coordinates[0], coordinates[1]
        yield row, key, track, instant(member(feature, "properties", "time")), cells


def instant(value: Any) -> datetime | None:
    """A time in ISO 8601 with its zone, or None."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None
