"""The recorded drives beside the repository, against counts found by reading them with other means."""

import pytest

from tests.vehicles.importers.files import REAL, export, read
from vehicles.importers import envirocar, teslafi, twizy
from vehicles.signals import ALTITUDE, BATTERY_LEVEL, HDOP, ODOMETER, SPEED, by_name

if not REAL.is_dir():
    pytest.skip("the recorded drives are not beside the repository", allow_module_level=True)
pytestmark = pytest.mark.real_data


def real(tmp_path, parser, name, zone=""):
    path = REAL / name
    return read(parser.parse, export(tmp_path, path.name, path.read_bytes(), zone))


def test_envirocar_gives_every_point_of_83_tracks_and_5_cars(tmp_path):
    messages, refused, cars = real(tmp_path, envirocar, "envirocar.parquet")
    assert len(messages) == 36_684 - 7
    assert len({found.trip_hint for found in messages}) == 83
    assert len(cars) == 5
    assert sum(found.message.values.get(HDOP, 0) >= 20 for found in messages) == 42
    codes = {code for code, _ in refused}
    assert refused["negative_gps_speed", "gpsSpeed"] == 1
    assert refused["superseded", "speed"] + refused["duplicate", "speed"] == 7
    assert codes == {"missing", "superseded", "duplicate", "negative_gps_speed"}


def test_envirocar_fuel_is_missing_in_every_point_of_the_diesel(tmp_path):
    messages, refused, _ = real(tmp_path, envirocar, "envirocar.parquet")
    fuel = by_name["obdFuelRate"].id
    diesel = [found for found in messages if found.vehicle_key == "57514893e4b09078f98a4a36"]
    assert len(diesel) == 1_712
    assert not any(fuel in found.message.values for found in diesel)
    assert refused["missing", "obdFuelRate"] == 2_077 - 7


def test_the_apis_own_export_agrees_with_the_parquet(tmp_path):
    name = "58fa0540268d1b08a4497422"
    alone, _, [car] = real(tmp_path, envirocar, f"envirocar_track_{name}.geojson")
    together, _, _ = real(tmp_path, envirocar, "envirocar.parquet")
    assert (car.make, car.model, car.year) == ("Volvo", "V40", 2003)
    assert [found.message for found in alone] == [found.message for found in together if found.trip_hint == name]


@pytest.mark.parametrize(
    ("name", "awake", "blank", "zeroed", "cars"),
    [
        ("01_complete__TeslaFi62016.csv", 809, 190, 808, 1),
        ("01_complete__TeslaFi72016.csv", 14, 85, 14, 1),
        ("02_timezone__TeslaFi92019.csv", 286, 713, 286, 1),
        ("03_empty__TeslaFi62018.csv", 109, 490, 109, 1),
        ("06_two_cars__TeslaFi62020.csv", 231, 73, 0, 2),
    ],
)
def test_teslafi_rows_are_awake_or_blank(tmp_path, name, awake, blank, zeroed, cars):
    messages, refused, found = real(tmp_path, teslafi, f"teslafi_raw/{name}", "America/Los_Angeles")
    assert (len(messages), refused["blank_row", ""]) == (awake, blank)
    assert refused["null_island", "currentLocationCoordinates"] == zeroed
    assert len(found) == cars
    assert {code for code, _ in refused} <= {"blank_row", "null_island"}


def test_the_one_real_charging_session_has_70_minutes(tmp_path):
    messages, _, _ = real(tmp_path, teslafi, "teslafi_raw/01_complete__TeslaFi62016.csv", "America/Los_Angeles")
    charging = by_name["powertrainTractionBatteryChargingIsCharging"].id
    assert sum(found.message.values.get(charging, 0) for found in messages) == 70


def test_the_one_real_drive_runs_six_miles_in_kilometers(tmp_path):
    messages, _, _ = real(tmp_path, teslafi, "teslafi_raw/06_two_cars__TeslaFi62020.csv", "America/New_York")
    first = [found.message.values for found in messages if found.vehicle_key == "736151111"]
    odometer = [values[ODOMETER] for values in first]
    assert odometer[-1] - odometer[0] == pytest.approx((22_976.746896 - 22_970.619554) * 1.609344)
    levels = [values[BATTERY_LEVEL] for values in first]
    assert (max(levels), min(levels)) == (71, 68)
    assert max(values.get(SPEED, 0) for values in first) == pytest.approx(61 * 1.609344)
    assert {found.vehicle_key for found in messages} == {"736151111", "172022222"}


def test_fourteen_twizy_sessions_keep_every_second(tmp_path):
    rows, refused = 0, {}
    for path in sorted((REAL / "twizy").glob("*.csv")):
        messages, counts, _ = real(tmp_path, twizy, f"twizy/{path.name}", "Africa/Casablanca")
        seconds = [int(found.message.ts.timestamp()) for found in messages]
        assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))
        rows += len(messages)
        refused = {key: refused.get(key, 0) + counts.get(key, 0) for key in {*refused, *counts}}
    assert rows == 43_567
    assert refused == {
        ("corrupt_date", "Date"): 157,
        ("null_island", "currentLocationCoordinates"): 4,
        ("sentinel_value", "currentLocationAltitude"): 122,
        ("soc_glitch", "powertrainTractionBatteryStateOfChargeCurrent"): 1,
        ("frozen_gps_speed", "gpsSpeed"): 571,
        ("gps_speed_disagrees", "gpsSpeed"): 430,
    }


def test_the_battery_glitch_is_taken_out_and_the_level_before_and_after_stays(tmp_path):
    messages, _, _ = real(tmp_path, twizy, "twizy/T3_05_25_2021_04.csv", "Africa/Casablanca")
    levels = [found.message.values.get(BATTERY_LEVEL) for found in messages]
    assert levels[2503:2506] == [14.72, None, 13.32]
    assert min(found.message.values.get(ALTITUDE, 0) for found in messages) > -111
