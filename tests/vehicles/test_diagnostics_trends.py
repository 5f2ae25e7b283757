"""Tires and the low-voltage battery over four weeks: around one drive a day, in the owner's own time."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.vehicles.factories import drive, make_source, make_user
from vehicles import registry, telemetry, trips
from vehicles.diagnostics import trends
from vehicles.diagnostics.reading import TIRES, VOLTAGE

pytestmark = pytest.mark.django_db
FRONT_LEFT = TIRES["front", "left"]


def driven(days=3):
    """A drive at noon of each of the last days, and a later one; pressure falls by 5 kPa a day."""
    source, now = make_source(), timezone.now().replace(microsecond=0)
    noon = (now - timedelta(days=1)).replace(hour=12, minute=0, second=0)
    for day in range(days, 0, -1):
        for hours in (0, 6):
            start = noon - timedelta(days=day) + timedelta(hours=hours)
            readings = drive(start, lat=10 + day, step=30)
            told = {FRONT_LEFT: 240.0 + 5 * day, VOLTAGE: 14.1}
            rest = readings[0]._replace(ts=start - timedelta(minutes=5), values={VOLTAGE: 12.5})
            readings = [rest, *(each._replace(values=each.values | told) for each in readings)]
            telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=now)
            source.refresh_from_db()
            trips.cut_trips(vehicle=source.vehicle, source=source, since=readings[1].ts, until=readings[-1].ts, now=now)
    return source, now


def test_a_day_is_told_by_its_first_drive_and_the_rest_before_it(django_assert_max_num_queries):
    source, now = driven()
    with django_assert_max_num_queries(3):
        found = trends.days(vehicle=source.vehicle, now=now)
    assert [day.bars for day in found] == [{("front", "left"): bar} for bar in (2.55, 2.5, 2.45)]
    assert {day.volts for day in found} == {12.5}
    assert {day.at.hour for day in found} == {12}
    assert trends.wheels_told(found) == [("front", "left")]


def test_the_page_draws_them_for_the_owner_alone(client):
    source, _ = driven()
    client.force_login(source.vehicle.owner)
    address = reverse("diagnostics-trends", args=[source.vehicle.public_id])
    told = client.get(address).json()
    assert [(plot["title"], plot["unit"]) for plot in told["plots"]] == [
        ("Front left", "bar"),
        ("Low-voltage battery, lowest", "V"),
    ]
    assert len(told["t"]) == 3
    page = client.get(reverse("diagnostics", args=[source.vehicle.public_id])).content.decode()
    assert address in page
    assert "245 kPa" in page
    client.force_login(make_user())
    assert client.get(address).status_code == 404


def test_a_buyer_sees_nothing_of_the_time_before(client):
    source, now = driven()
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=now)
    client.force_login(vehicle.owner)
    told = client.get(reverse("diagnostics-trends", args=[vehicle.public_id])).json()
    assert (told["t"], told["plots"]) == ([], [])
