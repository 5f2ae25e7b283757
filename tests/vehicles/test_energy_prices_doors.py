"""The page and the API of energy prices: errors at their field, every step undone by one button."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from tests.vehicles.factories import NOW, make_vehicle
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
