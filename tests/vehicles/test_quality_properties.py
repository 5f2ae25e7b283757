"""What is stored does not depend on the order of messages, and a refused reading changes nobody's fate."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.factories import NOW
from vehicles.motion import Track
from vehicles.quality import compare, screen
from vehicles.readings import Message
from vehicles.signals import FUEL_LEVEL, IGNITION, LATITUDE, LONGITUDE, ODOMETER, SPEED

START = NOW - timedelta(hours=1)
VALUES = {
    SPEED: st.floats(0, 300),
    ODOMETER: st.floats(0, 2_000_000),
    FUEL_LEVEL: st.floats(0, 100),
    IGNITION: st.sampled_from([0.0, 1.0]),
}
SOUND = st.fixed_dictionaries({}, optional=VALUES)
PLACES = st.fixed_dictionaries({LATITUDE: st.floats(1, 80), LONGITUDE: st.floats(1, 170)})
MESSAGES = st.dictionaries(
    st.integers(0, 3000), st.builds(lambda a, b: a | b, SOUND, st.one_of(st.just({}), PLACES)), max_size=8
).map(lambda told: [Message(START + timedelta(seconds=at), values) for at, values in told.items() if values])
BAD = {SPEED: 301.0, FUEL_LEVEL: -1.0, ODOMETER: float("nan"), 9999: 1.0}


def rows(messages):
    screened = screen(messages, now=NOW)
    return compare(screened.moments, source_id=1, stored=[], track=Track()).rows


def by_moment(messages):
    return {
        row.ts: dict(zip(row.signals, zip(row.values, row.flags, strict=True), strict=True)) for row in rows(messages)
    }


@given(MESSAGES, st.data())
def test_messages_of_a_batch_may_come_in_any_order(messages, data):
    assert rows(data.draw(st.permutations(messages))) == rows(messages)


@given(MESSAGES, st.sampled_from(sorted(BAD)), st.integers(0, 3000))
def test_a_refused_reading_changes_no_other(messages, signal, second):
    moment = START + timedelta(seconds=second)
    if any(message.ts == moment and signal in message.values for message in messages):
        return
    bad = Message(moment, {signal: BAD[signal]})
    assert by_moment([*messages, bad]) == by_moment(messages)
    assert [refusal.signal for refusal in screen([*messages, bad], now=NOW).refused] == [signal]


@given(MESSAGES)
def test_what_was_screened_once_passes_again_unchanged(messages):
    once = screen(messages, now=NOW).moments
    again = screen([Message(ts, values) for ts, values in once.items()], now=NOW)
    assert (again.moments, again.refused) == (once, [])


@given(MESSAGES)
def test_a_flag_never_changes_a_value(messages):
    told = {message.ts: message.values for message in messages}
    for ts, found in by_moment(messages).items():
        assert all(found[signal][0] == value for signal, value in told[ts].items())
