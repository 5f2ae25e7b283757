"""No row of a position in a privacy zone is in any built file: over random drives and zones, in both tiers."""

from datetime import datetime, timedelta

import h3
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licensing.datasets import query
from tests.licensing.test_query import START, consent, hot, vehicles
from vehicles.signals import cell_value
from vehicles.zones import circles
from vehicles.zones.circles import Circle
from vehicles.zones.enforced import Enforced

LATITUDE, LONGITUDE, HDOP, ALTITUDE, HEADING, SPEED, CELL, SOC = 1, 2, 3, 4, 5, 6, 57, 43
ASKED = (LATITUDE, LONGITUDE, HDOP, ALTITUDE, HEADING, SPEED, CELL, SOC)
GUARDED = (LATITUDE, LONGITUDE, HDOP, ALTITUDE, HEADING, SPEED, CELL)
NAMES = {CELL: "currentLocationCell7"}
SIGNALS = pa.Table.from_pylist(
    [
        {
            "signal_id": signal,
            "name": NAMES.get(signal, f"s{signal}"),
            "way": "each" if signal == CELL else "mean",
            "bin": 900_000_000,
            "step": 1.0,
            "exact_step": None,
        }
        for signal in ASKED
    ],
    schema=query.SIGNAL_SCHEMA,
)
SEALED = pa.schema(
    [
        ("vehicle_id", pa.int32()),
        ("signal_id", pa.int16()),
        ("ts", query.MICROS),
        ("value", pa.float64()),
        ("source_id", pa.int32()),
        ("flag", pa.int16()),
    ]
)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def sealed(rows) -> ds.Dataset:
    found = [
        {"vehicle_id": v, "signal_id": s, "ts": at(minute), "value": value, "source_id": source, "flag": 0}
        for v, minute, source, told in rows
        for s, value in told.items()
    ]
    return ds.dataset(pa.Table.from_pylist(found, schema=SEALED))


def drive(vehicle: int, places, *, first: float = 0, source: int = 1):
    """A message a minute with a position, its cell and what goes with it; between two of them speed and altitude."""
    rows = []
    for number, (lat, lon) in enumerate(places):
        told = {LATITUDE: lat, LONGITUDE: lon, CELL: cell_value(lat, lon), HDOP: 1.0, SPEED: 50.0, SOC: 60.0}
        rows.append((vehicle, first + number, source, told))
        rows.append((vehicle, first + number + 0.5, source + 1, {ALTITUDE: 300.0, HEADING: 90.0, SPEED: 51.0}))
    return rows


def line(lat: float, lon: float, *, bearing: float, steps: int = 40, meters: float = 150.0):
    """Places on a straight way through a point, which is in its middle."""
    return [circles.moved(lat, lon, meters=meters * (n - steps / 2), bearing=bearing) for n in range(steps)]


@pytest.fixture
def write(tmp_path):
    def run(rows, zones, *, tier="hot", exact=True, count=2, asked=ASKED):
        spans = consent(*[(v, s, exact and s != CELL, 0, 10_000) for v in range(1, count + 1) for s in asked])
        split = {"hot": (rows, []), "sealed": ([], rows), "both": (rows[::2], rows[1::2])}[tier]
        inputs = query.Inputs(
            hot(split[0]) if split[0] else hot([(9, 0, 1, {SOC: 1.0})]),
            spans,
            vehicles(count),
            SIGNALS,
            query.TWIN_SCHEMA.empty_table(),
            cold=sealed(split[1]) if split[1] else None,
            zones=tuple(Enforced(*zone) for zone in zones),
            guarded=GUARDED,
        )
        path = tmp_path / "rows.parquet"
        options = {"spill": tmp_path / "spill", "offset_us": 0, "with_cells": True}
        return query.write_rows(inputs=inputs, path=path, **options), pq.read_table(path).to_pylist()

    return run


ONLY, FIRST, SECOND = "P0000000000000000000", "P0000000000000000001", "P0000000000000000000"  # names of one, or of two


def placed(found, pid=FIRST):
    """Positions that a file gives of a vehicle: (latitude, longitude), and its areas."""
    mine = [row for row in found if row["pid"] == pid]
    lats = {row["ts"]: row["value"] for row in mine if row["signal"] == "s1"}
    lons = {row["ts"]: row["value"] for row in mine if row["signal"] == "s2"}
    assert lats.keys() == lons.keys()
    return [(lats[ts], lons[ts]) for ts in lats], {row["cell"] for row in mine if row["cell"]}


CENTERS = st.tuples(
    st.one_of(st.floats(-89.999, 89.999), st.sampled_from([0.0, 48.2, 89.9999, -89.9999])),
    st.one_of(st.floats(-180, 179.999), st.sampled_from([179.9999, -180.0, 0.0, 11.6])),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    center=CENTERS,
    radius=st.floats(600, 2900),
    aside=st.floats(0, 2500),
    bearing=st.floats(0, 6.28),
    tier=st.sampled_from(["hot", "sealed", "both"]),
)
def test_no_position_and_no_area_in_a_zone_is_in_a_file(write, center, radius, aside, bearing, tier):
    zone = Circle(center[0], circles.wrapped(center[1]), radius)
    passing = circles.moved(*zone[:2], meters=aside, bearing=bearing + 1.57)
    places = line(*passing, bearing=bearing)
    _, found = write(drive(1, places), [(1, zone)], tier=tier, count=1)
    positions, areas = placed(found, ONLY)
    touched = circles.areas_touching(zone)
    outside = [place for place in places if not circles.contains(zone, *place)]
    assert sorted(positions) == sorted(outside)  # all of them, and none in the zone
    assert not areas & touched
    assert areas == {h3.latlng_to_cell(*place, 7) for place in outside} - touched


HOME = Circle(48.2, 11.6, 1000.0)


def test_whatever_is_told_between_a_position_inside_and_the_next_is_withheld_too(write):
    places = line(*HOME[:2], bearing=0.0)
    _, found = write(drive(1, places), [(1, HOME)])
    inside = [number for number, place in enumerate(places) if circles.contains(HOME, *place)]
    told = {(row["ts"] - START) / timedelta(minutes=1) for row in found if row["signal"] in ("s4", "s5", "s6")}
    assert not [minute for minute in told if inside[0] - 1 < minute < inside[-1] + 1]
    assert min(told) == 0.0
    assert max(told) == len(places) - 0.5
    charge = {row["ts"] for row in found if row["signal"] == "s43"}
    assert len(charge) == len(places)  # what tells nothing of a place is not withheld


def test_a_vehicle_that_never_says_where_it_is_tells_nothing_that_needs_it(write):
    rows = [(1, minute, 1, {ALTITUDE: 300.0, SPEED: 40.0, SOC: 50.0}) for minute in range(5)]
    _, found = write(rows, [(1, HOME)])
    assert {row["signal"] for row in found} == {"s43"}


def test_without_exact_positions_the_areas_tell_what_is_inside(write):
    rows = [
        (vehicle, minute, source, {signal: value for signal, value in told.items() if signal not in (1, 2)})
        for vehicle, minute, source, told in drive(1, line(*HOME[:2], bearing=0.0))
    ]
    written, found = write(rows, [(1, HOME)], exact=False)
    _, areas = placed(found)
    assert areas
    assert not areas & circles.areas_touching(HOME)
    assert written.withheld[1] == 1


def test_only_the_zones_own_vehicle_is_concerned(write):
    places = line(*HOME[:2], bearing=0.0)
    written, found = write(drive(1, places) + drive(2, places), [(1, HOME)])
    assert len(placed(found, SECOND)[0]) == len(places)
    assert len(placed(found)[0]) < len(places)
    assert written.withheld[1] == 1


def test_both_tiers_and_any_order_of_zones_give_the_same_bytes(write, tmp_path):
    places = line(*HOME[:2], bearing=0.4)
    other = Circle(*places[0], 700.0)
    seen = set()
    for tier in ("hot", "sealed", "both"):
        for zones in ([(1, HOME), (1, other)], [(1, other), (1, HOME)]):
            write(drive(1, places), zones, tier=tier)
            seen.add((tmp_path / "rows.parquet").read_bytes())
    assert len(seen) == 1


def test_a_source_that_is_outside_does_not_free_one_that_is_inside(write):
    far = circles.moved(*HOME[:2], meters=5000, bearing=0.0)
    rows = [
        (1, n, source, {LATITUDE: place[0], LONGITUDE: place[1]})
        for n in range(4)
        for source, place in ((1, far), (2, HOME[:2]))
    ]
    _, found = write(rows, [(1, HOME)])
    assert found == []
