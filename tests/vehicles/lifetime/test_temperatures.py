"""Consumption by the temperature outside: what the cutter tells, what a bin holds, and whose it is."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse

from tests.vehicles.diary.world import LATE, MONTH, car, drives
from tests.vehicles.factories import drive, make_user
from vehicles import cutting, telemetry, trips
from vehicles.figures import Point
from vehicles.lifetime import figures
from vehicles.models import Trip
from vehicles.signals import OUTSIDE

DAY = timedelta(days=1)


def told(celsius, *, km=10.0, kwh=None, liters=None):
    return SimpleNamespace(
        started_at=MONTH,
        ended_at=MONTH + timedelta(minutes=10),
        tag="",
        distance_km=km,
        celsius=celsius,
        energy_kwh=kwh,
        fuel_used_l=liters,
    )


def test_a_drive_has_the_mean_temperature_of_its_readings():
    points = [Point(MONTH + timedelta(seconds=5 * n), speed=50.0) for n in range(60)]
    assert cutting.cut(points)[0].celsius is None
    points[3], points[30] = points[3]._replace(celsius=-4.0), points[30]._replace(celsius=-1.0)
    assert cutting.cut(points)[0].celsius == -2.5


@pytest.mark.parametrize(
    ("celsius", "low"),
    [(-5.01, -10), (-5.0, -5), (-0.01, -5), (0.0, 0), (4.99, 0), (5.0, 5), (70.0, 70)],
)
def test_a_bin_is_half_open_also_below_zero(celsius, low):
    [found] = figures.bins([told(celsius, kwh=1.0)])
    assert (found.low, found.high) == (low, low + 5)


def test_consumption_is_of_all_energy_over_all_distance_of_a_bin():
    found = figures.bins(
        [told(12.0, km=90.0, kwh=18.0), told(-3.0, km=5.0, kwh=1.5), told(-1.0, km=15.0, kwh=3.5), told(11.0, km=10.0)]
    )
    assert [(part.low, part.sums.trips, part.sums.km) for part in found] == [(-5, 2, 20.0), (10, 1, 90.0)]
    assert [part.sums.kwh_per_100 for part in found] == [25.0, 20.0]  # not (30 + 23.3) / 2


def test_fuel_and_electricity_stand_apart_and_what_was_not_measured_is_left_out():
    [found] = figures.bins(
        [told(7.0, km=20.0, kwh=2.0, liters=1.0), told(8.0, km=80.0, liters=5.0), told(None, kwh=9.0)]
    )
    assert (found.sums.trips, found.sums.km) == (2, 100.0)
    assert (found.sums.kwh_per_100, found.sums.liters_per_100) == (10.0, 6.0)


def warm(source, start, celsius):
    """A drive on a day of this temperature, which its readings tell."""
    path = [m._replace(values=m.values | {OUTSIDE: celsius, 47: -9_000.0}) for m in drive(start)]
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=path, now=LATE)
    trips.cut_trips(vehicle=source.vehicle, source=source, since=start, until=path[-1].ts, now=LATE)


@pytest.mark.django_db
def test_the_page_its_chart_and_the_api_tell_the_same(client, django_assert_max_num_queries):
    source = car()
    warm(source, MONTH, -2.0)
    warm(source, MONTH + DAY, 18.0)
    drives(source, MONTH + 2 * DAY)
    client.force_login(source.vehicle.owner)
    page = client.get(reverse("statistics"))
    assert [words for words, _ in page.context["temperatures"]] == ["-5 to 0 °C", "15 to 20 °C"]
    assert page.content.decode().count("25.0 kWh/100 km") == 3  # 1.5 kWh over 6 km: both bins, and all drives
    with django_assert_max_num_queries(10):
        chart = client.get(reverse("statistics-temperatures")).json()
    assert chart["names"] == ["-5 to 0 °C", "15 to 20 °C"]
    [plot] = chart["plots"]
    assert (plot["unit"], [round(value, 1) for value in plot["values"]]) == ("kWh/100 km", [25.0, 25.0])
    found = client.get(reverse("api-statistics")).json()["by_temperature"]
    assert [(part["low"], part["high"], part["trips"]) for part in found] == [(-5, 0, 1), (15, 20, 1)]
    assert [round(part["kwh_per_100"], 1) for part in found] == [25.0, 25.0]
    trip = Trip.objects.get(started_at=MONTH)
    assert "-2 °C" in client.get(reverse("trip", args=[trip.public_id])).content.decode()


@pytest.mark.django_db
def test_temperatures_are_of_the_asked_time_and_vehicle_and_of_nobody_else(client):
    source, stranger = car(), make_user()
    warm(source, MONTH, -2.0)
    address = reverse("statistics-temperatures")
    client.force_login(source.vehicle.owner)
    assert client.get(address, {"year": "2025"}).json()["names"] == []
    assert client.get(address, {"year": "x"}).status_code == 404
    client.force_login(stranger)
    assert client.get(address).json()["names"] == []
    assert client.get(address, {"vehicle": str(source.vehicle.public_id)}).status_code == 404


@pytest.mark.django_db
def test_drives_without_a_temperature_say_what_is_needed(client):
    source = car()
    drives(source, MONTH)
    client.force_login(source.vehicle.owner)
    assert "needs drives on which both the temperature" in client.get(reverse("statistics")).content.decode()
