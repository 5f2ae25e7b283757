from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.vehicles.importers.files import asleep, export, read, teslafi_csv, teslafi_row
from vehicles.importers import teslafi
from vehicles.importers.parsed import ClockContradictsZone, ZoneMissing
from vehicles.signals import ALTITUDE, BATTERY_LEVEL, BATTERY_POWER, COORDINATES, LATITUDE, ODOMETER, SPEED, by_name

BERLIN = "Europe/Berlin"


def parse(tmp_path, *rows, zone=BERLIN):
    return read(teslafi.parse, export(tmp_path, "TeslaFi12020.csv", teslafi_csv(*rows), zone))


def test_a_file_without_a_zone_is_refused_rather_than_guessed(tmp_path):
    with pytest.raises(ZoneMissing) as refused:
        parse(tmp_path, teslafi_row("2020-01-01 10:00:00"), zone="")
    assert refused.value.field == "timezone"


def test_local_times_become_moments_of_the_zone(tmp_path):
    messages, _, _ = parse(tmp_path, teslafi_row("2020-01-01 10:00:00"), teslafi_row("2020-07-01 10:00:00"))
    assert [m.message.ts for m in messages] == [
        datetime(2020, 1, 1, 9, tzinfo=UTC),
        datetime(2020, 7, 1, 8, tzinfo=UTC),
    ]


def test_miles_become_kilometers_and_power_out_of_the_battery_is_negative(tmp_path):
    row = teslafi_row("2020-01-01 10:00:00", speed="60", odometer="1000", power="12", elevation="33.5")
    [message], _, _ = parse(tmp_path, row)
    assert message.message.values[SPEED] == pytest.approx(96.56064)
    assert message.message.values[ODOMETER] == pytest.approx(1609.344)
    assert message.message.values[BATTERY_POWER] == -12_000
    assert message.message.values[ALTITUDE] == 33.5


def test_none_is_a_gap_and_not_a_value(tmp_path):
    [message], refused, _ = parse(tmp_path, teslafi_row("2020-01-01 10:00:00", speed="None", outside_temp=""))
    assert SPEED not in message.message.values
    assert not refused


def test_rows_of_a_sleeping_car_are_counted_and_give_nothing(tmp_path):
    messages, refused, _ = parse(tmp_path, asleep("2020-01-01 10:00:00"), teslafi_row("2020-01-01 10:01:00"))
    assert len(messages) == 1
    assert refused == {("blank_row", ""): 1}


def test_two_cars_in_a_file_stay_apart_and_a_row_without_an_id_goes_to_neither(tmp_path):
    messages, refused, cars = parse(
        tmp_path,
        teslafi_row("2020-01-01 10:00:00", vehicle_id="11", display_name="Blue"),
        teslafi_row("2020-01-01 10:01:00", vehicle_id=""),
        teslafi_row("2020-01-01 10:02:00", vehicle_id="22", display_name="Red"),
    )
    assert [m.vehicle_key for m in messages] == ["11", "22"]
    assert refused == {("no_vehicle_id", ""): 1}
    assert [(car.key, car.nickname) for car in cars] == [("11", "Blue"), ("22", "Red")]


def test_a_masked_vin_shared_by_two_cars_never_joins_them(tmp_path):
    same = {"vin": "5YJSA1YYYFF08YYYY"}
    _, _, cars = parse(
        tmp_path,
        teslafi_row("2020-01-01 10:00:00", vehicle_id="11", **same),
        teslafi_row("2020-01-01 10:01:00", vehicle_id="22", **same),
    )
    assert {car.key for car in cars} == {"11", "22"}


@pytest.mark.parametrize(
    ("latitude", "longitude", "code"),
    [
        ("0", "0", "null_island"),
        ("0.0", "0.0", "null_island"),
        ("40.5", "None", "lone_coordinate"),
        ("x", "1", "not_a_number"),
    ],
)
def test_a_position_without_a_fix_is_refused_and_the_rest_of_the_row_lives(tmp_path, latitude, longitude, code):
    [message], refused, _ = parse(tmp_path, teslafi_row("2020-01-01 10:00:00", latitude=latitude, longitude=longitude))
    assert refused == {(code, COORDINATES): 1}
    assert LATITUDE not in message.message.values
    assert message.message.values[BATTERY_LEVEL] == 71


def test_a_cell_that_is_no_number_is_counted_by_its_signal(tmp_path):
    [message], refused, _ = parse(tmp_path, teslafi_row("2020-01-01 10:00:00", odometer="far", locked="maybe"))
    assert refused == {
        ("not_a_number", "powertrainTransmissionTravelledDistance"): 1,
        ("not_a_number", "bodyLockIsLocked"): 1,
    }
    assert ODOMETER not in message.message.values


def test_charging_and_the_cable_follow_the_charging_state(tmp_path):
    is_charging = by_name["powertrainTractionBatteryChargingIsCharging"].id
    cable = by_name["powertrainTractionBatteryChargingIsChargingCableConnected"].id
    states = ["Charging", "Complete", "Disconnected", "None"]
    rows = [teslafi_row(f"2020-01-01 10:0{n}:00", charging_state=state) for n, state in enumerate(states)]
    messages, _, _ = parse(tmp_path, *rows)
    told = [(m.message.values.get(is_charging), m.message.values.get(cable)) for m in messages]
    assert told == [(1, 1), (0, 1), (0, 0), (None, None)]


def test_the_hour_that_comes_twice_is_told_apart_by_the_step_back(tmp_path):
    clock = ["01:58", "02:10", "02:59", "02:00", "02:30", "03:01"]
    messages, refused, _ = parse(tmp_path, *(teslafi_row(f"2020-10-25 {at}:00") for at in clock))
    moments = [m.message.ts for m in messages]
    assert not refused
    assert [f"{at:%H:%M}" for at in moments] == ["23:58", "00:10", "00:59", "01:00", "01:30", "02:01"]
    assert all(a < b for a, b in pairwise(moments))


def test_the_hour_that_comes_twice_is_not_guessed_without_the_step_back(tmp_path):
    messages, refused, _ = parse(tmp_path, *(teslafi_row(f"2020-10-25 {at}:00") for at in ("01:58", "02:10", "03:01")))
    assert len(messages) == 2
    assert refused == {("ambiguous_time", ""): 1}


def test_a_local_time_that_did_not_exist_is_refused(tmp_path):
    messages, refused, _ = parse(tmp_path, *(teslafi_row(f"2020-03-29 {at}:00") for at in ("01:59", "02:30", "03:01")))
    assert len(messages) == 2
    assert refused == {("nonexistent_time", ""): 1}


def test_a_clock_that_steps_back_where_the_zone_does_not_refuses_the_file(tmp_path):
    rows = [teslafi_row(f"2020-10-25 {at}:00") for at in ("01:10", "01:59", "01:00", "01:30")]
    with pytest.raises(ClockContradictsZone) as refused:
        parse(tmp_path, *rows)
    assert refused.value.line == 4
    assert len(parse(tmp_path, *rows, zone="Europe/London")[0]) == 4


def test_an_unreadable_time_costs_its_row_only(tmp_path):
    times = ["yesterday", "", "2020-02-30 10:00:00", "0001-01-01 00:00:00", "2020-01-01 10:00:00"]
    messages, refused, _ = parse(tmp_path, *(teslafi_row(at) for at in times))
    assert len(messages) == 1
    assert refused == {("bad_time", ""): 4}
