"""A sheet is stored exactly as its messages would be one by one, or not as a sheet."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicles import quality, sheets, signals, wire
from vehicles.envelope import SignalReading
from vehicles.kinds import CAR
from vehicles.motion import Fix, Mark, Track
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, HDOP, LATITUDE, LONGITUDE, ODOMETER, SPEED

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = START + timedelta(hours=1)
MONTH = timedelta(days=30)
SOH = signals.by_name["powertrainTractionBatteryStateOfHealth"].id
NAMES = {signal: signals.by_id[signal].name for signal in (1, 2, 3, 6, 14, 43, SOH)}


def told(rows, *, start=START, step=1.0):
    """Rows of {signal: value} as a device sends them, `step` seconds apart."""
    return [
        SignalReading(NAMES[signal], start + timedelta(seconds=step * at), value)
        for at, row in enumerate(rows)
        for signal, value in row.items()
    ]


def one_by_one(items, track):
    """What the rules make of each message."""
    moments = wire.plain(items)
    screened = quality.screen((Message(ts, v) for ts, v in moments.items()), now=NOW, max_age=MONTH)
    compared = quality.compare(screened.moments, source_id=1, stored=[], track=track)
    return compared.rows, screened.refused + compared.refused + screened.duplicates


def as_sheet(items, track, *, now=NOW):
    sheet = sheets.sheet_of(items, CAR)
    return sheet and sheets.believed(sheet, track=track, now=now, oldest=max(quality.EARLIEST, now - MONTH))


def driving(count=8, **changes):
    """A car that drives north at 36 km/h."""
    rows = [
        {
            LATITUDE: 10 + at * 9e-5,
            LONGITUDE: 20.0,
            HDOP: 1.0,
            SPEED: 36.0,
            ODOMETER: 1000 + at / 100,
            BATTERY_LEVEL: 60.0,
        }
        for at in range(count)
    ]
    for name, (at, value) in changes.items():
        rows[at][getattr(signals, name)] = value
    return rows


def test_a_batch_of_like_messages_is_a_sheet_and_is_stored_as_the_rules_would():
    one, other = Track(), Track()
    rows, refused = one_by_one(told(driving()), one)
    assert refused == []
    assert as_sheet(told(driving()), other) == rows
    assert other == one
    assert rows[0].signals[-1] == signals.CELL


@pytest.mark.parametrize(
    "changes",
    [
        {"SPEED": (3, 301.0)},
        {"SPEED": (0, -1.0)},
        {"SPEED": (4, 120.0)},
        {"BATTERY_LEVEL": (7, 100.5)},
        {"HDOP": (2, 0.0)},
        {"HDOP": (2, 20.0)},
        {"LATITUDE": (5, 11.0)},
        {"LATITUDE": (5, 10 + 4 * 9e-5)},
        {"ODOMETER": (5, 900.0)},
        {"ODOMETER": (5, 1002.0)},
    ],
    ids=str,
)
def test_what_is_refused_or_doubted_is_left_to_the_rules(changes):
    track = Track()
    assert as_sheet(told(driving(**changes)), track) is None
    assert track == Track()


def test_null_island_a_doubtful_health_and_a_lone_coordinate_are_left_to_the_rules():
    island = [{LATITUDE: 0.0, LONGITUDE: at * 0.0, SPEED: 0.0} for at in range(5)]
    for rows in (island, [{SOH: 105.0}] * 5, [{LATITUDE: 10.0 + at * 1e-4} for at in range(5)], [{HDOP: 1.0}] * 5):
        assert as_sheet(told(rows), Track()) is None


def test_moments_outside_their_time_are_left_to_the_rules():
    for start in (NOW + timedelta(minutes=5), NOW - MONTH - timedelta(seconds=1)):
        assert as_sheet(told(driving(), start=start), Track()) is None


@pytest.mark.parametrize(
    "track",
    [
        Track(fix=Fix(0.0, 50.0, 20.0), last=Fix(0.0, 50.0, 20.0)),
        Track(fix=Fix(START.timestamp() - 1, 10.5, 20.0), last=Fix(START.timestamp() - 1, 10.5, 20.0)),
        Track(fix=Fix(START.timestamp() - 1, 10.0, 20.0), last=Fix(START.timestamp() - 1, 10.0, 20.0)),
        Track(odometer=Mark(START.timestamp() - 1, 2_000.0)),
        Track(suspects=[Fix(0.0, 1.0, 1.0)]),
        Track(odd=[Mark(0.0, 1.0)]),
    ],
)
def test_what_came_before_counts(track):
    before = deepcopy(track)
    one = deepcopy(track)
    rows, _ = one_by_one(told(driving()), one)
    found = as_sheet(told(driving()), track)
    assert (found, track) in [(None, before), (rows, one)]
    assert found is None or not any(any(row.flags) for row in rows)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda items: [*items[:3], None, *items[4:]],
        lambda items: items[:-1],
        lambda items: items[:12] + items[18:30] + items[12:18],
        lambda items: [*items[:7], items[6], *items[8:]],
        lambda items: [SignalReading("speed", items[0].timestamp, True), *items[1:]],
        lambda items: [SignalReading("nonsense", i.timestamp, i.value) if i.name == "speed" else i for i in items],
        lambda items: items[6:12] + items[:6] + items[12:],
        lambda items: items + items,
        lambda items: items[:18],
        lambda items: [
            SignalReading(i.name, i.timestamp.astimezone(timezone(timedelta(hours=1))), i.value) for i in items
        ],
    ],
)
def test_what_is_no_sheet_is_none(spoil):
    assert sheets.sheet_of(told(driving()), CAR) is not None
    assert sheets.sheet_of(spoil(told(driving())), CAR) is None
    assert sheets.sheet_of([], CAR) is None


def test_a_sheet_by_moment_is_what_the_wire_tells():
    items = told(driving())
    assert sheets.sheet_of(items, CAR).by_moment() == wire.plain(items)


SIGNALS = st.lists(st.sampled_from(sorted(NAMES)), min_size=1, max_size=7, unique=True)
DRIFT = {
    LATITUDE: st.floats(-2e-4, 2e-4),
    LONGITUDE: st.floats(-2e-4, 2e-4) | st.just(0.0),
    HDOP: st.floats(0.0, 2.0),
    SPEED: st.floats(-30.0, 30.0),
    ODOMETER: st.floats(-0.01, 0.2),
    BATTERY_LEVEL: st.floats(-1.0, 1.0),
    SOH: st.floats(-1.0, 1.0),
}
BASE = {LATITUDE: 10.0, LONGITUDE: 20.0, HDOP: 1.0, SPEED: 40.0, ODOMETER: 1000.0, BATTERY_LEVEL: 60.0, SOH: 98.0}


@st.composite
def drives(draw):
    """Two batches of one device, one after the other: small changes from message to message, some of them doubtful."""
    layout, step = draw(SIGNALS), draw(st.sampled_from([0.2, 1.0, 20.0, 90.0]))
    row, batches, start = dict(BASE), [], START - timedelta(minutes=50)
    for _ in range(2):
        rows = []
        for _ in range(draw(st.integers(4, 9))):
            row = {signal: value + draw(DRIFT[signal]) for signal, value in row.items()}
            rows.append({signal: row[signal] for signal in layout})
        batches.append(told(rows, start=start, step=step))
        start += timedelta(seconds=step * len(rows))
    return batches


@given(drives())
def test_over_random_drives_a_sheet_is_stored_as_the_rules_would_or_not_as_a_sheet(batches):
    slow, quick = Track(), Track()
    for items in batches:
        before = deepcopy(quick)
        rows, refused = one_by_one(items, slow)
        found = as_sheet(items, quick)
        if found is None:
            assert quick == before
            quick = deepcopy(slow)
        else:
            assert (found, refused) == (rows, [])
            assert quick == slow
            assert not any(any(row.flags) for row in rows)
