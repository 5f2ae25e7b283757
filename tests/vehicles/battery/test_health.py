"""A battery's age, told with what is not known about it."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.factories import NOW
from vehicles.battery.health import Estimate, Point, by_day, trend


def aging(days=720, every=7, per_year=-2.0, start=96.0, noise=0.0, seed=1):
    random = Random(seed)
    begin = NOW - timedelta(days=days)
    return [
        Estimate(begin + timedelta(days=d), start + per_year * d / 365.25 + random.gauss(0, noise))
        for d in range(0, days + 1, every)
    ]


def test_a_straight_line_is_found_exactly():
    found = trend(aging(), resolution=0.0)
    assert found.per_year == pytest.approx(-2.0)
    assert found.now.value == pytest.approx(96.0 - 2.0 * found.band[-1].at.__sub__(found.band[0].at).days / 365.25)
    assert found.now.low == pytest.approx(found.now.high)
    assert (found.per_year_low, found.per_year_high) == (pytest.approx(-2.0), pytest.approx(-2.0))


def test_a_fifth_of_wild_estimates_moves_the_line_little():
    told = aging(noise=0.3)
    wild = [each._replace(value=40.0) if number % 5 == 0 else each for number, each in enumerate(told)]
    found = trend(wild, resolution=0.1)
    assert found.per_year == pytest.approx(-2.0, abs=0.5)
    assert found.now.value == pytest.approx(92.0, abs=1.0)


def test_the_truth_lies_within_the_interval_about_as_often_as_told():
    inside = total = 0
    for seed in range(100):
        found = trend(aging(noise=1.0, seed=seed), resolution=0.1)
        truth = 96.0 - 2.0 * (found.now.at - (NOW - timedelta(days=720))).total_seconds() / (365.25 * 86_400)
        inside += (found.now.low <= truth <= found.now.high) + (found.per_year_low <= -2.0 <= found.per_year_high)
        total += 2
    assert 0.88 <= inside / total <= 1.0


@pytest.mark.parametrize("told", [[], aging(days=14, every=7), aging(days=50, every=5), aging(days=90, every=30)])
def test_too_few_or_too_close_estimates_give_no_line(told):
    assert trend(told, resolution=0.1) is None


def test_a_value_that_never_scatters_is_known_no_better_than_its_step():
    found = trend(aging(per_year=0.0), resolution=1.0)
    assert found.now.high - found.now.low > 0.1


def test_a_day_counts_once():
    told = aging(days=100, every=10)
    many = told + [Estimate(told[0].at + timedelta(minutes=m), 10.0 + m) for m in (1, 2, 3, 4)]
    assert len(by_day(many)) == len(by_day(told))
    assert len(by_day(aging(days=2000, every=1))) == 200


@given(
    st.lists(st.tuples(st.integers(0, 2000), st.floats(1, 120)), max_size=40),
    st.randoms(use_true_random=False),
)
def test_any_order_gives_the_same_and_intervals_hold_their_line(told, random):
    estimates = [Estimate(NOW - timedelta(days=days), value) for days, value in told]
    shuffled = list(estimates)
    random.shuffle(shuffled)
    found = trend(estimates, resolution=0.5)
    assert found == trend(shuffled, resolution=0.5)
    if found is not None:
        assert found.per_year_low <= found.per_year <= found.per_year_high
        assert all(isinstance(point, Point) and point.low <= point.value <= point.high for point in found.band)
        middle = min(found.band, key=lambda point: point.high - point.low)
        assert found.band[0].high - found.band[0].low >= middle.high - middle.low
