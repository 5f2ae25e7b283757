"""Prices are whole base units, and no printed number shows one member."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.pricing import (
    MONTH_SECONDS,
    NotPriced,
    monthly_prices,
    net_to_driver,
    period_price,
    rough,
    shown_vehicles,
)

LIST = {
    "battery": {"aggregate": "400000", "pseudonymous_rows": "2600000"},
    "battery.soh": {"pseudonymous_rows": "3000000"},
    "behavior": {"pseudonymous_rows": "4200000"},
}


def test_signals_of_one_priced_class_are_paid_once():
    assert monthly_prices(LIST, ["battery.soc", "battery.charging"], "pseudonymous_rows") == {"battery": 2600000}
    assert sum(monthly_prices(LIST, ["battery.soc", "battery.soh"], "pseudonymous_rows").values()) == 5600000


def test_what_is_not_on_the_list_is_not_sold():
    with pytest.raises(NotPriced):
        monthly_prices(LIST, ["behavior.events"], "aggregate")


def test_a_month_costs_the_list_price_and_a_second_rounds_up():
    assert period_price(2600000, MONTH_SECONDS) == 2600000
    assert period_price(2600000, 2 * MONTH_SECONDS) == 5200000
    assert period_price(1, 1) == 1
    assert period_price(2600000, 86_400) == 86_667


@given(st.integers(0, 10**15), st.integers(1, 10**9))
def test_a_period_price_is_the_exact_price_rounded_up(monthly, seconds):
    price = period_price(monthly, seconds)
    assert price * MONTH_SECONDS >= monthly * seconds > (price - 1) * MONTH_SECONDS


@given(st.integers(0, 5000), st.integers(5, 60))
def test_one_member_moves_the_shown_number_only_at_tens_and_at_the_floor(count, k):
    before, after = shown_vehicles(count, k=k), shown_vehicles(count + 1, k=k)
    assert before <= count
    assert before == after or (count + 1) % 10 == 0 or count + 1 == k
    assert (before == 0) == (count < k)


@pytest.mark.parametrize(
    ("count", "k", "shown"), [(4, 5, 0), (5, 5, 5), (9, 5, 5), (10, 5, 10), (19, 12, 12), (199, 5, 190)]
)
def test_vehicles_are_shown_rounded_down_and_never_below_the_floor(count, k, shown):
    assert shown_vehicles(count, k=k) == shown


@pytest.mark.parametrize(
    ("count", "step"), [(0, 0), (0.5, 0), (1, 1), (4.9, 2), (5, 5), (99, 50), (100, 100), (1999, 1000)]
)
def test_rows_are_estimated_in_coarse_steps(count, step):
    assert rough(count) == step


def test_the_net_price_promises_no_more_than_is_paid():
    assert net_to_driver(1000, protocol_fee_bps=200, union_fee_bps=500) == 930
    assert net_to_driver(999, protocol_fee_bps=200, union_fee_bps=500) == 929
