"""The week before an account is erased: what arrives is kept for who stays, shown to nobody, and goes with the rest."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.vehicles.apps.world import signed_in
from tests.vehicles.devices import make_client, post
from tests.vehicles.factories import make_user
from tests.vehicles.movement import drives
from vehicles import registry, selectors, tasks
from vehicles.erasure import asking, running
from vehicles.models import MovementVerdict, Source, Trip, Vehicle
from vehicles.movement import judging

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = timedelta(days=7)


def queued(device):
    """A drive of an hour ago that the device kept in its queue, posted and cut now."""
    told = [
        {"name": name, "timestamp": message.ts.isoformat(), "value": value}
        for message in drives.told(driver=1, km=3.0, start=timezone.now() - timedelta(hours=1))
        for name, value in (
            ("currentLocationCoordinates", {"latitude": message.values[1], "longitude": message.values[2]}),
            ("speed", message.values[6]),
        )
    ]
    answer = post(Client(), [device.signed(told)])
    for source in Source.objects.filter(uncut_until__isnull=False):
        tasks.cut_source(source_id=source.pk)
    return answer


def measured(vehicle):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM message WHERE vehicle_id = %s", [vehicle.pk])
        return cursor.fetchone()[0]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_drive_that_arrives_in_the_week_is_cut_for_who_stays_and_gone_with_who_leaves(keeps):
    device = make_client()
    person, vehicle = device.vehicle.owner, device.vehicle
    asked = asking.erase_account(person=person, now=timezone.now())
    assert queued(device).json()["accepted"] == 1
    [trip] = Trip.objects.all()
    assert not selectors.trips_of(owner=person).exists()
    page = signed_in(person)
    for name in ("trip", "api-trip"):
        assert page.get(reverse(name, args=[trip.public_id])).status_code == 404
    assert page.get(reverse("trips-geojson"), {"trip": str(trip.public_id)}).status_code == 404
    if keeps:
        asking.call_back(erasure=asked, now=timezone.now())
        assert list(selectors.trips_of(owner=person)) == [trip]
        assert page.get(reverse("trip", args=[trip.public_id])).status_code == 200
    else:
        running.run_erasure(erasure_id=asked.pk, now=timezone.now() + WEEK)
        assert (Trip.objects.count(), measured(vehicle), Source.objects.count()) == (0, 0, 0)
        assert queued(device).status_code == 401
        assert Trip.objects.count() == 0


def test_a_week_that_is_judged_meanwhile_is_shown_to_nobody_and_goes_with_the_account():
    source = drives.device_source()
    drives.drive(source, drives.told(driver=1))
    person = source.vehicle.owner
    asked = asking.erase_account(person=person, now=drives.NOW)
    assert judging.judge_week(week=drives.WEEK, now=drives.NOW) == 1
    assert MovementVerdict.objects.get().earns
    assert signed_in(person).get(reverse("api-movement", args=[source.vehicle.public_id])).status_code == 404
    running.run_erasure(erasure_id=asked.pk, now=drives.NOW + WEEK)
    assert judging.judge_week(week=drives.WEEK, now=drives.NOW + WEEK) == 0
    assert MovementVerdict.objects.count() == 0


def test_who_stays_has_the_verdict_of_the_week():
    source = drives.device_source()
    drives.drive(source, drives.told(driver=1))
    asked = asking.erase_account(person=source.vehicle.owner, now=drives.NOW)
    judging.judge_week(week=drives.WEEK, now=drives.NOW)
    asking.call_back(erasure=asked, now=drives.NOW)
    told = signed_in(source.vehicle.owner).get(reverse("api-movement", args=[source.vehicle.public_id]))
    assert [row["earns"] for row in told.json()["results"]] == [True]
    assert judging.judge_week(week=drives.WEEK, now=drives.NOW + WEEK) == 0


def test_a_week_that_is_judged_again_brings_nothing_of_an_erased_owner_back():
    source = drives.device_source()
    drives.drive(source, drives.told(driver=1))
    seller, buyer = source.vehicle.owner, make_user()
    judging.judge_week(week=drives.WEEK, now=drives.NOW)
    handed = drives.MONDAY + timedelta(days=2)
    vehicle = registry.transfer_vehicle(vehicle=Vehicle.objects.get(), buyer=buyer, now=handed)
    asked = asking.erase_account(person=seller, now=drives.NOW)
    running.run_erasure(erasure_id=asked.pk, now=drives.NOW + WEEK)
    later = Source.objects.filter(vehicle=vehicle).first() or Source.objects.create(vehicle=vehicle, kind="simulator")
    drives.drive(later, drives.told(driver=2, start=handed + timedelta(hours=3), odometer=5100.0))
    judging.judge_week(week=drives.WEEK, now=drives.NOW + WEEK)
    assert set(MovementVerdict.objects.values_list("owner_epoch", flat=True)) == {2}
