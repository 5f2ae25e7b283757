from datetime import UTC, datetime

import pytest

from tests.vehicles.importers.files import export, read, twizy_csv, twizy_row
from vehicles.importers import twizy
from vehicles.importers.parsed import SessionDateMissing, ZoneMissing
from vehicles.signals import ALTITUDE, BATTERY_LEVEL, COORDINATES, LATITUDE, SPEED

NAME = "T3_04_22_2021_1.csv"


def parse(tmp_path, *rows, name=NAME, zone="UTC"):
    return read(twizy.parse, export(tmp_path, name, twizy_csv(*rows), zone))


def clock(second: int) -> str:
    return f"08:{second // 60:02}:{second % 60:02}"


def test_the_date_is_the_file_names_and_corrupt_dates_are_counted(tmp_path):
    rows = [twizy_row(clock(n), Date=date) for n, date in enumerate(["04/22/2021", "90/02/2032", "4/22/2021", "22/04"])]
    messages, refused, _ = parse(tmp_path, *rows)
    assert [m.message.ts for m in messages] == [datetime(2021, 4, 22, 8, 0, n, tzinfo=UTC) for n in range(4)]
    assert refused == {("corrupt_date", "Date"): 2}


@pytest.mark.parametrize("name", ["drive.csv", "T3_13_45_2021.csv", "T3_2021.csv"])
def test_a_name_without_a_date_is_refused(tmp_path, name):
    with pytest.raises(SessionDateMissing):
        parse(tmp_path, twizy_row(), name=name)


def test_a_file_without_a_zone_is_refused(tmp_path):
    with pytest.raises(ZoneMissing):
        parse(tmp_path, twizy_row(), zone="")


def test_the_zone_of_the_session_counts_ramadan_included(tmp_path):
    [april], _, _ = parse(tmp_path, twizy_row(), zone="Africa/Casablanca")
    [june], _, _ = parse(tmp_path, twizy_row(Date="06/30/2021"), name="T1_06_30_2021_1.csv", zone="Africa/Casablanca")
    assert (april.message.ts.hour, june.message.ts.hour) == (8, 7)


def test_a_session_over_midnight_goes_on_the_next_day(tmp_path):
    messages, refused, _ = parse(
        tmp_path,
        twizy_row("23:59:59"),
        twizy_row("00:00:00", Date="04/23/2021"),
        twizy_row("00:00:01", Date="99/23/2021"),
    )
    assert [m.message.ts.day for m in messages] == [22, 23, 23]
    assert refused == {("corrupt_date", "Date"): 1}


def test_a_battery_level_that_jumps_for_one_moment_is_refused_and_a_real_fall_stays(tmp_path):
    levels = ["80.0", "79.8", "0.02", "79.6", "70.0", "69.9"]
    messages, refused, _ = parse(tmp_path, *(twizy_row(clock(n), Soc=soc) for n, soc in enumerate(levels)))
    assert refused == {("soc_glitch", "powertrainTractionBatteryStateOfChargeCurrent"): 1}
    assert [m.message.values.get(BATTERY_LEVEL) for m in messages] == [80.0, 79.8, None, 79.6, 70.0, 69.9]
    assert messages[2].message.values[SPEED] == 30


@pytest.mark.parametrize(("lat", "lon"), [("0.0", "-6.85"), ("10.0", "0"), ("0", "0")])
def test_a_coordinate_of_zero_is_no_position(tmp_path, lat, lon):
    [message], refused, _ = parse(tmp_path, twizy_row(LAT=lat, LON=lon))
    assert refused == {("null_island", COORDINATES): 1}
    assert LATITUDE not in message.message.values


def test_the_sign_for_no_altitude_is_refused_and_a_low_altitude_is_not(tmp_path):
    messages, refused, _ = parse(tmp_path, twizy_row(clock(0), ALT="-111.0"), twizy_row(clock(1), ALT="-3.0"))
    assert refused == {("sentinel_value", "currentLocationAltitude"): 1}
    assert [m.message.values.get(ALTITUDE) for m in messages] == [None, -3.0]


def test_gps_speed_is_compared_only_after_its_lag_is_taken_out(tmp_path):
    wheels = [(n * 7) % 60 + 1 for n in range(300)]
    gps = [0] * 6 + wheels[:-6]
    rows = [twizy_row(clock(n), Speed=str(wheels[n]), GpsSpeed=str(gps[n])) for n in range(300)]
    assert parse(tmp_path, *rows)[1] == {}
    rows[100] = twizy_row(clock(100), Speed=str(wheels[100]), GpsSpeed="140")
    assert parse(tmp_path, *rows)[1] == {("gps_speed_disagrees", "gpsSpeed"): 1}


def test_a_gps_speed_that_stands_still_with_the_car_is_counted(tmp_path):
    rows = [twizy_row(clock(n), Speed="0", GpsSpeed="41.4") for n in range(5)]
    assert parse(tmp_path, *rows)[1] == {("frozen_gps_speed", "gpsSpeed"): 5}
    rows = [twizy_row(clock(n), Speed="10", GpsSpeed="-2") for n in range(3)]
    assert parse(tmp_path, *rows)[1] == {("negative_gps_speed", "gpsSpeed"): 3}


def test_all_sessions_are_of_one_car(tmp_path):
    _, _, cars = parse(tmp_path, twizy_row())
    assert [(car.key, car.make, car.powertrain) for car in cars] == [("twizy", "Renault", "electric")]
