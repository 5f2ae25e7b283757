"""Doors of privacy zones and of how long exact positions are kept: pages and API, one's own alone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from tests.vehicles.factories import drive, make_source, make_user, make_vehicle
from vehicles import trips
from vehicles.models import ExactWish, PrivacyZone
from vehicles.retention import choices
from vehicles.store.days import midnight
from vehicles.telemetry import store_readings
from vehicles.zones import circles, drawing
from vehicles.zones.drawing import Place

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
HOME = Place(10.0, 20.0)
FORM = {"label": "Home", "radius_m": "500", "vehicle": "", "trip": "", "lat": "10.0", "lon": "20.0"}


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner():
    return make_vehicle().owner


def zone_of(owner, **fields):
    return drawing.draw_zone(owner=owner, **{"label": "Home", "place": HOME, "radius_m": 500, "now": now(), **fields})


def driven(owner):
    source = make_source(owner.vehicles.first() if hasattr(owner, "vehicles") else make_vehicle(owner=owner))
    start = midnight(now().date()) - timedelta(days=2)
    store_readings(vehicle=source.vehicle, source=source, readings=drive(start), now=now())
    [trip] = trips.cut_trips(vehicle=source.vehicle, source=source, since=start, until=now(), now=now())
    return trip


def test_a_zone_is_drawn_changed_and_removed_on_pages(owner):
    client = signed_in(owner)
    assert client.post(reverse("privacy-zones"), FORM).status_code == 302
    zone = PrivacyZone.objects.get()
    assert (zone.label, zone.radius_m, zone.owner) == ("Home", 500, owner)
    address = reverse("privacy-zone", args=[zone.public_id])
    assert "Home" in client.get(address).content.decode()
    assert client.post(address, {**FORM, "label": "Den", "radius_m": "1000", "lat": "", "lon": ""}).status_code == 302
    zone.refresh_from_db()
    assert (zone.label, zone.radius_m) == ("Den", 1000)
    answer = client.post(address, {**FORM, "radius_m": "300", "lat": "", "lon": ""})
    assert answer.status_code == 422
    assert "say again where the place is" in answer.content.decode()
    assert client.post(reverse("privacy-zone-remove", args=[zone.public_id])).status_code == 302
    assert not PrivacyZone.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lat": "", "lon": ""}, "Press on the map, choose where a trip began or ended"),
        ({"lat": ""}, "Give both, latitude and longitude."),
        ({"lat": "91"}, "less than or equal to 90"),
        ({"lat": "nan"}, "Enter a number"),
        ({"radius_m": "400"}, "Select a valid choice"),
        ({"label": ""}, "This field is required"),
        ({"vehicle": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
    ],
)
def test_a_form_says_what_is_wrong(owner, wrong, said):
    answer = signed_in(owner).post(reverse("privacy-zones"), {**FORM, **wrong})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not PrivacyZone.objects.exists()


def test_a_zone_is_drawn_around_where_a_trip_ended(owner):
    trip = driven(owner)
    answer = signed_in(owner).post(
        reverse("privacy-zones"), {**FORM, "lat": "", "lon": "", "trip": f"{trip.public_id}:start"}
    )
    assert answer.status_code == 302
    zone = PrivacyZone.objects.get()
    assert circles.distance_m(zone.lat, zone.lon, *HOME) <= 0.6 * 500 + 1


def test_the_preview_shows_the_circle_that_will_be_and_keeps_nothing(owner):
    trip = driven(owner)
    client = signed_in(owner)
    before = client.get(reverse("privacy-zones-geojson")).json()
    assert len(before["features"]) == 1
    answer = client.post(reverse("privacy-zone-preview"), {**FORM, "label": ""})
    assert answer.status_code == 200
    assert not PrivacyZone.objects.exists()
    client.post(reverse("privacy-zones"), FORM)
    zone = PrivacyZone.objects.get()
    assert answer.json()["zones"] == [{"center": [zone.lon, zone.lat], "radius_m": 500, "label": ""}]
    left = [at for feature in answer.json()["features"] for at in feature["geometry"]["coordinates"]]
    assert len(left) < sum(len(feature["geometry"]["coordinates"]) for feature in before["features"])
    mine = client.get(reverse("trips-geojson"), {"trip": str(trip.public_id)}).json()
    assert len(mine["features"][0]["geometry"]["coordinates"]) == 121  # the owner sees all of it
    assert [one["label"] for one in mine["zones"]] == ["Home"]
    assert client.post(reverse("privacy-zone-preview"), {"lat": "x"}).status_code == 422


def test_a_page_of_zones_asks_the_same_of_the_database_however_many_there_are(owner, django_assert_num_queries):
    client = signed_in(owner)
    zone_of(owner)
    client.get(reverse("privacy-zones"))
    with django_assert_num_queries(8) as few:
        client.get(reverse("privacy-zones"))
    for _ in range(5):
        zone_of(owner, vehicle=owner_vehicle(owner))
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(reverse("privacy-zones"))


def owner_vehicle(owner):
    from vehicles.models import Vehicle

    return Vehicle.objects.filter(owner=owner).first()


def test_somebody_elses_zone_is_not_there(owner):
    zone = zone_of(owner)
    stranger = signed_in(make_vehicle().owner)
    assert stranger.get(reverse("privacy-zone", args=[zone.public_id])).status_code == 404
    assert stranger.post(reverse("privacy-zone", args=[zone.public_id]), FORM).status_code == 404
    assert stranger.post(reverse("privacy-zone-remove", args=[zone.public_id])).status_code == 404
    api = reverse("api-privacy-zone", args=[zone.public_id])
    assert {stranger.get(api).status_code, stranger.delete(api).status_code} == {404}
    assert stranger.patch(api, {"label": "x"}, **JSON).status_code == 404
    assert stranger.get(reverse("api-privacy-zones")).json() == []
    assert stranger.get(reverse("privacy-zones-geojson")).json()["zones"] == []
    assert "Home" not in stranger.get(reverse("privacy-zones")).content.decode()
    assert PrivacyZone.objects.get() == zone


@pytest.mark.parametrize("name", ["privacy-zones", "data-retention", "privacy-zones-geojson"])
def test_nobody_looks_without_signing_in(name):
    assert Client().get(reverse(name)).status_code == 302
    assert Client().get(reverse("api-privacy-zones")).status_code in (401, 403)


def test_zones_by_the_api(owner):
    client = signed_in(owner)
    asked = {
        "label": "Home",
        "radius_m": 1000,
        "lat": 10.0,
        "lon": 20.0,
        "vehicle": str(owner_vehicle(owner).public_id),
    }
    made = client.post(reverse("api-privacy-zones"), asked, **JSON)
    assert made.status_code == 201
    assert made.json()["center"] != [20.0, 10.0]
    assert made.json()["vehicle"] == asked["vehicle"]
    one = reverse("api-privacy-zone", args=[made.json()["id"]])
    assert client.get(one).json() == made.json()
    refused = client.patch(one, {"radius_m": 300}, **JSON)
    assert (refused.status_code, refused.json()["code"]) == (422, "place_needed")
    half = client.patch(one, {"lat": 10.0}, **JSON)
    assert (half.status_code, half.json()["errors"][0]["field"]) == (400, "lon")
    changed = client.patch(one, {"radius_m": 300, "lat": 10.0, "lon": 20.0, "vehicle": None}, **JSON).json()
    assert (changed["radius_m"], changed["vehicle"]) == (300, None)
    theirs = client.patch(one, {"vehicle": str(make_vehicle().public_id)}, **JSON)
    assert theirs.status_code == 404
    assert client.delete(one).status_code == 204
    assert client.get(reverse("api-privacy-zones")).json() == []


@pytest.mark.parametrize(
    "wrong", [{"lat": 91}, {"lat": "x"}, {"radius_m": 7}, {"label": ""}, {"lon": None}, {"vehicle": "7"}]
)
def test_the_api_names_the_field_that_is_wrong(owner, wrong):
    asked = {"label": "Home", "radius_m": 500, "lat": 10.0, "lon": 20.0, **wrong}
    answer = signed_in(owner).post(reverse("api-privacy-zones"), asked, **JSON)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == list(wrong)


def test_a_repeated_post_under_one_key_draws_one_zone(owner):
    client = signed_in(owner)
    asked = {"label": "Home", "radius_m": 500, "lat": 10.0, "lon": 20.0}
    for _ in range(2):
        client.post(reverse("api-privacy-zones"), asked, headers={"Idempotency-Key": "k-1"}, **JSON)
    assert PrivacyZone.objects.count() == 1


def test_a_shorter_time_waits_a_week_and_can_be_undone_on_the_page(owner):
    client = signed_in(owner)
    page = client.get(reverse("data-retention")).content.decode()
    assert "In force: 2 years" in page
    client.post(reverse("data-retention"), {"days": "30"})
    wish = ExactWish.objects.get()
    assert (wish.days, wish.next_days) == (730, 30)
    assert timedelta(days=6, hours=23) < wish.next_at - now() <= timedelta(days=7)
    assert "removed for good" in client.get(reverse("data-retention")).content.decode()
    client.post(reverse("data-retention-undo"))
    assert choices.choice_of(owner=owner, now=now()) == choices.Choice(730)
    assert client.post(reverse("data-retention-undo")).status_code == 302  # nothing to undo is said, not an error
    assert client.post(reverse("data-retention"), {"days": "7"}).status_code == 422


def test_the_time_by_the_api(owner):
    client = signed_in(owner)
    address = reverse("api-exact-positions")
    assert client.get(address).json() == {"days": 730, "next_days": None, "next_at": None}
    assert client.put(address, {"days": None}, **JSON).json()["days"] is None
    assert client.put(address, {"days": 90}, **JSON).json()["next_days"] == 90
    refused = client.put(address, {"days": 31}, **JSON)
    assert (refused.status_code, refused.json()["code"]) == (422, "time_unknown")
    assert client.put(address, {}, **JSON).status_code == 400
    assert signed_in(make_user()).get(address).json()["days"] == 730
