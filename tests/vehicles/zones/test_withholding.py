"""What apps are told of a vehicle with zones: nothing inside of them, and no speed that leads in or out."""

from datetime import timedelta

import h3
import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.apps.world import DEGREES, authorized, give_drive, make_app
from tests.vehicles.factories import make_source, make_user, make_vehicle
from vehicles import app_signals, telemetry
from vehicles.app_signals import Wanted
from vehicles.models import PrivacyZone, Trip
from vehicles.readings import Message
from vehicles.signals import CELL, LATITUDE, LONGITUDE, SPEED, by_id, catalog, cell_of
from vehicles.zones import circles, withholding
from vehicles.zones.circles import Circle
from vehicles.zones.enforced import enforced_zones, withholds
from vehicles.zones.withholding import DAY, Known

LAT, LON, SPEEDS = "currentLocationLatitude", "currentLocationLongitude", "speed"
ALTITUDE, HEADING, AREA = "currentLocationAltitude", "currentLocationHeading", "currentLocationCell7"


def zoned(*, radius_m: int = 1000):
    """A vehicle whose zone lies around the middle of its drive of 40 minutes; the zone, and an app that may read."""
    vehicle = make_vehicle()
    start = give_drive(vehicle)
    PrivacyZone.objects.create(
        owner=vehicle.owner, label="z", radius_m=radius_m, lat=50.0 + 1200 * 16.7 * DEGREES, lon=10.0
    )
    levels = {"trips": "exact", "location": "exact", "behavior.speed_series": "exact"}
    scope = "trips location:precise behavior.speed_series"
    reader = authorized(vehicle.owner, make_app()[0], [vehicle], levels=levels, scope=scope)
    [zone] = enforced_zones(owners={vehicle.pk: vehicle.owner_id})
    return vehicle, start, zone.circle, reader


def told_of(reader, vehicle, *names, **query) -> list[dict]:
    since = (timezone.now() - timedelta(days=3)).isoformat()
    asked = {"from": since, "page_size": 5000, "names": ",".join(names), **query}
    answer = reader.get(f"/api/v1/vehicles/{vehicle.public_id}/signals/", **asked)
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


@pytest.mark.django_db
@pytest.mark.parametrize("radius_m", [300, 2000])
def test_no_row_that_an_app_is_given_lies_inside_a_zone_and_all_outside_is_given(radius_m):
    vehicle, _, circle, reader = zoned(radius_m=radius_m)
    rows = told_of(reader, vehicle, LAT, LON, SPEEDS)
    places = [float(row["value"]) for row in rows if row["name"] == LAT]
    assert places
    assert [lat for lat in places if circles.contains(circle, lat, 10.0)] == []
    every = [50.0 + t * 16.7 * DEGREES for t in range(0, 2401, 10)]
    assert len(places) == sum(not circles.contains(circle, lat, 10.0) for lat in every)
    moments = {row["timestamp"] for row in rows if row["name"] == LAT}
    assert {row["timestamp"] for row in rows if row["name"] == SPEEDS} == moments


@pytest.mark.django_db
def test_speeds_between_a_position_inside_and_one_outside_are_withheld_too():
    vehicle, start, circle, reader = zoned()
    last = max(t for t in range(0, 1200, 10) if not circles.contains(circle, 50.0 + t * 16.7 * DEGREES, 10.0))
    between = start + timedelta(seconds=last + 5)
    after = start + timedelta(seconds=last - 5)
    source = make_source(vehicle)
    readings = [Message(between, {SPEED: 61.0}), Message(after, {SPEED: 62.0})]
    telemetry.store_readings(vehicle=vehicle, source=source, readings=readings, now=timezone.now())
    speeds = {float(row["value"]) for row in told_of(reader, vehicle, SPEEDS) if float(row["value"]) in (61.0, 62.0)}
    told = {row["timestamp"] for row in told_of(reader, vehicle, SPEEDS)}
    assert any(moment.startswith(f"{after:%Y-%m-%dT%H:%M:%S}") for moment in told)
    assert not any(moment.startswith(f"{between:%Y-%m-%dT%H:%M:%S}") for moment in told)
    assert 62.0 in speeds


@pytest.mark.django_db
def test_what_a_page_withholds_does_not_hang_on_where_the_page_begins():
    vehicle, start, _, reader = zoned()
    whole = told_of(reader, vehicle, LAT, SPEEDS)
    for minutes in (18, 20, 22):
        cut = start + timedelta(minutes=minutes)
        parts = told_of(reader, vehicle, LAT, SPEEDS, to=cut.isoformat())
        since = {"from": cut.isoformat()}
        asked = {"page_size": 5000, "names": f"{LAT},{SPEEDS}", **since}
        parts += reader.get(f"/api/v1/vehicles/{vehicle.public_id}/signals/", **asked).json()["results"]
        assert parts == whole


@pytest.mark.django_db
def test_areas_newest_values_and_trips_tell_nothing_of_a_zone():
    vehicle, _, circle, reader = zoned()
    touched = circles.areas_touching(circle)
    assert not {row["text"] for row in told_of(reader, vehicle, AREA)} & touched
    [trip] = reader.get(f"/api/v1/vehicles/{vehicle.public_id}/trips/").json()["results"]
    assert trip["start"] is not None
    assert not set(trip["cells"]) & touched
    assert {cell_of(cell) for cell in Trip.objects.get().cells} & touched
    end = 50.0 + 2400 * 16.7 * DEGREES
    PrivacyZone.objects.create(owner=vehicle.owner, label="end", radius_m=300, lat=end, lon=10.0)
    [trip] = reader.get(f"/api/v1/vehicles/{vehicle.public_id}/trips/").json()["results"]
    assert (trip["start"] is None, trip["end"]) == (False, None)
    newest = {value["name"] for value in reader.get(f"/api/v1/vehicles/{vehicle.public_id}/signals/latest").json()}
    assert not newest & {LAT, LON, SPEEDS, AREA}


@pytest.mark.django_db
def test_somebody_elses_zone_and_the_owners_own_reading_withhold_nothing():
    vehicle = make_vehicle()
    give_drive(vehicle)
    PrivacyZone.objects.create(owner=make_user(), label="z", radius_m=2000, lat=50.1, lon=10.0)
    assert withholding.guard_of(vehicle=vehicle) is None
    PrivacyZone.objects.create(owner=vehicle.owner, label="z", radius_m=2000, lat=50.1, lon=10.0)
    now = timezone.now()
    for for_app in (False, True):
        wanted = [Wanted(by_id[LATITUDE], 2)]
        asked = app_signals.question(vehicle=vehicle, wanted=wanted, interval=None, for_app=for_app, now=now)
        told = app_signals.history(asked=asked, since=now - timedelta(days=3), until=now, after=None, most=5000)
        assert (len(told.points) == 241) is (not for_app)


def test_everything_about_a_position_and_speeds_is_guarded():
    names = {each.name for each in catalog if each.numeric and withholds(each.signal_class)}
    assert {LAT, LON, ALTITUDE, HEADING, AREA, SPEEDS} <= names
    assert withholding.guarded([LATITUDE, LONGITUDE, CELL, SPEED]) == [LATITUDE, LONGITUDE, CELL, SPEED]


@given(
    st.floats(-89, 89), st.floats(-180, 179.9), st.sampled_from([300.0, 900.0, 2900.0]),
    st.lists(st.tuples(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05)), min_size=1, max_size=20),
)  # fmt: skip
def test_many_positions_are_judged_as_each_alone(lat, lon, radius, steps):
    circle = Circle(lat, lon, radius)
    places = [(max(-90.0, min(90.0, lat + up)), circles.wrapped(lon + right)) for up, right in steps]
    found = withholding.inside_any([circle], *(np.array(side) for side in zip(*places, strict=True)))
    far = [abs(circles.distance_m(lat, lon, *place) - radius) > 1e-3 for place in places]
    alone = [circles.contains(circle, *place) for place in places]
    assert [one for one, sure in zip(found, far, strict=True) if sure] == [
        one for one, sure in zip(alone, far, strict=True) if sure
    ]


@given(
    st.dictionaries(st.integers(0, 4 * DAY), st.booleans(), max_size=12),
    st.lists(st.integers(0, 4 * DAY), min_size=1, max_size=20),
)
def test_a_moment_is_let_out_only_between_positions_outside_and_never_where_a_dataset_withholds(known, moments):
    at = sorted(known)
    places = Known(np.array(at, dtype=np.int64), np.array([known[moment] for moment in at], dtype=bool))
    hidden = withholding.withheld(places, np.array(moments, dtype=np.int64), now=4 * DAY)
    for moment, gone in zip(moments, hidden, strict=True):
        before = next((known[one] for one in reversed(at) if one <= moment), None)
        after = next((known[one] for one in at if one >= moment), None)
        as_dataset = any(
            next((one for one in pair if one is not None), True) for pair in ((before, after), (after, before))
        )
        assert gone or not as_dataset
        if moment in known:
            assert gone == known[moment]


def test_areas_that_are_touched_are_those_of_signal_57():
    circle = Circle(50.0, 10.0, 500.0)
    assert h3.latlng_to_cell(50.0, 10.0, 7) in circles.areas_touching(circle)
