"""The page and the API of energy prices: errors at their field, every step undone by one button."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from tests.vehicles.factories import NOW, make_user, make_vehicle
from vehicles import energy_prices
from vehicles.energy_prices import Prices
from vehicles.models import EnergyPrice

pytestmark = pytest.mark.django_db
TOLD = {"since": "2026-01-01", "currency": "eur", "home_per_kwh": "0.3", "fuel_per_liter": "1.799"}


@pytest.fixture
def vehicle(client):
    vehicle = make_vehicle()
    client.force_login(vehicle.owner)
    return vehicle


def page(vehicle, name="energy-prices"):
    return reverse(name, args=[vehicle.public_id])


def test_prices_are_set_removed_ended_and_undone_on_the_page(client, vehicle, django_assert_max_num_queries):
    assert "No price told yet" in client.get(page(vehicle)).content.decode()
    assert client.post(page(vehicle, "energy-prices-undo")).status_code == 404
    client.post(page(vehicle), TOLD)
    with django_assert_max_num_queries(12):
        shown = client.get(page(vehicle)).content.decode()
    assert "0.30 EUR/kWh" in shown
    assert "1.799 EUR/l" in shown
    client.post(page(vehicle, "energy-prices-end"), {"since": "2026-02-01"})
    assert str(EnergyPrice.objects.get().period.upper) == "2026-02-01"
    client.post(page(vehicle, "energy-prices-undo"))
    assert EnergyPrice.objects.get().period.upper is None
    client.post(page(vehicle, "energy-prices-remove"), {"since": "2026-01-01"})
    assert not EnergyPrice.objects.exists()
    client.post(page(vehicle, "energy-prices-undo"))
    assert EnergyPrice.objects.get().currency == "EUR"
    assert client.post(page(vehicle, "energy-prices-undo")).status_code == 404, "a step is undone once"


def test_a_refusal_stands_at_its_field(client, vehicle):
    client.post(page(vehicle), TOLD)
    for change, field in (
        ({"since": ""}, "since"),
        ({"since": "0206-01-01"}, "since"),
        ({"currency": "EUX"}, "currency"),
        ({"currency": "USD", "since": "2026-03-01"}, "currency"),
        ({"home_per_kwh": "-1"}, "home_per_kwh"),
        ({"home_per_kwh": "", "fuel_per_liter": ""}, "home_per_kwh"),
        ({"home_share_pct": "101"}, "home_share_pct"),
    ):
        answer = client.post(page(vehicle), TOLD | change)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    for since in ("", "soon"):
        answer = client.post(page(vehicle, "energy-prices-end"), {"since": since}, follow=True)
        assert "Say the day" in answer.content.decode()
    assert client.post(page(vehicle, "energy-prices-remove"), {"since": "2026-01-02"}).status_code == 404


def test_the_api_sets_lists_and_takes_back(client, vehicle):
    address = reverse("api-energy-prices", args=[vehicle.public_id])
    answer = client.post(address, TOLD | {"currency": "EUR"}, content_type="application/json")
    assert answer.json() == client.get(address).json()
    (told,) = answer.json()
    assert (told["since"], told["until"], told["fuel_per_liter"], told["away_per_kwh"]) == (
        *("2026-01-01", None),
        *("1.7990", None),
    )
    refused = client.post(address, TOLD | {"since": "2026-05-01", "currency": "USD"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "currency_differs")
    assert refused.json()["errors"][0]["field"] == "currency"
    bad = client.post(address, {"since": "x", "currency": "EUR"}, content_type="application/json")
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "since")
    one = reverse("api-energy-price", args=[vehicle.public_id, "2026-01-01"])
    assert client.delete(reverse("api-energy-price", args=[vehicle.public_id, "soon"])).status_code == 404
    assert client.delete(one).json() == []
    assert client.delete(one).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_set_prices_at_once_follow_one_another(monkeypatch):
    """Both meet behind the lock if they can; with it, the second waits and builds on what the first wrote."""
    vehicle, meeting, build = make_vehicle(), threading.Barrier(2), energy_prices.with_prices

    def late(*args):
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        return build(*args)

    def put(day):
        try:
            prices = Prices("EUR", home_per_kwh=Decimal(day))
            energy_prices.set_prices(vehicle=vehicle, since=date(2026, 1, day), prices=prices, now=NOW)
        finally:
            connection.close()

    monkeypatch.setattr(energy_prices, "with_prices", late)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(put, (5, 9)))
    rows = EnergyPrice.objects.order_by("period__startswith")
    assert [(row.period.lower.day, row.period.upper) for row in rows] == [(5, date(2026, 1, 9)), (9, None)]


ELECTRIC, FUEL = {"home_per_kwh", "away_per_kwh", "home_share_pct"}, {"fuel_per_liter"}


@pytest.mark.parametrize(
    ("powertrain", "asked"),
    [
        ("combustion", FUEL),
        ("electric", ELECTRIC),
        ("hybrid", ELECTRIC | FUEL),
        ("plug_in", ELECTRIC | FUEL),
        ("", ELECTRIC | FUEL),
    ],
)
def test_a_car_is_asked_for_the_prices_of_what_it_takes(client, powertrain, asked):
    vehicle = make_vehicle(powertrain=powertrain)
    client.force_login(vehicle.owner)
    form = client.get(page(vehicle)).context["form"]
    assert set(form.fields) - {"since", "currency"} == asked
    told = {"since": "2026-01-01", "currency": "EUR"} | dict.fromkeys(asked, "1")
    assert client.post(page(vehicle), told).status_code == 302
    assert EnergyPrice.objects.get().fuel_per_liter == (1 if asked & FUEL else None)
    assert client.post(page(vehicle), told | dict.fromkeys(asked, "")).status_code == 422


def test_a_price_that_was_told_stays_in_the_form_whatever_the_car_is(client, vehicle):
    client.post(page(vehicle), TOLD)
    vehicle.powertrain = "electric"
    vehicle.save()
    assert "fuel_per_liter" in client.get(page(vehicle)).context["form"].fields
    assert "1.799 EUR/l" in client.get(page(vehicle)).content.decode()


def test_a_fuel_car_leads_to_its_prices_from_its_pages_and_from_the_settings(client):
    vehicle = make_vehicle(powertrain="combustion")
    client.force_login(vehicle.owner)
    assert page(vehicle) in client.get(page(vehicle, "vehicle")).content.decode()
    assert reverse("energy-prices-all") in client.get(reverse("settings")).content.decode()
    assert client.get(reverse("energy-prices-all")).headers["Location"] == page(vehicle)


def test_all_vehicles_prices_of_today_are_told_together(client, vehicle, django_assert_max_num_queries):
    client.post(page(vehicle), TOLD)
    others = [make_vehicle(owner=vehicle.owner) for _ in range(4)]
    sold = make_vehicle()
    with django_assert_max_num_queries(9):
        answer = client.get(reverse("energy-prices-all"))
    rows = dict(answer.context["rows"])
    assert rows[vehicle]["fuel_per_liter"] == "1.799 EUR/l"
    assert [rows[each] for each in others] == [None] * 4
    assert sold not in rows
    client.post(page(vehicle, "energy-prices-end"), {"since": "2026-02-01"})
    assert dict(client.get(reverse("energy-prices-all")).context["rows"])[vehicle] is None


def test_who_has_no_vehicle_is_led_to_one(client):
    client.force_login(make_user())
    assert "Prices are told for each vehicle" in client.get(reverse("energy-prices-all")).content.decode()
