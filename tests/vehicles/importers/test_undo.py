"""Taking an import back: its readings, and the cars that were made for it alone."""

from datetime import timedelta

import pytest
from django.db import connection

from tests.unions.factories import union
from tests.vehicles.devices import make_client
from tests.vehicles.factories import NOW, drive, make_source, make_user, make_vehicle
from unions import membership
from vehicles import imports, loading, registry
from vehicles.models import ImportBatch, Source, Vehicle

pytestmark = pytest.mark.django_db


def imported(owner=None):
    """A finished import with a car that was made for it."""
    batch = ImportBatch.objects.create(
        owner=owner or make_user(), format="teslafi", filename="x.csv", sha256=b"", state=ImportBatch.State.DONE
    )
    vehicle = registry.register_vehicle(owner=batch.owner, now=NOW, made_by=batch)
    Source.objects.create(vehicle=vehicle, kind=Source.Kind.IMPORT, batch=batch, external_key="x")
    return batch, vehicle


def left(batch, vehicle):
    imports.undo_import(batch_id=batch.pk, now=NOW)
    return Vehicle.objects.filter(pk=vehicle.pk).exists()


def test_a_car_made_for_the_import_goes_with_it():
    assert left(*imported()) is False


def test_a_car_that_was_there_before_stays():
    batch, _ = imported()
    before = make_vehicle(owner=batch.owner)
    Source.objects.create(vehicle=before, kind=Source.Kind.IMPORT, batch=batch)
    assert left(batch, before) is True


@pytest.mark.parametrize("more", ["source", "device", "vin", "sold"])
def test_a_car_with_anything_else_of_its_own_stays(more):
    batch, vehicle = imported()
    if more == "source":
        make_source(vehicle)
    elif more == "device":
        make_client(vehicle)
    elif more == "vin":
        registry.enter_vin(vehicle=vehicle, owner=batch.owner, vin="WVWZZZ1JZXW000001", now=NOW)
    else:
        registry.transfer_vehicle(vehicle=vehicle, buyer=make_user(), now=NOW)
    assert left(batch, vehicle) is True


def test_a_car_that_a_room_above_knows_stays():
    batch, vehicle = imported()
    membership.join_union(union=union(), vehicle=vehicle, member=batch.owner, now=NOW)
    assert left(batch, vehicle) is True
    assert Source.objects.filter(vehicle=vehicle).exists()


def test_a_file_tells_nothing_of_a_time_when_the_car_was_somebody_elses():
    batch, vehicle = imported()
    moved = registry.transfer_vehicle(vehicle=vehicle, buyer=make_user(), now=NOW - timedelta(minutes=5))
    for owner, kept in ((batch.owner, "seller"), (moved.owner, "buyer")):
        own = ImportBatch.objects.create(owner=owner, format="teslafi", filename="y.csv", sha256=b"")
        source = Source.objects.create(vehicle=vehicle, kind=Source.Kind.IMPORT, batch=own)
        garage = loading.Garage(batch=own, target=source, now=NOW)
        readings = drive(NOW - timedelta(minutes=10), seconds=590)
        garage.flush(loading.Lane(source, readings), 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT min(ts), max(ts) FROM message WHERE source_id = %s", [source.pk])
            first, last = cursor.fetchone()
        assert (last < moved.owned_since) if kept == "seller" else (first >= moved.owned_since)
        assert own.rejected["not_owned_then"] > 100
