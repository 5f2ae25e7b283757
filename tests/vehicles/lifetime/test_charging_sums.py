"""Charging, cost and energy in the statistics, against sums made by hand."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from tests.vehicles.diary.world import LATE, MONTH, car, drives
from tests.vehicles.factories import make_user
from vehicles import energy_prices, registry
from vehicles.energy_prices import Prices
from vehicles.lifetime import figures, pages
from vehicles.models import ChargingSession, NamedArea

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def charged(source, start, kwh=None, *, current="ac", place="", paid=None, **fields):
    method = "" if kwh is None else "counter"
    money = {} if paid is None else {"paid": Decimal(paid), "paid_currency": "EUR"}
    return ChargingSession.objects.create(
        vehicle=source.vehicle,
        owner_epoch=source.vehicle.owner_epoch,
        source=source,
        readings=9,
        started_at=start,
        ended_at=start + HOUR,
        energy_kwh=kwh,
        energy_method=method,
        **{"current": current, "said_place": place, **money, **fields},
    )


def world():
    """Five charges of 2026 that count, one that repeats another, and one of 2027 by the car's clock in Helsinki."""
    source = car()
    energy_prices.set_prices(
        vehicle=source.vehicle, since=date(2026, 10, 1), prices=Prices("EUR", home_per_kwh=Decimal("0.20")), now=LATE
    )
    first = charged(source, MONTH, 10.0, place="home")  # 10 × 0.20 = 2.00
    charged(source, MONTH + DAY, 30.5, current="dc", place="away", paid="15.25")
    charged(source, MONTH + 2 * DAY, 5.0)  # nobody said where: no cost
    charged(source, MONTH + 3 * DAY, 2.25, current="", place="home")  # 0.45
    charged(source, MONTH + 4 * DAY, place="home")  # of unknown energy
    charged(source, MONTH + 5 * DAY, 10.0, place="home", duplicate_of=first)
    charged(source, datetime(2026, 12, 31, 22, 30, tzinfo=UTC), 100.0, place="away", paid="99.00")
    return source


def test_charging_of_a_year_is_what_its_charges_come_to(client):
    source = world()
    client.force_login(source.vehicle.owner)
    page = client.get(reverse("statistics"), {"year": "2026"})
    told = page.context["charging"]
    assert (told.charges, told.kwh, told.energy_unknown, told.cost_unknown) == (5, 47.75, 1, 2)
    assert (told.by_place, told.by_current) == (
        {"home": 12.25, "away": 30.5, "": 5.0},
        {"ac": 15.0, "dc": 30.5, "": 2.25},
    )
    assert told.costs == {"EUR": Decimal("17.70")}
    text = page.content.decode()
    for words in ("€17.70", "47.8 kWh", "12.3 kWh", "30.5 kWh", "5.0 kWh", "2.3 kWh", "and 2 charges of unknown cost"):
        assert words in text, words
    assert "and 1 charge of unknown energy" in text
    assert sum(told.by_place.values()) == sum(told.by_current.values()) == told.kwh


def test_a_charge_is_of_the_year_that_its_car_reads(client):
    source = world()
    client.force_login(source.vehicle.owner)
    told = client.get(reverse("statistics"), {"year": "2027"}).context["charging"]
    assert (told.charges, told.kwh, told.costs) == (1, 100.0, {"EUR": Decimal("99.00")})
    assert client.get(reverse("statistics")).context["charging"].kwh == 147.75


def test_the_api_tells_cost_energy_and_charging_as_the_page(client):
    source = world()
    drives(source, MONTH)  # 6 km at 9 kW for ten minutes: 1.5 kWh, 0.30 EUR
    other = car(owner=source.vehicle.owner)
    charged(other, MONTH, 1.0)
    client.force_login(source.vehicle.owner)
    asked = {"year": "2026", "vehicle": str(source.vehicle.public_id)}
    told = client.get(reverse("api-statistics"), asked).json()
    assert told["charging"] == {
        "charges": 5,
        "kwh": 47.75,
        "energy_unknown": 1,
        "cost": {"EUR": "17.70"},
        "cost_unknown": 2,
        "by_current": {"ac": 15.0, "dc": 30.5, "unknown": 2.25},
        "by_place": {"home": 12.25, "away": 30.5, "unknown": 5.0},
    }
    assert (told["energy_kwh"], told["cost"], told["trips_without_cost"]) == (1.5, {"EUR": "0.30"}, 0)
    assert (told["energy_km"], told["fuel_l"], told["fuel_km"]) == (told["km"], 0, 0)
    assert client.get(reverse("api-statistics"), {"year": "2026"}).json()["charging"]["kwh"] == 48.75
    assert client.get(reverse("api-statistics"), {"vehicle": "x"}).status_code == 400


def test_charges_are_of_each_owners_time(client):
    source, buyer = world(), make_user()
    seller = source.vehicle.owner
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=LATE)
    address, asked = reverse("api-statistics"), {"vehicle": str(source.vehicle.public_id)}
    client.force_login(buyer)
    assert client.get(address).json()["charging"]["charges"] == 0
    client.force_login(seller)
    assert client.get(address, asked).json()["charging"]["charges"] == 6
    client.force_login(make_user())
    assert client.get(address, asked).status_code == 404


def test_areas_beyond_the_first_page_are_told_on_the_next(client, monkeypatch):
    source = car()
    [trip] = drives(source, MONTH)
    found = [figures.Area(trip.start_cell + cell, 60 - cell, MONTH, MONTH) for cell in range(53)]
    monkeypatch.setattr(figures, "areas", lambda *, trips: found)
    NamedArea.objects.create(owner=source.vehicle.owner, cell=found[51].cell, name="Far Point")
    client.force_login(source.vehicle.owner)
    first = client.get(reverse("statistics"))
    assert len(first.context["areas"]) == pages.LISTED
    assert "Areas 1 to 50 of 53" in first.content.decode()
    assert "Unnamed area 50" in first.content.decode()
    assert "page=2#areas" in first.content.decode()
    second = client.get(reverse("statistics"), {"page": "2", "year": "2026"}).content.decode()
    assert "Areas 51 to 53 of 53" in second
    assert "Unnamed area 51" in second
    assert "Far Point" in second
    assert "Unnamed area 53" in second
    assert "statistics/areas.geojson?year=2026" in second
    assert client.get(reverse("statistics"), {"page": "9"}).context["page"].number == 2
