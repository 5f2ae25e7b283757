"""What is refused, what is flagged, and that nothing disappears in between."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.factories import NOW
from vehicles import signals
from vehicles.motion import Track
from vehicles.quality import Flag, Stored, compare, screen
from vehicles.readings import Message
from vehicles.signals import CELL, DTC_LIST, HDOP, HEADING, LATITUDE, LONGITUDE, ODOMETER, SPEED

START = NOW - timedelta(hours=1)
STATE_OF_HEALTH = 45


def at(seconds, **values):
    names = {"lat": LATITUDE, "lon": LONGITUDE, "speed": SPEED, "odometer": ODOMETER}
    return Message(START + timedelta(seconds=seconds), {names[name]: value for name, value in values.items()})


def refused(*messages, **kwargs):
    return [(r.signal, r.code) for r in screen(messages, now=NOW, **kwargs).refused]


def flags(messages, stored=(), source_id=1):
    """The flags of each row as {signal: Flag}, empty where nothing is doubted."""
    screened = screen(messages, now=NOW)
    rows = compare(screened.moments, source_id=source_id, stored=stored, track=Track()).rows
    return [{s: Flag(f) for s, f in zip(r.signals, r.flags, strict=True) if f} for r in rows]


@pytest.mark.parametrize("value", [-0.1, 300.1, float("nan"), float("inf"), -float("inf")])
def test_a_value_outside_its_range_is_refused(value):
    assert refused(at(0, speed=value)) == [(SPEED, "out_of_range")]


@pytest.mark.parametrize(
    "signal", [s for s in signals.catalog if s.numeric and s.id not in (1, 2, 3, CELL)], ids=lambda s: s.name
)
def test_both_ends_of_a_range_belong_to_it(signal):
    for value in (signal.low, signal.high):
        assert screen([Message(START, {signal.id: value})], now=NOW).moments[START] == {signal.id: value}
    for value in (signal.low - 1e-3, signal.high + 1e-3):
        assert refused(Message(START, {signal.id: value})) == [(signal.id, "out_of_range")]


def test_time_has_a_near_and_a_far_end():
    assert refused(Message(NOW + timedelta(minutes=5), {SPEED: 1})) == []
    assert refused(Message(NOW + timedelta(minutes=5, microseconds=1), {SPEED: 1})) == [(SPEED, "future_timestamp")]
    age = timedelta(days=30)
    assert refused(Message(NOW - age, {SPEED: 1}), max_age=age) == []
    assert refused(Message(NOW - age - timedelta(microseconds=1), {SPEED: 1}), max_age=age) == [(SPEED, "too_old")]


def test_a_moment_without_zone_is_a_mistake_of_the_program():
    with pytest.raises(TypeError):
        screen([Message(START.replace(tzinfo=None), {SPEED: 1})], now=NOW)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({LATITUDE: 1.0}, {"lone_coordinate"}),
        ({LONGITUDE: 1.0, HDOP: 1.0}, {"lone_coordinate"}),
        ({HDOP: 1.0}, {"lone_coordinate"}),
        ({LATITUDE: 0.0, LONGITUDE: 0.0}, {"null_island"}),
        ({LATITUDE: 1.0, LONGITUDE: 2.0, HDOP: 20.0}, {"poor_fix"}),
        ({LATITUDE: 1.0, LONGITUDE: 2.0, HDOP: 99.0}, {"poor_fix"}),
        ({LATITUDE: 1.0, LONGITUDE: 2.0, HDOP: 500.0}, {"poor_fix"}),
        ({LATITUDE: 1.0, LONGITUDE: 2.0, HDOP: 0.0}, {"not_measured"}),
        ({LATITUDE: 91.0, LONGITUDE: 2.0}, {"out_of_range", "lone_coordinate"}),
        ({LATITUDE: 0.0, LONGITUDE: 6.5, HDOP: 19.9}, set()),
        ({HEADING: 361.0}, {"out_of_range"}),
        ({DTC_LIST: 1.0}, {"not_stored"}),
        ({CELL: 1.0}, {"derived_signal"}),
        ({999: 1.0}, {"unknown_signal"}),
    ],
)
def test_a_position_counts_whole_or_not_at_all(values, expected):
    screened = screen([Message(START, values)], now=NOW)
    kept = screened.moments.get(START, {})
    assert {r.code for r in screened.refused} == expected
    assert (LATITUDE in kept) == (LONGITUDE in kept)
    assert len(kept) + len(screened.refused) == len(values)


def test_an_hdop_of_zero_leaves_the_position():
    screened = screen([Message(START, {LATITUDE: 1.0, LONGITUDE: 2.0, HDOP: 0.0})], now=NOW)
    assert screened.moments[START] == {LATITUDE: 1.0, LONGITUDE: 2.0}


@pytest.mark.parametrize(("gap", "kept"), [(0.5, True), (0.6, False)])
def test_a_longitude_half_a_second_later_completes_a_position(gap, kept):
    screened = screen([at(0, lat=1.0), at(gap, lon=2.0)], now=NOW)
    assert (screened.moments.get(START) == {LATITUDE: 1.0, LONGITUDE: 2.0}) is kept


def test_the_last_of_two_readings_of_a_moment_wins_and_the_other_is_counted():
    screened = screen([at(0, speed=10.0), at(0, speed=10.0), at(0, speed=12.0)], now=NOW)
    assert screened.moments[START] == {SPEED: 12.0}
    assert screened.duplicates == [(START, SPEED)]
    assert [(r.value, r.code) for r in screened.refused] == [(10.0, "superseded")]


def test_a_jump_is_flagged_and_the_way_back_is_not():
    path = [at(t, lat=10 + t * 1e-4, lon=20.0) for t in range(10)]
    path[5] = at(5, lat=11.0, lon=20.0)
    assert [bool(f) for f in flags(path)] == [False] * 5 + [True] + [False] * 4
    assert flags(path)[5] == {LATITUDE: Flag.TELEPORT, LONGITUDE: Flag.TELEPORT, CELL: Flag.TELEPORT}


def test_after_several_fixes_elsewhere_elsewhere_is_believed():
    path = [at(0, lat=10.0, lon=20.0)] + [at(t, lat=12 + t * 1e-4, lon=20.0) for t in range(1, 8)]
    assert [bool(f) for f in flags(path)] == [False, True, True, True, False, False, False, False]


def test_250_kilometers_an_hour_are_driven_and_more_are_not():
    degrees = 250 / 111.195 / 60
    assert flags([at(0, lat=10.0, lon=20.0), at(60, lat=10 + degrees * 0.999, lon=20.0)])[1] == {}
    assert flags([at(0, lat=10.0, lon=20.0), at(60, lat=10 + degrees * 1.001, lon=20.0)])[1] != {}


def test_an_odometer_neither_falls_nor_races():
    path = [at(t * 60, odometer=km) for t, km in enumerate([1000, 1001, 999, 1002, 1500, 1003])]
    assert [bool(f) for f in flags(path)] == [False, False, True, False, True, False]
    assert flags(path)[2] == {ODOMETER: Flag.ODOMETER}


def test_a_speed_far_from_what_positions_say_is_flagged():
    honest = [at(t, lat=10 + t * 10 / 111_195, lon=20.0, speed=36.0) for t in range(0, 60, 5)]
    lying = [Message(m.ts, m.values | {SPEED: 90.0}) for m in honest]
    assert flags(honest) == [{}] * 12
    assert flags(lying)[3:] == [{SPEED: Flag.DISAGREE}] * 9


def test_a_position_that_lags_the_speed_by_seconds_is_aligned():
    speeds = [0] * 4 + [60] * 8 + [0] * 6
    lat, path = 10.0, []
    for i, kmh in enumerate(speeds):
        lat += speeds[i - 1] / 3.6 * 5 / 111_195 if i else 0  # where the car was five seconds before
        path.append(at(i * 5, lat=lat, lon=20.0, speed=float(kmh)))
    assert flags(path) == [{}] * len(path)


def test_a_position_that_stands_while_the_car_drives_is_frozen_after_a_minute():
    path = [at(t, lat=10.0, lon=20.0, speed=30.0) for t in range(0, 91, 10)]
    frozen = Flag.FROZEN
    assert [f.get(LATITUDE) for f in flags(path)] == [None] * 6 + [frozen] * 4
    assert flags([at(t, lat=10.0, lon=20.0, speed=5.0) for t in range(0, 91, 10)]) == [{}] * 10


def test_a_battery_above_its_health_is_kept_and_flagged():
    assert flags([Message(START, {STATE_OF_HEALTH: 104.0})]) == [{STATE_OF_HEALTH: Flag.IMPLAUSIBLE}]


def test_what_is_stored_is_the_base_for_what_comes():
    before = Stored(START - timedelta(seconds=5), 1, {LATITUDE: 12.0, LONGITUDE: 20.0})
    other = before._replace(source_id=2)
    assert flags([at(0, lat=10.0, lon=20.0)], stored=[before])[0] != {}
    assert flags([at(0, lat=10.0, lon=20.0)], stored=[other])[0] == {}


values = st.dictionaries(
    st.one_of(st.sampled_from([1, 2, 3, 6, 9, 14, 32, 45, 57]), st.integers(-5, 70)),
    st.one_of(st.sampled_from([0.0, 1.0, 20.0]), st.floats()),
    max_size=6,
)
messages = st.lists(st.tuples(st.integers(-40 * 86_400, 400), values), max_size=12)


@given(messages, messages)
def test_every_reading_is_stored_refused_or_a_duplicate(new, old):
    first, second = ([Message(NOW + timedelta(seconds=seconds), dict(v)) for seconds, v in part] for part in (old, new))
    known = [Stored(ts, 1, v) for ts, v in screen(first, now=NOW).moments.items()]
    screened = screen(second, now=NOW, max_age=timedelta(days=30))
    result = compare(screened.moments, source_id=1, stored=known, track=Track())
    stored = [(s, v, f) for row in result.rows for s, v, f in zip(row.signals, row.values, row.flags, strict=True)]
    lost = len(screened.refused) + len(screened.duplicates) + len(result.refused) + len(result.duplicates)
    assert sum(s != CELL for s, _, _ in stored) + lost == sum(len(v) for _, v in new)
    for signal, value, _ in stored:
        assert signals.by_id[signal].low <= value <= signals.by_id[signal].high
    assert [row.ts for row in result.rows] == sorted({row.ts for row in result.rows})
