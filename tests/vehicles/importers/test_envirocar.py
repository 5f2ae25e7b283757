from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.vehicles.importers.files import export, geojson, point, read, track
from vehicles.importers import envirocar
from vehicles.importers.parsed import ColumnsMissing, RowMalformed
from vehicles.signals import FUEL_RATE, HDOP, LATITUDE, LONGITUDE, SPEED, by_name

RPM = by_name["powertrainCombustionEngineSpeed"].id
MAF = by_name["powertrainCombustionEngineMAF"].id
AT = "2017-04-21T12:41:05Z"
FULL = {"Rpm": 1500.0, "Consumption": 4.2}


def parse(tmp_path, document):
    return read(envirocar.parse, export(tmp_path, "track.geojson", geojson(document)))


def table(**columns) -> pa.Table:
    n = len(columns["ts"])
    rows = {"vehicle_id": ["car-1"] * n, "track_id": ["t"] * n, "lat": [10.0] * n, "lon": [20.0] * n}
    return pa.table({**rows, "speed_kmh": [30.0] * n, **columns})


def parse_parquet(tmp_path, content: pa.Table):
    pq.write_table(content, tmp_path / "made.parquet", row_group_size=100)
    return read(envirocar.parse, export(tmp_path, "t.parquet", (tmp_path / "made.parquet").read_bytes()))


def test_a_point_becomes_a_message_in_the_catalogs_units(tmp_path):
    measured = {
        **FULL,
        "Speed": 31.0,
        "GPS Speed": 30.2,
        "GPS HDOP": 0.8,
        "MAF": 16.1,
        "GPS Accuracy": 3.0,
        "CO2": 12.4,
    }
    [found], refused, _ = parse(tmp_path, track(point(AT, **measured)))
    assert found.message.ts == datetime(2017, 4, 21, 12, 41, 5, tzinfo=UTC)
    expected = {LATITUDE: 10.0, LONGITUDE: 20.0, HDOP: 0.8, SPEED: 31.0, RPM: 1500.0, MAF: 16.1, FUEL_RATE: 4.2}
    assert found.message.values == expected
    assert not refused


def test_the_car_is_known_by_its_sensor_and_described_by_it(tmp_path):
    car = {"manufacturer": " Volvo", "model": "V40", "constructionYear": 2003, "fuelType": "gasoline"}
    _, _, [found] = parse(tmp_path, track(point(AT), car="abc", **car))
    assert (found.key, found.make, found.model, found.year, found.powertrain) == (
        "abc",
        "Volvo",
        "V40",
        2003,
        "combustion",
    )


def test_points_of_one_moment_become_one_message_and_every_reading_is_accounted_for(tmp_path):
    first = point(AT, 10.0, 20.0, Speed=42.0, Consumption=0.9)
    second = point(AT, 10.0, 20.5, Speed=41.0, Rpm=862.0)
    [found], refused, _ = parse(tmp_path, track(first, second))
    assert found.message.values == {LATITUDE: 10.0, LONGITUDE: 20.5, SPEED: 41.0, RPM: 862.0, FUEL_RATE: 0.9}
    assert refused == {
        ("superseded", "speed"): 1,
        ("superseded", "currentLocationLongitude"): 1,
        ("duplicate", "currentLocationLatitude"): 1,
    }


def test_a_diesel_without_fuel_rate_has_a_gap_that_is_counted(tmp_path):
    messages, refused, _ = parse(tmp_path, track(point(AT, Rpm=900.0, Speed=10.0), fuelType="diesel"))
    assert FUEL_RATE not in messages[0].message.values
    assert refused == {("missing", "obdFuelRate"): 1}


def test_a_gps_speed_below_zero_is_refused(tmp_path):
    _, refused, _ = parse(tmp_path, track(point(AT, Speed=3.0, **FULL, **{"GPS Speed": -21.5})))
    assert refused == {("negative_gps_speed", "gpsSpeed"): 1}


def test_a_gps_speed_may_lag_by_ten_seconds_and_not_more(tmp_path):
    points = [point(f"2017-04-21T12:41:{s:02}Z", Speed=80.0 if s < 5 else 20.0, **FULL) for s in range(30)]
    points[14]["properties"]["phenomenons"]["GPS Speed"] = {"value": 81.0}
    assert parse(tmp_path, track(*points))[1] == {}
    points[25]["properties"]["phenomenons"]["GPS Speed"] = {"value": 81.0}
    assert parse(tmp_path, track(*points))[1] == {("gps_speed_disagrees", "gpsSpeed"): 1}


@pytest.mark.parametrize(
    ("lat", "lon", "code"),
    [(0.0, 0.0, "null_island"), (0.0, 7.5, "null_island"), (None, None, None), ("a", 1.0, "not_a_number")],
)
def test_points_without_a_position_keep_their_other_readings(tmp_path, lat, lon, code):
    [found], refused, _ = parse(tmp_path, track(point(AT, lat, lon, Speed=30.0, **FULL)))
    assert not {LATITUDE, LONGITUDE, HDOP} & found.message.values.keys()
    assert found.message.values[SPEED] == 30.0
    assert (code in {c for c, _ in refused}) == (code is not None)


@pytest.mark.parametrize("value", ["fast", True, float("nan"), 10**400, {"deep": 1}])
def test_a_value_that_is_no_number_is_refused(tmp_path, value):
    [found], refused, _ = parse(tmp_path, track(point(AT, Speed=value, **FULL)))
    assert refused == {("not_a_number", "speed"): 1}
    assert SPEED not in found.message.values


@pytest.mark.parametrize("at", ["2017-04-21T12:41:05", "noon", None, 5, "0001-01-01T00:00:00+23:00"])
def test_a_time_without_a_zone_or_sense_costs_its_point(tmp_path, at):
    messages, refused, _ = parse(tmp_path, track(point(at, **FULL), point(AT, **FULL)))
    assert len(messages) == 1
    assert refused == {("bad_time", ""): 1}


@pytest.mark.parametrize(
    ("damage", "field"),
    [
        ({"type": "Feature"}, "type"),
        ({"features": None}, "features"),
        ({"properties": {"id": "t"}}, "properties.sensor.properties.id"),
        ({"properties": {"sensor": {"properties": {"id": "c"}}}}, "properties.id"),
    ],
)
def test_a_document_that_is_no_track_is_refused_by_its_field(tmp_path, damage, field):
    with pytest.raises(ColumnsMissing) as refused:
        parse(tmp_path, track(point(AT)) | damage)
    assert refused.value.field == field


def test_a_point_that_is_no_feature_is_named_by_its_number(tmp_path):
    with pytest.raises(RowMalformed) as refused:
        parse(tmp_path, track(point(AT), {"type": "Feature"}))
    assert refused.value.line == 2


def test_parquet_holds_many_tracks_and_cars(tmp_path):
    at = [datetime(2017, 1, 1, 0, 0, n % 50, tzinfo=UTC) for n in range(250)]
    cars = [f"car-{n // 125}" for n in range(250)]
    messages, refused, found = parse_parquet(
        tmp_path, table(ts=at, vehicle_id=cars, engine_rpm=[900.0] * 250, fuel_l_h=[1.0] * 250)
    )
    assert [car.key for car in found] == ["car-0", "car-1"]
    assert len(messages) == 250
    assert not refused


def test_parquet_without_its_columns_or_zone_is_refused_by_the_column(tmp_path):
    naive = table(ts=[datetime(2017, 1, 1)])  # noqa: DTZ001
    for content, field in ((naive, "ts"), (table(ts=[datetime(2017, 1, 1, tzinfo=UTC)]).drop_columns("lat"), "lat")):
        with pytest.raises(ColumnsMissing) as refused:
            parse_parquet(tmp_path, content)
        assert refused.value.field == field


def test_parquet_rows_without_a_car_are_refused_by_their_number(tmp_path):
    at = [datetime(2017, 1, 1, tzinfo=UTC)] * 2
    with pytest.raises(RowMalformed) as refused:
        parse_parquet(tmp_path, table(ts=at, vehicle_id=["car", None]))
    assert refused.value.line == 2
