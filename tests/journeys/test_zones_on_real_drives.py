"""Real drives with a zone at each end: a licensed file holds no point inside, and says how much was left out."""

import csv
from datetime import UTC, datetime, timedelta

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from licensing.datasets import query
from tests.journeys import world
from tests.licensing.test_query import vehicles
from tests.licensing.test_zone_query import CELL, GUARDED, LATITUDE, LONGITUDE, SEALED, SIGNALS, SPEED, placed
from vehicles.signals import cell_value
from vehicles.zones import circles
from vehicles.zones.circles import Circle
from vehicles.zones.enforced import Enforced

if not world.DATA.is_dir():
    pytest.skip(f"the recorded drives are not beside this checkout ({world.DATA.name})", allow_module_level=True)

KEY, PERSON = bytes(range(32)), bytes(16)
Point = tuple[datetime, float, float]


def envirocar() -> dict[str, list[Point]]:
    """Tracks of one car."""
    table = pq.read_table(world.DATA / "envirocar.parquet", columns=["vehicle_id", "track_id", "ts", "lat", "lon"])
    car = sorted(set(table["vehicle_id"].to_pylist()))[0]
    tracks: dict[str, list[Point]] = {}
    for row in table.filter(pc.equal(table["vehicle_id"], car)).to_pylist():
        tracks.setdefault(row["track_id"], []).append((row["ts"], row["lat"], row["lon"]))
    return tracks


def sessions() -> dict[str, list[Point]]:
    """Twizy sessions, a day each; their places are what counts here, and their clock is not told."""
    found: dict[str, list[Point]] = {}
    for number, path in enumerate(sorted((world.DATA / "twizy").glob("*.csv"))):
        start = datetime(2021, 4, 1, tzinfo=UTC) + timedelta(days=number)
        for second, line in enumerate(twizy_rows(path)):
            if line["LAT"] and line["LON"]:
                found.setdefault(path.stem, []).append((start + timedelta(seconds=second), line["LAT"], line["LON"]))
    return found


def twizy_rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            told = {name.strip(): value for name, value in row.items() if name}
            yield {"LAT": float(told["LAT"] or 0), "LON": float(told["LON"] or 0)}


def ends_of(tracks: dict[str, list[Point]]) -> list[Enforced]:
    """A zone at both ends of each track, as it would be drawn and enforced."""
    found = []
    for number, points in enumerate(tracks.values()):
        for place in (min(points), max(points)):
            drawn = circles.shifted(key=KEY, person=PERSON, lat=place[1], lon=place[2], radius_m=300)
            margin = circles.margin_m(key=KEY, vehicle=b"salt", zone=bytes([number % 256]))
            found.append(Enforced(1, Circle(drawn.lat, drawn.lon, drawn.radius_m + margin)))
    return found


@pytest.mark.parametrize("drives", [envirocar, sessions])
def test_a_file_of_real_drives_holds_no_point_near_either_end(drives, tmp_path):
    tracks = drives()
    points = sorted({(ts, lat, lon) for track in tracks.values() for ts, lat, lon in track})
    zones = ends_of(tracks)
    rows = [
        {"vehicle_id": 1, "signal_id": signal, "ts": ts, "value": value, "source_id": 1, "flag": 0}
        for ts, lat, lon in points
        for signal, value in ((LATITUDE, lat), (LONGITUDE, lon), (CELL, cell_value(lat, lon)), (SPEED, 40.0))
    ]
    span = {"vehicle_id": 1, "start_at": points[0][0], "end_at": points[-1][0] + timedelta(seconds=1)}
    inputs = query.Inputs(
        query.pa.table(
            {"vehicle_id": [9], "ts": [points[0][0]], "source_id": [1], "sig": [[43]], "val": [[1.0]]},
            schema=HOT,
        ),
        query.pa.Table.from_pylist(
            [{**span, "signal_id": s, "exact": s != CELL} for s in (LATITUDE, LONGITUDE, CELL, SPEED)],
            schema=query.CONSENT_SCHEMA,
        ),
        vehicles(1),
        SIGNALS,
        query.TWIN_SCHEMA.empty_table(),
        cold=ds.dataset(query.pa.Table.from_pylist(rows, schema=SEALED)),
        zones=tuple(zones),
        guarded=GUARDED,
    )
    path = tmp_path / "rows.parquet"
    written = query.write_rows(inputs=inputs, path=path, spill=tmp_path / "spill", offset_us=0, with_cells=True)
    positions, areas = placed(pq.read_table(path).to_pylist(), "P0000000000000000000")
    inside = [at for at in positions if any(circles.contains(zone.circle, *at) for zone in zones)]
    assert inside == []
    assert not areas & {cell for zone in zones for cell in circles.areas_touching(zone.circle)}
    assert 0 < len(positions) < len(points)
    assert written.withheld[0] > 0


HOT = query.pa.schema(
    [
        ("vehicle_id", query.pa.int32()),
        ("ts", query.MICROS),
        ("source_id", query.pa.int32()),
        ("sig", query.pa.list_(query.pa.int16())),
        ("val", query.pa.list_(query.pa.float64())),
    ]
)
