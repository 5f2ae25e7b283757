"""A vehicle that is sold and bought back: its owner reads both their times with it, and nothing of the one between."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from tests.vehicles.factories import drive, make_source, make_user
from tests.vehicles.test_handover import store
from vehicles import measurements, ownership_selectors, registry
from vehicles.models import ChargingSession, FaultCode, RejectionCount, Trip, VehicleEvent
from vehicles.rejections import reading as refusals
from vehicles.signals import SPEED

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def world():
    """One drives at 36 km/h, sells; the other drives at 72; the first buys back and drives at 54."""
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - 8 * HOUR
    source = make_source()
    first, other = source.vehicle.owner, make_user()
    store(source, drive(start, kmh=36.0, lat=10.0))
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=other, now=start + 2 * HOUR)
    store(source, drive(start + 2 * HOUR, kmh=72.0, lat=20.0))
    vehicle = registry.transfer_vehicle(vehicle=vehicle, buyer=first, now=start + 4 * HOUR)
    store(source, drive(start + 4 * HOUR, kmh=54.0, lat=30.0))
    return first, other, vehicle, source, start


def speeds(data):
    return {round(value) for value in data["speed"] if value is not None}


def test_charts_and_curves_hold_both_times_and_not_the_one_between(client, world):
    first, other, vehicle, _, start = world
    client.force_login(first)
    assert speeds(client.get(reverse("telemetry-json"), {"range": "day"}).json()) == {36, 54}
    assert speeds(client.get(reverse("telemetry-json"), {"range": "week"}).json()) == {36, 54}
    old, new = Trip.objects.filter(owner_epoch__in=(1, 3)).order_by("started_at")
    for trip, kmh in ((old, 36), (new, 54)):
        assert speeds(client.get(reverse("telemetry-json"), {"trip": str(trip.public_id)}).json()) == {kmh}
        assert client.get(reverse("trip", args=[trip.public_id])).status_code == 200
    client.force_login(other)
    then = ownership_selectors.known_to(owner=other).get(pk=vehicle.pk)
    span = {"since": start - HOUR, "until": start + 9 * HOUR}
    points = measurements.series(vehicle=then, signal_ids=(SPEED,), **span).points[SPEED]
    assert {value for _, value in points} == {72.0}
    between = Trip.objects.get(owner_epoch=2)
    client.force_login(first)
    assert client.get(reverse("trip", args=[between.public_id])).status_code == 404


def test_a_track_of_the_whole_period_leaves_the_other_owner_out(world):
    first, _, vehicle, _, start = world
    known = ownership_selectors.known_to(owner=first).get(pk=vehicle.pk)
    places = measurements.track(vehicle=known, since=start, until=start + 9 * HOUR)
    assert {int(place.lat) for place in places} == {10, 30}
    assert {int(place.lat) for place in measurements.track(vehicle=vehicle, since=start, until=start + 9 * HOUR)} == {
        30
    }


@pytest.mark.parametrize("interval", ["", "1h", "1d"])
def test_the_api_tells_both_times_by_whatever_interval(client, world, interval):
    first, other, vehicle, _, start = world
    client.force_login(first)
    asked = {"names": "speed", "from": (start - HOUR).isoformat(), "to": timezone.now().isoformat(), "page_size": 5000}
    path = reverse("api-signals", args=[vehicle.public_id])
    told = client.get(path, asked | ({"interval": interval} if interval else {})).json()["results"]
    values = {round(row["value"]) for row in told}
    assert values == {36, 54} if interval != "1d" else all(36 <= value <= 54 for value in values)
    client.force_login(other)
    told = client.get(path, asked | ({"interval": interval} if interval else {})).json()["results"]
    assert {round(row["value"]) for row in told} == {72}


def test_trips_statistics_and_charges_are_of_both_times(client, world):
    first, _, vehicle, source, start = world
    for epoch, hours in ((1, 1), (2, 3), (3, 5)):
        at = start + hours * HOUR
        ChargingSession.objects.create(
            vehicle=vehicle, owner_epoch=epoch, source=source, started_at=at, ended_at=at + HOUR, readings=9
        )
    client.force_login(first)
    listed = client.get(reverse("api-trips", args=[vehicle.public_id])).json()["results"]
    assert len(listed) == 2
    charged = client.get(reverse("api-charges", args=[vehicle.public_id])).json()["results"]
    assert {datetime.fromisoformat(each["started_at"]) for each in charged} == {start + HOUR, start + 5 * HOUR}
    told = client.get(reverse("api-statistics")).json()
    assert (told["trips"], round(told["km"])) == (2, 15)


def test_events_and_codes_are_of_both_times(client, world):
    first, _, vehicle, source, start = world
    told = {"vehicle": vehicle, "source": source}
    for hours in (1, 3, 5):
        VehicleEvent.objects.create(name=f"at{hours}", ts=start + hours * HOUR, **told)
    for code, opened, seen, cleared in (
        ("P0001", 0.5, 1, 1.5),  # first time alone
        ("P0002", 2.5, 3, 3.5),  # the other's alone
        ("P0003", 1, 5, None),  # stands over both hand-overs
        ("P0004", 1, 3, 3.5),  # went while it was the other's
        ("P0005", 3, 5, 5.5),  # came while it was the other's
    ):
        FaultCode.objects.create(
            code=code, opened_at=start + opened * HOUR, last_seen_at=start + seen * HOUR,
            cleared_at=None if cleared is None else start + cleared * HOUR, **told,
        )  # fmt: skip
    client.force_login(first)
    named = {row["name"] for row in client.get(reverse("api-events", args=[vehicle.public_id])).json()["results"]}
    assert named == {"at1", "at5"}
    codes = client.get(reverse("api-fault-codes", args=[vehicle.public_id])).json()["results"]
    spans = {
        row["code"]: [
            (datetime.fromisoformat(row[name]) - start) / HOUR if row[name] else None
            for name in ("opened_at", "last_seen_at", "cleared_at")
        ]
        for row in codes
    }
    assert spans == {
        "P0001": [0.5, 1, 1.5],
        "P0003": [1, 5, None],
        "P0004": [1, 2, 4],
        "P0005": [4, 5, 5.5],
    }


def test_refusals_are_of_both_times_and_of_no_day_of_a_hand_over(world):
    first, _, vehicle, source, _ = world
    known = ownership_selectors.known_to(owner=first).get(pk=vehicle.pk)
    noon = timezone.now().replace(hour=12) - timedelta(days=30)
    known.seen_times = [TimestamptzRange(None, noon), TimestamptzRange(noon + timedelta(days=10), None)]
    for days in (-1, 0, 3, 10, 11):
        day = (noon + timedelta(days=days)).date()
        RejectionCount.objects.create(source=source, day=day, signal="speed", code="out_of_range", count=1)
    told = refusals.counts_of(vehicle=known, owner=first, since=(noon - timedelta(days=9)).date())
    assert [(row["day"] - noon.date()).days for row in told] == [-1, 11]
