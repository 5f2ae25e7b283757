"""Exact positions go when their owner's time for them is over; areas, figures and everything else stay."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from tests.vehicles.factories import drive, make_user, make_vehicle
from tests.vehicles.retention import world
from vehicles import latest, trip_edits, trips
from vehicles.models import ExactRemoval, ExactWish, ImportBatch, LakeErasure, Source, Trip
from vehicles.retention import sweeping
from vehicles.store import days, lake, passes

pytestmark = pytest.mark.django_db(transaction=True)
NOW, DAY = world.NOW, timedelta(days=1)


def keeps(source, days):
    ExactWish.objects.update_or_create(owner=source.vehicle.owner, defaults={"days": days})


@pytest.mark.parametrize("where", ["hot", "sealed"])
def test_positions_go_from_every_tier_and_nothing_else_does(where):
    source, other = world.driven(days=2), world.driven(days=2)
    if where == "sealed":
        world.seal_first()  # its partition is still there, closed
    before, figures = world.kept(source), list(Trip.objects.order_by("pk").values())
    keeps(source, 365)
    keeps(other, None)
    assert sweeping.sweep(now=NOW) == 1
    assert world.lying(source) == world.left(source, *world.POSITIONS) == 0
    assert world.kept(source) == before
    assert world.lying(other) > 0
    after = [{**row, "points_removed_at": None} for row in Trip.objects.order_by("pk").values()]
    assert after == figures
    assert sweeping.sweep(now=NOW) == 0


def test_by_default_two_years_are_kept_and_not_a_day_more():
    source = world.driven()
    assert sweeping.sweep(now=world.START + 730 * DAY) == 1  # nothing of that day yet
    assert world.left(source, *world.POSITIONS) > 0
    sweeping.sweep(now=world.START + 731 * DAY)
    assert world.lying(source) == 0


def test_only_what_is_older_goes():
    source = world.driven(days=2, step=200)
    keeps(source, 500)
    sweeping.sweep(now=NOW)
    assert [trip.points_removed_at for trip in source.trips.order_by("started_at")] == [NOW, None]
    assert world.lying(source) > 0


def test_a_shorter_time_takes_effect_when_its_week_is_over():
    source = world.driven()
    ExactWish.objects.create(owner=source.vehicle.owner, days=730, next_days=30, next_at=NOW + DAY)
    sweeping.sweep(now=NOW)
    assert world.lying(source) > 0
    sweeping.sweep(now=NOW + DAY)
    assert world.lying(source) == 0


def test_what_a_file_brought_in_counts_from_the_day_it_was_brought_in():
    vehicle = make_vehicle()
    batch = ImportBatch.objects.create(
        owner=vehicle.owner, format="envirocar", filename="x", sha256=bytes(32), finished_at=NOW - 100 * DAY
    )
    source = world.driven(Source.objects.create(vehicle=vehicle, kind="import", batch=batch))
    keeps(source, 365)
    assert sweeping.sweep(now=NOW) == 0
    assert world.lying(source) > 0
    sweeping.sweep(now=NOW + 270 * DAY)
    assert world.lying(source) == 0


def test_each_owner_decides_for_their_own_time():
    """The seller keeps all while they own it, then two years; the buyer a month."""
    source = world.driven(days=2, step=100)
    vehicle, seller, buyer = source.vehicle, source.vehicle.owner, make_user()
    vehicle.owner, vehicle.owner_epoch, vehicle.owned_since = buyer, 2, world.START + 50 * DAY
    vehicle.save()
    ExactWish.objects.create(owner=seller, days=None)
    ExactWish.objects.create(owner=buyer, days=30)
    Trip.objects.filter(started_at__gt=vehicle.owned_since).update(owner_epoch=2)
    sweeping.sweep(now=NOW)
    assert [trip.points_removed_at for trip in source.trips.order_by("started_at")] == [None, NOW]
    sweeping.sweep(now=NOW + 300 * DAY)
    assert world.lying(source) == 0


def test_a_car_that_told_nothing_since_has_no_last_position_either():
    source = world.driven()
    state = latest.read(vehicle_id=source.vehicle_id)
    assert state.last.keys() >= set(world.POSITIONS)
    assert state.tracks
    keeps(source, 365)
    sweeping.sweep(now=NOW)
    state = latest.read(vehicle_id=source.vehicle_id)
    assert not state.last.keys() & set(sweeping.exact_signals())
    assert not state.tracks
    assert 6 in state.last


def test_long_archives_go_in_batches_of_a_month_of_the_lake(monkeypatch):
    source = world.driven(days=4)
    for day in range(4):
        passes.seal_due_days(now=NOW, day=world.DAY + timedelta(days=day))
    monkeypatch.setattr(sweeping, "MOST_DAYS", 2)
    keeps(source, 365)
    batches = []
    sweeping.sweep(now=NOW, reached=lambda step: batches.append(step))
    assert batches.count("asked") == 2
    assert world.lying(source) == 0


def test_trips_whose_points_are_gone_say_so_and_are_cut_no_more():
    source = world.driven()
    keeps(source, 365)
    sweeping.sweep(now=NOW)
    trip = source.trips.get()
    client = Client()
    client.force_login(trip.vehicle.owner)
    answer = client.get(reverse("trips-geojson"), {"trip": str(trip.public_id)}).json()
    assert answer["features"] == []
    assert answer["note"].startswith("The exact positions were removed on November 22, 2026")
    assert client.get(reverse("trip", args=[trip.public_id])).status_code == 200
    middle = trip.started_at + (trip.ended_at - trip.started_at) / 2
    with pytest.raises(trip_edits.PointsRemoved):
        trip_edits.split_trip(trip=trip, moment=middle, actor=trip.vehicle.owner, now=NOW)
    trips.cut_trips(vehicle=trip.vehicle, source=source, since=trip.started_at, until=trip.ended_at, now=NOW)
    assert Trip.objects.values("distance_km", "readings").get() == {
        "distance_km": trip.distance_km,
        "readings": trip.readings,
    }
    deleted = trip_edits.delete_trip(trip=trip, actor=trip.vehicle.owner, now=NOW)
    assert trip_edits.restore_trip(trip=deleted, actor=trip.vehicle.owner, now=NOW).deleted_at is None


def test_a_cut_below_what_is_gone_leaves_nothing_waiting():
    source = world.driven()
    keeps(source, 365)
    sweeping.sweep(now=NOW)
    Source.objects.filter(pk=source.pk).update(uncut_since=world.START, uncut_until=world.START + DAY)
    trips.cut_trips(vehicle=source.vehicle, source=source, since=world.START, until=world.START + DAY, now=NOW)
    source.refresh_from_db()
    assert source.uncut_until is None


def test_a_sealer_at_work_is_left_alone():
    keeps(world.driven(), 365)
    with days.sealing_alone(), pytest.raises(days.SealerBusy):
        sweeping.sweep(now=NOW)
    assert not LakeErasure.objects.exists()


def test_what_was_promised_is_hidden_at_once_in_the_lake():
    source = world.driven()
    world.seal_first()
    keeps(source, 365)
    sweeping.ask(sweeping.due(now=NOW), now=NOW)
    assert world.left(source, *world.POSITIONS) == 0
    assert world.kept(source)[0] > 0


def test_removals_only_rise():
    source = world.driven()
    row = ExactRemoval.objects.create(source=source, owner_epoch=1, until=NOW)
    with pytest.raises(IntegrityError, match="does not come back"), transaction.atomic():
        ExactRemoval.objects.filter(pk=row.pk).update(until=NOW - DAY)


def test_late_messages_lose_their_positions_and_a_closed_day_stays_closed():
    source = world.driven()
    world.seal_first()
    world.world.store(source, drive(world.START + timedelta(hours=3)))
    before = world.kept(source)
    keeps(source, 365)
    sweeping.sweep(now=NOW)
    assert world.lying(source) == 0
    assert world.kept(source) == before
    with days.sealing_alone() as holder:
        assert lake.finish_erasures(holder) == 0
