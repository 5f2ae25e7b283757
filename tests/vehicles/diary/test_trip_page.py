"""One trip's page: what was measured, and each of its driver's decisions with the way back."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse

from tests.vehicles.diary.world import MONTH, car, drives
from tests.vehicles.factories import make_user
from vehicles import registry, trip_edits
from vehicles.models import RejectionCount, Trip

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DOORS = (
    "trip-private",
    "trip-tag",
    "trip-note",
    "trip-area",
    "trip-delete",
    "trip-restore",
    "trip-merge",
    "trip-split",
)


def told(client, trip, name="trip", **query):
    client.force_login(trip.vehicle.owner)
    answer = client.get(reverse(name, args=[trip.public_id]), query, headers={"HX-Request": "true"})
    return re.sub(r"\s+", " ", answer.content.decode()), answer


def press(client, trip, name, **fields):
    client.force_login(trip.vehicle.owner)
    return client.post(reverse(name, args=[trip.public_id]), fields)


def test_the_page_tells_the_drive_in_figures_by_the_vehicles_clock(client, django_assert_max_num_queries):
    [trip] = drives(car(), MONTH)
    client.force_login(trip.vehicle.owner)
    with django_assert_max_num_queries(16):
        client.get(reverse("trip", args=[trip.public_id]))
    text, _ = told(client, trip)
    for words in (
        "Monday, October 5, 11:00",
        "1.50 kWh",
        "25.0 kWh/100 km",
        "By the power out of the battery",
        "1,000",
    ):
        assert words in text, words


def test_the_graphs_draw_what_was_measured_and_nothing_else(client, django_assert_max_num_queries):
    [trip] = drives(car(), MONTH)
    client.force_login(trip.vehicle.owner)
    with django_assert_max_num_queries(8):
        client.get(reverse("trip-measured", args=[trip.public_id]), headers={"HX-Request": "true"})
    text, _ = told(client, trip, "trip-measured")
    drawn = json.loads(re.search(r'id="trip-graphs"[^>]*>(.*?)</script>', text)[1])
    assert [graph["key"] for graph in drawn["graphs"]] == ["speed", "power", "battery", "elevation"]
    assert all(len(graph["t"]) == len(graph["v"]) == 121 for graph in drawn["graphs"])
    assert drawn["graphs"][1]["v"][0] == 9.0
    assert (drawn["timezone"], drawn["to"] - drawn["from"]) == ("Europe/Helsinki", 600)
    assert "30–50 km/h" in text
    assert "Outside temperature" not in text


def test_what_was_refused_around_the_day_is_told_with_its_reason(client):
    source = car()
    [trip] = drives(source, MONTH)
    RejectionCount.objects.create(source=source, day=MONTH.date(), signal="speed", code="out_of_range", count=7)
    RejectionCount.objects.create(source=source, day=MONTH.date() - timedelta(days=9), signal="x", code="y", count=7)
    text, _ = told(client, trip, "trip-measured")
    assert re.search(r"speed</dt><dd[^>]*>[^<]+\(7\)", text)
    assert text.count("(7)") == 1


def test_a_split_is_shown_before_it_is_made_and_can_be_undone(client):
    source = car()
    [trip] = drives(source, MONTH)
    before, _ = told(client, trip, "trip-split-preview", moment="2026-10-05T11:04:00")
    assert "11:00:00 – 11:03:55" in before
    assert "11:04:00 – 11:10:00" in before
    assert source.trips.count() == 1
    moment = re.search(r'name="moment" value="([^"]+)"', before)[1]
    press(client, trip, "trip-split", moment=moment)
    early, late = source.trips.order_by("started_at")
    assert (late.started_at - early.started_at, early.edited_at is not None) == (4 * MINUTE, True)
    text, _ = told(client, late)
    assert "You split them at 11:04:00." in text
    press(client, late, "trip-merge", **{"with": str(early.public_id)})
    assert source.trips.get().ended_at == trip.ended_at


@pytest.mark.parametrize(
    "moment", ["", "x", "2026-10-05T11:00:30", "2026-10-05T12:00", "0001-01-01T00:00", "9999-12-31T23:59"]
)
def test_a_moment_that_splits_nothing_is_refused_beside_the_form(client, moment):
    [trip] = drives(car(), MONTH)
    text, answer = told(client, trip, "trip-split-preview", moment=moment)
    assert (answer.status_code, "split_outside" in text) == (400, True)
    refused = press(client, trip, "trip-split", moment=moment)
    assert (refused.status_code, "split_outside" in refused.content.decode()) == (400, True)
    assert Trip.objects.count() == 1


def test_joined_trips_say_where_and_are_parted_again(client):
    source = car()
    first, second = drives(source, MONTH, MONTH + 20 * MINUTE)
    text, _ = told(client, first)
    assert "The trip after:" in text
    assert "Nothing to join before: the same source measured no trip" in text
    answer = press(client, first, "trip-merge", **{"with": str(second.public_id)})
    joined = source.trips.get()
    assert answer.url == reverse("trip", args=[joined.public_id])
    text, _ = told(client, joined)
    assert "Joined by you over the stop from 11:10 to 11:20." in text
    press(client, joined, "trip-split", moment=re.search(r'name="moment" value="([^"]+)"', text)[1])
    assert [t.started_at for t in source.trips.order_by("started_at")] == [first.started_at, second.started_at]


def test_a_join_that_the_rule_refuses_says_why(client):
    source = car()
    first, second, third = drives(source, MONTH, MONTH + 20 * MINUTE, MONTH + 40 * MINUTE)
    refused = press(client, first, "trip-merge", **{"with": str(third.public_id)})
    assert (refused.status_code, "not_neighbors" in refused.content.decode()) == (400, True)
    assert press(client, first, "trip-merge", **{"with": "x"}).status_code == 404
    trip_edits.delete_trip(trip=second, actor=source.vehicle.owner, now=MONTH + timedelta(days=40))
    text, _ = told(client, first)
    assert "Nothing to join after: a trip that you deleted lies there." in text


def test_a_neighbor_of_another_owners_time_is_no_neighbor(client):
    source = car()
    [first] = drives(source, MONTH)
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=MONTH + 15 * MINUTE)
    source.refresh_from_db()
    [second] = drives(source, MONTH + 20 * MINUTE, lat=11.0)
    assert "The trip before:" not in told(client, Trip.objects.select_related("vehicle").get(pk=second.pk))[0]
    assert press(client, second, "trip-merge", **{"with": str(first.public_id)}).status_code == 404


def test_a_note_is_kept_and_one_too_long_is_refused(client):
    [trip] = drives(car(), MONTH)
    press(client, trip, "trip-note", note="To the <dentist>")
    assert "To the &lt;dentist&gt;" in told(client, trip)[0]
    refused = press(client, trip, "trip-note", note="x" * 501)
    assert (refused.status_code, "note_too_long" in refused.content.decode()) == (400, True)


def test_a_private_trip_says_what_that_means(client):
    [trip] = drives(car(), MONTH)
    press(client, trip, "trip-private", private="1")
    text, _ = told(client, trip)
    assert "in nobody’s dataset, from now on, also when it was allowed before" in text
    assert "Files that were delivered earlier are not recalled." in text


@pytest.mark.parametrize("name", DOORS)
def test_nobody_else_decides_about_a_trip(client, name):
    [trip] = drives(car(), MONTH)
    url = reverse(name, args=[trip.public_id])
    assert client.post(url).status_code == 302
    client.force_login(make_user())
    fields = {"private": "1", "end": "start", "name": "x", "with": str(trip.public_id), "moment": "2026-10-05T11:04"}
    assert client.post(url, fields).status_code == 404
    assert client.get(url).status_code == 405
    trip.refresh_from_db()
    assert (trip.private, trip.tag, trip.note, trip.deleted_at) == (False, "", "", None)


@pytest.mark.parametrize("name", ["trip", "trip-measured", "trip-split-preview"])
def test_nobody_else_reads_a_trip(client, name):
    [trip] = drives(car(), MONTH)
    client.force_login(make_user())
    assert client.get(reverse(name, args=[trip.public_id])).status_code == 404
