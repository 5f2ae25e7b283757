"""Weights of a split, and the algebra of periods."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.datasets.intervals import clip, merge, without
from licensing.datasets.weights import SplitRuleUnknown, percentile_95, weights

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


periods = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 10)).map(lambda pair: (at(pair[0]), at(pair[0] + pair[1]))), max_size=6
)


def hours(pieces) -> set[int]:
    return {hour for hour in range(60) for start, end in pieces if start <= at(hour) < end}


@given(periods, periods)
def test_what_is_taken_away_is_away_and_the_rest_stays(kept, removed):
    left = without(kept, removed)
    assert hours(left) == hours(kept) - hours(removed)
    assert left == merge(left)
    assert all(start < end for start, end in left)


@given(periods)
def test_merging_keeps_every_moment_and_no_overlap(pieces):
    merged = merge(pieces)
    assert hours(merged) == hours(pieces)
    assert all(before[1] < after[0] for before, after in pairwise(merged))


def test_an_open_end_reaches_to_the_end_of_the_period():
    assert clip(None, None, (at(0), at(5))) == (at(0), at(5))
    assert clip(at(3), None, (at(0), at(5))) == (at(3), at(5))
    assert clip(at(5), None, (at(0), at(5))) is None


def test_equal_weights_are_one_each():
    assert weights({1: 10, 2: 9999}, rule="equal") == {1: 1, 2: 1}


def test_a_chatty_device_is_capped_at_the_95th_percentile():
    rows = dict.fromkeys(range(99), 100) | {99: 10**9}
    assert weights(rows, rule="rows_capped") == dict.fromkeys(range(100), 100)


def test_the_percentile_is_a_value_that_19_of_20_do_not_exceed():
    assert percentile_95(list(range(1, 101))) == 95
    assert percentile_95([7]) == 7
    assert percentile_95([1, 2]) == 2


def test_an_unknown_rule_is_refused():
    with pytest.raises(SplitRuleUnknown):
        weights({1: 1}, rule="luck")
