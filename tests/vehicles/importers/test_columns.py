"""Files of unknown columns: guessed, looked at, read by a plan; the good rows of a bad file live."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicles import signals
from vehicles.importers import columns, guessing, moments, sniffing, units
from vehicles.importers.columns import Column, Plan, PlanUnfit
from vehicles.importers.parsed import Export, FileEmpty, FileRefused, Parsed, Rejected, ZoneMissing
from vehicles.signals import BATTERY_LEVEL, LATITUDE, LONGITUDE, ODOMETER, SPEED

TEXT = "time,Latitude,Longitude,Speed (mph),SoC,note\n2026-11-01T10:00:00Z,56.1,10.2,50,80,a\n"


def written(tmp_path: Path, text: str | bytes, name: str = "drive.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path: Path, plan: Plan, zone: str = "") -> list[Parsed | Rejected]:
    export = Export(path, path.name, ZoneInfo(zone) if zone else None, msgspec.to_builtins(plan))
    return [item for item in columns.parse(export) if isinstance(item, Parsed | Rejected)]


def test_names_and_units_are_guessed_and_values_converted(tmp_path):
    path = written(tmp_path, TEXT)
    plan = guessing.propose(sniffing.look(path))
    assert plan.time == "time"
    assert plan.zoned
    assert plan.columns["Speed (mph)"] == Column("speed", "mph")
    assert "note" not in plan.columns
    [row] = read(path, plan)
    assert row.message.ts == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert row.message.values == {
        LATITUDE: 56.1,
        LONGITUDE: 10.2,
        SPEED: pytest.approx(80.4672),
        BATTERY_LEVEL: 80.0,
    }


@pytest.mark.parametrize(
    ("header", "signal", "unit"),
    [
        ("odometer_mi", "powertrainTransmissionTravelledDistance", "mi"),
        ("Outside temp [°F]", "exteriorAirTemperature", "°F"),
        ("batteryLevel", "powertrainTractionBatteryStateOfChargeCurrent", "%"),
        ("powertrainRange", "powertrainRange", "km"),
        ("GPS speed m/s", "speed", "m/s"),
        ("Engine RPM", "powertrainCombustionEngineSpeed", "rpm"),
    ],
)
def test_a_columns_name_tells_signal_and_unit(header, signal, unit):
    assert guessing.meaning(header) == Column(signal, unit)


def test_a_name_that_means_nothing_to_us_is_left_out():
    assert guessing.meaning("Weather in words") is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_separator_and_a_byte_order_mark_are_seen(tmp_path, delimiter):
    path = written(tmp_path, b"\xef\xbb\xbf" + TEXT.replace(",", delimiter).encode())
    look = sniffing.look(path)
    assert look.delimiter == delimiter
    assert look.header[0] == "time"


def test_decimal_commas_are_read_where_commas_do_not_separate(tmp_path):
    path = written(tmp_path, "Zeit;time;speed\nx;01.02.2026 10:00;12,5\n")
    plan = guessing.propose(sniffing.look(path))
    assert plan.decimal_comma
    assert plan.clock == moments.DAY_FIRST
    [row] = read(path, plan, "Europe/Berlin")
    assert row.message.ts == datetime(2026, 2, 1, 9, tzinfo=UTC)
    assert row.message.values == {SPEED: 12.5}


@pytest.mark.parametrize(
    ("cell", "clock", "moment"),
    [
        ("1764000000", moments.SECONDS, datetime(2025, 11, 24, 16, tzinfo=UTC)),
        ("1764000000500", moments.MILLISECONDS, datetime(2025, 11, 24, 16, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-01 10:00:00+02:00", moments.ISO, datetime(2026, 11, 1, 8, tzinfo=UTC)),
        ("11/23/2026 2:05 PM", moments.MONTH_FIRST, datetime.fromisoformat("2026-11-23T14:05")),
        ("11/23/2026 12:05 am", moments.MONTH_FIRST, datetime.fromisoformat("2026-11-23T00:05")),
        ("23.11.2026 14:05:09.25", moments.DAY_FIRST, datetime.fromisoformat("2026-11-23T14:05:09.250")),
    ],
)
def test_moments_are_read_as_they_are_written(cell, clock, moment):
    assert moments.read(cell, clock) == moment
    assert moments.clock_of([cell]) == clock


def test_a_date_and_a_time_of_day_in_two_columns_are_one_moment(tmp_path):
    path = written(tmp_path, "Date,Clock,speed\n2026-11-01,10:15:00,30\n")
    look = sniffing.look(path)
    plan = Plan(look.delimiter, look.header, "Date", moments.ISO, {"speed": Column("speed", "km/h")}, "Clock")
    [row] = read(path, plan, "UTC")
    assert row.message.ts == datetime(2026, 11, 1, 10, 15, tzinfo=UTC)


def test_bad_rows_are_refused_one_by_one_and_the_good_ones_live(tmp_path):
    path = written(
        tmp_path,
        "time,speed\n2026-11-01T10:00:00Z,30\nsoon,31\n2026-11-01T10:00:02Z,fast\n2026-11-01T10:00:03Z\n"
        "2026-11-01T10:00:04,32\n2026-11-01T10:00:05Z,inf\n2026-11-01T10:00:06Z,36\n",
    )
    plan = Plan(",", ["time", "speed"], "time", moments.ISO, {"speed": Column("speed", "km/h")}, zoned=True)
    found = read(path, plan)
    assert [item.message.values[SPEED] for item in found if isinstance(item, Parsed)] == [30, 36]
    refused = [(item.row, item.code) for item in found if isinstance(item, Rejected)]
    assert sorted(refused) == [
        (3, "bad_time"),
        (4, "blank_row"),
        (4, "not_a_number"),
        (5, "wrong_cells"),
        (6, "bad_time"),
        (7, "blank_row"),
        (7, "not_a_number"),
    ]


def test_local_times_need_a_zone(tmp_path):
    path = written(tmp_path, "time,speed\n2026-11-01 10:00:00,30\n")
    plan = guessing.propose(sniffing.look(path))
    assert not plan.zoned
    with pytest.raises(ZoneMissing):
        read(path, plan)
    assert read(path, plan, "Asia/Tokyo")[0].message.ts == datetime(2026, 11, 1, 1, tzinfo=UTC)


def plan_for(**changes) -> Plan:
    plan = Plan(",", ["time", "a", "b"], "time", moments.ISO, {"a": Column("speed", "km/h")}, zoned=True)
    return msgspec.structs.replace(plan, **changes)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"time": ""}, "time"),
        ({"time": "when"}, "when"),
        ({"clock": "sundial"}, "clock"),
        ({"columns": {}}, "columns"),
        ({"columns": {"a": Column("warp", "")}}, "a"),
        ({"columns": {"a": Column("obdDTCList", "")}}, "a"),
        ({"columns": {"a": Column("speed", "kWh")}}, "a"),
        ({"columns": {"a": Column("speed", "mph"), "b": Column("speed", "km/h")}}, "b"),
        ({"columns": {"c": Column("speed", "mph")}}, "c"),
    ],
)
def test_a_plan_that_cannot_be_followed_names_what_is_wrong(changes, field):
    columns.check(plan_for())
    with pytest.raises(PlanUnfit) as refusal:
        columns.check(plan_for(**changes))
    assert refusal.value.field == field


@pytest.mark.parametrize("text", ["", "\n", "time,speed\n", "one\n1\n", b"time,speed\n\xff\xfe,1\n", b"a\0,b\n1,2\n"])
def test_a_file_without_rows_or_text_is_refused_by_name(tmp_path, text):
    with pytest.raises(FileRefused):
        sniffing.look(written(tmp_path, text))


def test_another_file_than_the_plan_was_made_for_is_refused(tmp_path):
    plan = guessing.propose(sniffing.look(written(tmp_path, TEXT)))
    with pytest.raises(PlanUnfit):
        read(written(tmp_path, TEXT.replace("SoC", "Charge")), plan)


def test_names_that_repeat_are_told_apart():
    assert sniffing.named(["a", "a", "", "a"]) == ["a", "a (2)", "Column 3", "a (3)"]


@given(st.lists(st.text(max_size=8), max_size=12))
def test_names_always_differ(header):
    assert len(set(sniffing.named(header))) == len(header)


@given(st.floats(-1e6, 1e6))
def test_units_agree_with_their_definitions(value):
    speed, air = signals.by_id[SPEED], signals.by_name["exteriorAirTemperature"]
    assert units.step(speed, "mph").apply(value) == pytest.approx(value * 1.609344)
    assert units.step(air, "°F").apply(value) == pytest.approx((value - 32) * 5 / 9, abs=1e-6)
    assert units.step(signals.by_id[ODOMETER], "kWh") is None


@given(st.binary(max_size=400))
def test_whatever_bytes_come_the_answer_is_a_plan_or_a_refusal(tmp_path_factory, junk):
    path = tmp_path_factory.getbasetemp() / "junk.csv"
    path.write_bytes(junk)
    try:
        plan = guessing.propose(sniffing.look(path))
    except FileRefused:
        return
    try:
        read(path, plan, "UTC")
    except FileRefused:
        return


def test_an_empty_file_says_so(tmp_path):
    with pytest.raises(FileEmpty):
        sniffing.look(written(tmp_path, "time,speed\n"))
