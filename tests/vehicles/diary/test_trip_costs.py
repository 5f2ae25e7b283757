"""A trip's cost follows from the prices that its driver told, and from nothing else."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.range import DateRange

from tests.vehicles.factories import NOW, drive, make_source, make_user
from tests.vehicles.test_trips import START, cut, store
from vehicles import registry, trip_costs
from vehicles.currencies import worded
from vehicles.models import EnergyPrice, Trip
from vehicles.trip_costs import cost_of, per_kwh


def price(**told):
    blank = dict.fromkeys(("fuel_per_liter", "home_per_kwh", "away_per_kwh", "home_share_pct"))
    numbers = {k: v if k in {"home_share_pct", "currency"} else Decimal(v) for k, v in told.items()}
    return SimpleNamespace(**{"currency": "EUR", **blank, **numbers})


@pytest.mark.parametrize(
    ("told", "each"),
    [
        ({"home_per_kwh": "0.30"}, "0.30"),
        ({"away_per_kwh": "0.60"}, "0.60"),
        ({"home_per_kwh": "0.30", "away_per_kwh": "0.60"}, None),
        ({"home_per_kwh": "0.30", "away_per_kwh": "0.30"}, "0.30"),
        ({"home_per_kwh": "0.30", "away_per_kwh": "0.60", "home_share_pct": 75}, "0.375"),
        ({"home_per_kwh": "0.30", "home_share_pct": 100}, "0.30"),
        ({"home_per_kwh": "0.30", "home_share_pct": 99}, None),
        ({"away_per_kwh": "0.60", "home_share_pct": 0}, "0.60"),
        ({"fuel_per_liter": "1.80"}, None),
    ],
)
def test_a_kwh_costs_what_follows_from_what_was_told(told, each):
    assert per_kwh(price(**told)) == (None if each is None else Decimal(each))


BOTH = price(fuel_per_liter="1.80", home_per_kwh="0.30")


@pytest.mark.parametrize(
    ("powertrain", "energy", "fuel", "amount"),
    [
        ("electric", 2.0, None, "0.60"),
        ("electric", None, None, None),
        ("combustion", None, 1.5, "2.70"),
        ("hybrid", 2.0, 1.5, "2.70"),
        ("plug_in", 2.0, 1.5, "3.30"),
        ("", 2.0, None, "0.60"),
        ("", 2.0, 1.5, "2.70"),
        ("electric", -0.5, None, "-0.15"),
    ],
)
def test_what_is_paid_for_depends_on_the_powertrain(powertrain, energy, fuel, amount):
    cost = cost_of(energy_kwh=energy, fuel_l=fuel, powertrain=powertrain, price=BOTH)
    assert (cost and cost.amount) == (None if amount is None else Decimal(amount))


def test_no_sum_is_told_by_half():
    only_fuel = price(fuel_per_liter="1.80")
    assert cost_of(energy_kwh=2.0, fuel_l=1.0, powertrain="plug_in", price=only_fuel) is None
    assert cost_of(energy_kwh=2.0, fuel_l=None, powertrain="electric", price=None) is None


def test_a_cost_says_how_it_came_about():
    cost = cost_of(energy_kwh=2.5, fuel_l=1.25, powertrain="plug_in", price=BOTH)
    assert cost.formula == "1.25 l × 1.8 EUR + 2.5 kWh × 0.3 EUR"
    assert str(cost) == "€3.00"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [("1.2", "EUR", "€1.20"), ("-0.1", "USD", "−$0.10"), ("1234.5", "SEK", "1,234.50 SEK"), ("130", "JPY", "130 JPY")],
)
def test_money_is_written_as_people_write_it(amount, currency, words):
    assert worded(Decimal(amount), currency) == words


@given(st.floats(0, 500, allow_nan=False), st.decimals(0, 9, places=4))
def test_a_cost_is_within_half_a_cent_of_quantity_times_price(energy, each):
    cost = cost_of(energy_kwh=energy, fuel_l=None, powertrain="electric", price=price(home_per_kwh=each))
    assert abs(cost.amount - Decimal(str(energy)).quantize(Decimal("0.001")) * each) <= Decimal("0.005")


def told_price(vehicle, first, last, epoch=1, **prices):
    period = DateRange(first, last, "[)")
    return EnergyPrice.objects.create(vehicle=vehicle, owner_epoch=epoch, period=period, currency="EUR", **prices)


@pytest.mark.django_db
def test_the_price_of_the_day_counts_by_the_vehicles_clock():
    source = make_source()
    vehicle = source.vehicle
    type(vehicle).objects.filter(pk=vehicle.pk).update(timezone="Pacific/Auckland", powertrain="electric")
    vehicle.refresh_from_db()
    told_price(vehicle, None, date(2026, 11, 22), home_per_kwh="0.10")
    told_price(vehicle, date(2026, 11, 22), None, home_per_kwh="0.20")
    evening = datetime(2026, 11, 21, 12, tzinfo=UTC)  # the 22nd in Auckland
    trips = [
        Trip(vehicle=vehicle, owner_epoch=1, source=source, started_at=at, ended_at=at, energy_kwh=10.0)
        for at in (evening, evening - timedelta(hours=2))
    ]
    book = trip_costs.prices_for(trips=trips)
    assert [book.cost(trip=trip).amount for trip in trips] == [Decimal("2.00"), Decimal("1.00")]


@pytest.mark.django_db
def test_a_new_owners_prices_and_the_last_ones_never_meet(django_assert_num_queries):
    source = make_source()
    told_price(source.vehicle, None, None, fuel_per_liter="1.00")
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=NOW - timedelta(days=10))
    store(source, drive(START))
    [trip] = cut(source)
    assert trip.owner_epoch == 2
    trip.fuel_used_l = 2.0
    with django_assert_num_queries(1):
        assert trip_costs.prices_for(trips=[trip]).cost(trip=trip) is None
    told_price(source.vehicle, None, None, epoch=2, fuel_per_liter="1.50")
    assert trip_costs.prices_for(trips=[trip]).cost(trip=trip).amount == Decimal("3.00")
