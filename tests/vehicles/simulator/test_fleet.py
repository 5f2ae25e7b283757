from datetime import timedelta

import pytest
from django.db import connection

from tests.vehicles.factories import NOW, make_user
from vehicles.models import RejectionCount, Source, Trip
from vehicles.simulator.fleet import create_fleet

pytestmark = pytest.mark.django_db


def test_each_owner_gets_one_vehicle_that_is_labeled_simulated_everywhere():
    owners = [make_user(timezone="Europe/Berlin") for _ in range(5)]
    fleet = create_fleet(owners=owners, now=NOW, days=4, seed=3)
    assert [vehicle.owner for vehicle in fleet] == owners
    assert all(vehicle.simulated for vehicle in fleet)
    assert {source.kind for source in Source.objects.all()} == {Source.Kind.SIMULATOR}
    assert {vehicle.powertrain for vehicle in fleet} == {"electric", "combustion", "plug_in", "hybrid"}
    assert len({vehicle.nickname for vehicle in fleet}) == 5
    assert fleet[0].registered_at <= NOW - timedelta(days=4)


def test_its_days_are_stored_without_a_doubt_and_cut_into_trips():
    [vehicle] = create_fleet(owners=[make_user()], now=NOW, days=10, seed=3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(ts), max(ts), count(*) FILTER (WHERE flag <> '{}') FROM message")
        first, last, doubted = cursor.fetchone()
    assert NOW - timedelta(days=11) <= first
    assert last <= NOW
    assert (doubted, RejectionCount.objects.count()) == (0, 0)
    trips = Trip.objects.filter(vehicle=vehicle)
    assert trips.count() >= 5
    assert all(0.3 < trip.distance_km < 60 for trip in trips)


def test_a_fleet_made_again_adds_nothing():
    owners = [make_user()]
    [first] = create_fleet(owners=owners, now=NOW, days=3, seed=3)
    [again] = create_fleet(owners=owners, now=NOW + timedelta(days=1), days=3, seed=3)
    assert again == first
    assert Source.objects.count() == 1
