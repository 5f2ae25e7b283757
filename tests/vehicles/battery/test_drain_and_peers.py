"""What is lost while parked, and the median in which no single car can be seen."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.factories import NOW
from vehicles.battery.drain import Busy, Gap, Loss, drain, gaps
from vehicles.battery.peers import BANDS, OLDEST, Compared, Peer, band_of, compare, years_of


def hours(number):
    return NOW + timedelta(hours=number)


def test_gaps_of_six_hours_between_driving_and_charging_count():
    busy = [
        Busy(hours(10), hours(11)),
        Busy(hours(0), hours(1)),
        Busy(hours(16), hours(18)),
        Busy(hours(12), hours(13)),
    ]
    assert gaps(busy, since=hours(-100), until=hours(20)) == [Gap(hours(1), hours(10))]
    assert gaps(busy, since=hours(-100), until=hours(24))[-1] == Gap(hours(18), hours(24))
    assert gaps([], since=hours(-100), until=hours(24)) == []


def test_what_happens_within_something_longer_opens_no_gap():
    busy = [Busy(hours(0), hours(30)), Busy(hours(2), hours(3)), Busy(hours(37), hours(38))]
    assert gaps(busy, since=hours(-1), until=hours(39)) == [Gap(hours(30), hours(37))]


def losses(number, per_day=1.0):
    return [Loss(hours(24 * n), hours(24 * n + 24), 80.0 - n * per_day, 79.0 - n * per_day) for n in range(number)]


def test_the_drain_is_points_over_days_parked():
    found = drain(losses(10))
    assert (found.per_day, found.gaps, found.days, found.confidence) == (1.0, 10, 10.0, "good")
    assert drain(losses(2)).confidence == "low"
    assert drain([]) is None


def test_a_gap_in_which_the_level_rose_was_charged_and_is_left_out():
    charged = Loss(hours(0), hours(24), 50.0, 80.0)
    assert drain([charged]) is None
    assert drain([*losses(3), charged]) == drain(losses(3))


def test_a_lone_percent_is_believed_little():
    assert drain([Loss(hours(0), hours(6), 80.0, 79.0)]).margin > 3


def peers(number, pct=90.0, first=0):
    return [Peer(hours(first + n), first + n, pct + (first + n) % 3) for n in range(number)]


def test_below_ten_owners_nothing_is_told():
    assert compare(peers(9)) is None
    assert compare(peers(10)) == Compared(91, 10)
    one_owner = [peer._replace(owner=1) for peer in peers(30)]
    assert compare(one_owner) is None


@given(st.integers(10, 45), st.floats(1, 110), st.integers(0, 3))
def test_one_car_that_joins_changes_nothing_unless_it_completes_a_ten(number, pct, cars):
    told = peers(number)
    joining = Peer(hours(1000), 1000, pct)
    if (number + 1) % 10:
        assert compare([*told, joining]) == compare(told)
    more = [Peer(hours(1001), told[0].owner, told[0].health_pct) for _ in range(cars)]
    assert compare([*told, *more]) == compare(told)


def test_every_model_year_lies_in_the_band_that_names_it():
    for year in range(1990, 2028):
        low, high = years_of(band_of(year, this_year=2026), this_year=2026)
        assert low <= year <= high
    names = [words for _, words in BANDS] + [OLDEST]
    bounds = [years_of(name, this_year=2026) for name in names]
    assert all(older[1] == newer[0] - 1 for newer, older in pairwise(bounds))


@pytest.mark.parametrize(("year", "words"), [(2026, "up to 2 years"), (2023, "3 to 5 years"), (2010, OLDEST)])
def test_bands_are_told_in_years(year, words):
    assert band_of(year, this_year=2026) == words
