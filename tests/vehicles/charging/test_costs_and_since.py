"""Costs are of the day's price or unknown for a reason; since the last charge, what is missing stays missing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.charging.charges import START, at, charge, drive, messages, parked
from tests.vehicles.factories import NOW, make_source
from vehicles import currencies, telemetry, trips
from vehicles.charging import costs, sessions, since
from vehicles.models import ChargingSession, EnergyPrice, Trip
from vehicles.signals import LATITUDE, LONGITUDE

PRICE = EnergyPrice(currency="EUR", home_per_kwh=Decimal("0.1790"))


def session(**fields):
    return ChargingSession(**({"started_at": START, "ended_at": NOW, "energy_kwh": 10.0} | fields))


@pytest.mark.parametrize(
    ("fields", "place", "price", "how"),
    [
        ({}, "home", PRICE, "home"),
        ({}, "away", PRICE, "no_price"),
        ({}, "home", None, "no_price"),
        ({}, "", PRICE, "no_place"),
        ({"energy_kwh": None}, "home", PRICE, "no_energy"),
        ({"still_open": True}, "home", PRICE, "open"),
        ({"duplicate_of_id": 1, "paid": Decimal(1), "paid_currency": "EUR"}, "home", PRICE, "duplicate"),
        ({"paid": Decimal(0), "paid_currency": "EUR", "energy_kwh": None}, "", None, "paid"),
    ],
)
def test_a_cost_says_how_it_came_about_or_why_it_is_unknown(fields, place, price, how):
    told = costs.cost_of(session=session(**fields), place=place, price=price)
    assert told.how == how
    assert told.said
    assert (told.amount is None) == (how not in ("home", "away", "paid"))


@given(st.floats(0, 500), st.decimals(0, 99, places=4))
def test_a_cost_is_energy_times_price_to_the_hundredth(kwh, rate):
    price = EnergyPrice(currency="EUR", home_per_kwh=rate)
    told = costs.cost_of(session=session(energy_kwh=kwh), place="home", price=price)
    assert abs(told.amount - Decimal(repr(kwh)) * rate) <= Decimal("0.005")
    assert told.amount.as_tuple().exponent == -2


def test_amounts_are_told_as_their_currency_is_used():
    assert currencies.worded(Decimal("4.2"), "EUR") == "€4.20"
    assert currencies.worded(Decimal("420"), "JPY") == "420 JPY"
    assert [currencies.rate(Decimal(value), "EUR", "l") for value in ("0.3", "0.1790", "1.7999")] == [
        "0.30 EUR/l",
        "0.179 EUR/l",
        "1.7999 EUR/l",
    ]


def told(source, points):
    place = {LATITUDE: 60.0, LONGITUDE: 24.0}
    readings = [
        each._replace(values=place | {LATITUDE: 60 + number / 200} | each.values)
        for number, each in enumerate(messages(points))
    ]
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=NOW)
    bounds = {"vehicle": source.vehicle, "source": source, "since": at(-100), "until": NOW}
    trips.cut_trips(**bounds, now=NOW)
    sessions.cut_sessions(**bounds)
    return since.since_charge(vehicle=source.vehicle)


@pytest.mark.django_db
def test_what_fell_beside_driving_was_lost_while_parked():
    later = [*drive(600, minutes=30, soc=63.0, km=1000.0), *parked(640, minutes=300, soc=57.0)]
    found = told(make_source(), [*charge(), *later])
    assert (found.km, found.by_odometer, found.level) == (24.0, True, 57.0)
    assert found.dropped_pct == pytest.approx(7.0)
    assert found.parked_pct == pytest.approx(1.0)
    assert (found.kwh, found.per_100_km, found.trips, found.trips_told) == (None, None, 1, 0)
    Trip.objects.update(energy_kwh=4.0, energy_by="power", distance_km=20.0)
    source = Trip.objects.get().source
    assert since.since_charge(vehicle=source.vehicle).per_100_km == pytest.approx(20.0)
    Trip.objects.update(soc_used_pct=None)
    assert since.since_charge(vehicle=source.vehicle).parked_pct is None, "one trip does not tell"
    Trip.objects.update(deleted_at=NOW)
    assert since.since_charge(vehicle=source.vehicle).trips == 0, "a deleted trip is in no sum"


@pytest.mark.django_db
def test_a_rise_that_no_charge_explains_leaves_loss_and_use_unknown():
    source = make_source()
    found = told(source, [*charge(leave_out=("odometer",)), *parked(70, minutes=30, soc=64.0)])
    assert (found.risen, found.km, found.by_odometer) == (False, 0.0, False)
    ChargingSession.objects.update(soc_to=50.0)
    found = since.since_charge(vehicle=source.vehicle)
    assert (found.risen, found.dropped_pct, found.parked_pct) == (True, None, None)


@pytest.mark.django_db
def test_while_it_charges_the_charge_before_counts_and_none_gives_nothing():
    source = make_source()
    assert since.since_charge(vehicle=source.vehicle) is None
    found = told(source, [*charge(), *parked(65, minutes=500, soc=64.0), *charge(700, soc=60.0)[:-2]])
    assert (found.charging, found.charge.started_at) == (True, at(0))
    assert START + timedelta(hours=1) == found.charge.ended_at
