"""Erasing a vehicle: nothing of it is left in any file or table, and nothing of others is touched."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from tests.vehicles.erasure import world as leaving
from tests.vehicles.factories import drive, make_user, make_vehicle
from tests.vehicles.store import world
from vehicles import ownership_selectors, registry, selectors, telemetry, trips
from vehicles.erasure import asking, running
from vehicles.models import (
    ErasedTime,
    Erasure,
    ImportBatch,
    LakeErasure,
    Source,
    Trip,
    Vehicle,
    VehicleOwnership,
)
from vehicles.store import days, passes, seal

pytestmark = pytest.mark.django_db(transaction=True)
NOW = leaving.NOW


def erase(vehicle, owner=None) -> Erasure:
    asked = asking.erase_vehicle(owner=owner or vehicle.owner, vehicle=vehicle, now=NOW)
    return running.run_erasure(erasure_id=asked.pk, now=NOW)


def test_nothing_of_an_erased_vehicle_is_in_any_file_or_table_and_others_are_whole():
    source, [other] = leaving.full_vehicle(), world.fleet(1)
    batch = leaving.waiting_import(source.vehicle)
    path = settings.MEDIA_ROOT / batch.path
    assert path.is_file()
    seal.seal_day(day=world.DAY, now=NOW)
    gone = source.vehicle_id
    before = world.everything([other])
    named = leaving.tables_naming(gone)
    assert {"message", "late_message", "rollup_1m", "rollup_5m", "latest", "ingest_event", "vehicles_vehicle"} <= named
    assert {gone, other.vehicle_id} == leaving.in_files()
    done = erase(source.vehicle)
    assert leaving.tables_naming(gone) == set()
    assert leaving.in_files() == {other.vehicle_id}
    assert world.everything([other]).equals(before)
    assert not Vehicle.objects.filter(pk=gone).exists()
    assert (Source.objects.filter(pk=source.pk).exists(), ImportBatch.objects.count(), path.exists()) == (0, 0, False)
    assert (LakeErasure.objects.count(), done.state) == (0, "done")
    assert done.counts["vehicles_trip"] == 2
    assert done.counts["message"] == 2 * 121  # the sealed day's partition is there still
    assert done.counts["lake values"] == 121 * 4  # three signals and the derived area
    assert done.lake_after > done.lake_before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading_count WHERE source_id = %s", [source.pk])
        assert cursor.fetchone() == (0,)


def test_from_the_moment_of_asking_no_reader_is_shown_it_though_all_of_it_is_there():
    source = leaving.full_vehicle()
    owner, trip = source.vehicle.owner, Trip.objects.first()
    asking.erase_vehicle(owner=owner, vehicle=source.vehicle, now=NOW)
    assert Trip.objects.count() == 2
    assert not selectors.vehicles_of(owner=owner).exists()
    assert not ownership_selectors.known_to(owner=owner).exists()
    assert not selectors.trips_of(owner=owner).exists()
    assert ownership_selectors.owned_by(owner=owner, vehicle=source.vehicle) == []
    assert not selectors.has_vehicle(owner)
    with pytest.raises(Trip.DoesNotExist):
        selectors.trip_of(owner=owner, public_id=trip.public_id)


def test_a_stranger_cannot_erase_and_nobody_asks_twice():
    source = leaving.full_vehicle()
    with pytest.raises(asking.NothingToErase):
        asking.erase_vehicle(owner=make_user(), vehicle=source.vehicle, now=NOW)
    asking.erase_vehicle(owner=source.vehicle.owner, vehicle=source.vehicle, now=NOW)
    with pytest.raises(asking.AlreadyAsked):
        asking.erase_vehicle(owner=source.vehicle.owner, vehicle=source.vehicle, now=NOW)
    assert Erasure.objects.count() == 1


def handed_over():
    """Seller's drives on two days, then the buyer's on the same second day; the vehicle and both people."""
    source = leaving.full_vehicle()
    seller, buyer = source.vehicle.owner, make_user()
    handed = world.START + timedelta(days=1, hours=2)
    # The newest reading bounds a handover, so it is handed over just behind the seller's last one.
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=buyer, now=handed)
    registry.rename_vehicle(vehicle=vehicle, nickname="Mine")
    told = drive(handed + timedelta(hours=1))
    later = Source.objects.create(vehicle=vehicle, kind="simulator")
    telemetry.store_readings(vehicle=vehicle, source=later, readings=told, now=NOW)
    trips.cut_trips(vehicle=vehicle, source=later, since=told[0].ts, until=told[-1].ts, now=NOW)
    return vehicle, seller, buyer, later


@pytest.mark.parametrize("sealed", [False, True])
def test_a_sellers_erasure_leaves_the_buyers_time_whole(sealed):
    vehicle, seller, buyer, later = handed_over()
    if sealed:
        for day in (world.DAY, world.DAY + days.ONE):
            seal.seal_day(day=day, now=NOW)
        passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    before = [row for row in world.everything([later]).to_pylist() if row["source_id"] == later.pk]
    done = erase(vehicle, owner=seller)
    assert done.counts["vehicles_trip"] == 2
    assert world.everything([later]).to_pylist() == before
    assert [trip.source_id for trip in selectors.trips_of(owner=buyer)] == [later.pk]
    assert leaving.owned_epochs(vehicle.pk) == [2]
    vehicle = Vehicle.objects.get(pk=vehicle.pk)
    assert (vehicle.nickname, vehicle.owner, vehicle.retired_at) == ("Mine", buyer, None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n), min(bucket) FROM rollup_1m WHERE signal_id = 6")
        told = [cursor.fetchone()]
        cursor.execute(
            "SELECT sum(e.n), min((day + e.slot * interval '5 minutes') AT TIME ZONE 'UTC')"
            " FROM rollup_5m r, unnest(r.slot, r.n) e(slot, n) WHERE signal_id = 6"
        )
        told += [cursor.fetchone()] if sealed else []
    for n, first in told:
        assert (n, first >= vehicle.owned_since - timedelta(minutes=5)) == (121, True)


def test_a_buyers_erasure_leaves_the_sellers_time_whole_and_the_vehicle_without_a_name():
    vehicle, seller, buyer, later = handed_over()
    seal.seal_day(day=world.DAY, now=NOW)
    known = [trip.public_id for trip in selectors.trips_of(owner=seller)]
    erase(vehicle)
    assert [trip.public_id for trip in selectors.trips_of(owner=seller)] == known
    assert world.everything([later]).num_rows == 2 * 121 * 4 + 1
    vehicle = Vehicle.objects.get(pk=vehicle.pk)
    assert (vehicle.nickname, vehicle.vin_sealed, vehicle.vin_tag, vehicle.retired_at) == ("", None, None, NOW)
    assert ownership_selectors.known_to(owner=seller).get().called == "Blue"
    assert not ownership_selectors.known_to(owner=buyer).exists()
    assert VehicleOwnership.objects.get().owner == seller


def test_a_copy_of_an_erased_drive_comes_to_count():
    first = leaving.full_vehicle()
    twin = make_vehicle()
    source = Source.objects.create(vehicle=twin, kind="simulator")
    told = drive(world.START)
    telemetry.store_readings(vehicle=twin, source=source, readings=told, now=NOW)
    trips.cut_trips(vehicle=twin, source=source, since=told[0].ts, until=told[-1].ts, now=NOW)
    copy = Trip.objects.get(vehicle=twin)
    assert copy.duplicate_of.vehicle_id == first.vehicle_id
    erase(first.vehicle)
    copy.refresh_from_db()
    assert copy.duplicate_of is None


def test_marks_go_with_an_erasure_that_is_called_back_and_stay_with_one_that_is_done():
    source = leaving.full_vehicle()
    owner = source.vehicle.owner
    asked = asking.erase_account(person=owner, now=NOW)
    assert not selectors.vehicles_of(owner=owner).exists()
    asking.call_back(erasure=asked, now=NOW + timedelta(days=6))
    assert selectors.vehicles_of(owner=owner).get() == source.vehicle
    with pytest.raises(asking.NotCalledBack):
        asking.call_back(erasure=asked, now=NOW)
    assert not ErasedTime.objects.exists()
