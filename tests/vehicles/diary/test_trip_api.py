"""Trips by REST: each refusal names its field and code, and nobody reaches a neighbor's."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dimo.api.keys import issue_key
from tests.vehicles.diary.world import MONTH, car, drives
from tests.vehicles.factories import make_user
from vehicles.models import Trip

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
POSTS = ("api-trip-split", "api-trip-merge", "api-trip-delete", "api-trip-restore")


def post(client, trip, name, body=None, **headers):
    client.force_login(trip.vehicle.owner)
    url = reverse(name, args=[trip.public_id])
    return client.post(url, body or {}, content_type="application/json", headers=headers)


def patch(client, trip, **body):
    client.force_login(trip.vehicle.owner)
    return client.patch(reverse("api-trip", args=[trip.public_id]), body, content_type="application/json")


def listed(client, source, **query):
    client.force_login(source.vehicle.owner)
    answer = client.get(reverse("api-trips", args=[source.vehicle.public_id]), query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def faults(answer):
    return [(error["field"], error["code"]) for error in answer.json().get("errors", [])]


def test_the_list_is_narrowed_by_time_tag_and_deletion(client):
    source = car()
    first, second = drives(source, MONTH, MONTH + 60 * MINUTE)
    one, two = str(first.public_id), str(second.public_id)
    patch(client, first, tag="business")
    assert listed(client, source) == [two, one]
    assert listed(client, source, tag="business") == [one]
    assert listed(client, source, tag="none") == [two]
    later = (MONTH + MINUTE).isoformat()
    assert listed(client, source, **{"from": later}) == [two]
    assert listed(client, source, to=later) == [one]
    assert listed(client, source, **{"from": MONTH.isoformat(), "to": MONTH.isoformat()}) == []
    post(client, first, "api-trip-delete")
    assert (listed(client, source), listed(client, source, deleted="true")) == ([two], [one])


@pytest.mark.parametrize(
    ("query", "fault"),
    [({"from": "x"}, ("from", "invalid")), ({"to": "x"}, ("to", "invalid")), ({"tag": "x"}, ("tag", "invalid_choice"))],
)
def test_a_filter_that_means_nothing_is_refused_by_its_name(client, query, fault):
    source = car()
    client.force_login(source.vehicle.owner)
    answer = client.get(reverse("api-trips", args=[source.vehicle.public_id]), query)
    assert (answer.status_code, faults(answer)) == (400, [fault])


def test_a_trip_is_tagged_noted_and_withheld_by_what_is_sent_alone(client):
    [trip] = drives(car(), MONTH)
    assert patch(client, trip, tag="business").json()["tag"] == "business"
    told = patch(client, trip, note=" to  town ", private=True).json()
    assert (told["tag"], told["note"], told["private"]) == ("business", "to town", True)
    assert patch(client, trip, tag="", private=False).json()["private"] is False
    trip.refresh_from_db()
    assert (trip.tag, trip.note, trip.private) == ("", "to town", False)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"tag": "holiday", "private": True}, ("tag", "invalid_choice")),
        ({"note": "x" * 501, "private": True}, ("note", "max_length")),
        ({"private": "perhaps"}, ("private", "invalid")),
    ],
)
def test_a_change_that_is_refused_changes_nothing(client, body, fault):
    [trip] = drives(car(), MONTH)
    answer = patch(client, trip, **body)
    assert (answer.status_code, faults(answer)) == (400, [fault])
    trip.refresh_from_db()
    assert (trip.private, trip.tag, trip.note) == (False, "", "")


def test_a_trip_is_split_and_joined_and_a_retry_acts_once(client):
    source = car()
    [trip] = drives(source, MONTH)
    body = {"moment": (MONTH + 4 * MINUTE).isoformat()}
    first = post(client, trip, "api-trip-split", body, **{"Idempotency-Key": "once"})
    again = post(client, trip, "api-trip-split", body, **{"Idempotency-Key": "once"})
    early, late = first.json()["parts"]
    assert (first.json(), source.trips.count(), early["id"]) == (again.json(), 2, str(trip.public_id))
    joined = post(client, trip, "api-trip-merge", {"with": late["id"]})
    assert (joined.status_code, source.trips.count()) == (200, 1)


def test_refusals_name_the_field_and_the_rule(client):
    source = car()
    first, _, third = drives(source, MONTH, MONTH + 20 * MINUTE, MONTH + 40 * MINUTE)
    for body, fault in (
        ({}, ("moment", "required")),
        ({"moment": "x"}, ("moment", "invalid")),
        ({"moment": MONTH.isoformat()}, ("moment", "split_outside")),
    ):
        answer = post(client, first, "api-trip-split", body)
        assert (answer.status_code, faults(answer)) == (400, [fault])
    for body, fault in (
        ({}, ("with", "required")),
        ({"with": "x"}, ("with", "invalid")),
        ({"with": str(third.public_id)}, ("with", "not_neighbors")),
    ):
        answer = post(client, first, "api-trip-merge", body)
        assert (answer.status_code, faults(answer)) == (400, [fault])


def test_a_deleted_trip_is_told_restored_and_at_last_gone(client):
    [trip] = drives(car(), MONTH)
    assert post(client, trip, "api-trip-delete").json()["deleted_at"] is not None
    assert patch(client, trip, tag="business").status_code == 404
    assert client.get(reverse("api-trip", args=[trip.public_id])).status_code == 200
    assert post(client, trip, "api-trip-restore").json()["deleted_at"] is None
    post(client, trip, "api-trip-delete")
    Trip.objects.filter(pk=trip.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    assert client.get(reverse("api-trip", args=[trip.public_id])).status_code == 404
    assert post(client, trip, "api-trip-restore").status_code == 404


def test_the_logbook_tells_sums_by_month(client):
    source = car()
    first, _ = drives(source, MONTH, MONTH + timedelta(days=30))
    patch(client, first, tag="business")
    url = reverse("api-logbook", args=[source.vehicle.public_id])
    told = client.get(url, {"year": 2026}).json()
    assert [(one["month"], one["sums"]["trips"]) for one in told["months"]] == [("2026-10-01", 1), ("2026-11-01", 1)]
    assert (round(told["sums"]["business_km"], 2), told["sums"]["trips"]) == (6.0, 2)
    assert told["odometer_start_km"] == 1000.0
    for query, code in (({}, "required"), ({"year": "x"}, "invalid"), ({"year": 9001}, "max_value")):
        answer = client.get(url, query)
        assert (answer.status_code, faults(answer)) == (400, [("year", code)])


@pytest.mark.parametrize("name", ["api-trip", "api-trips", "api-logbook"])
def test_nobody_else_reads(client, name):
    [trip] = drives(car(), MONTH)
    target = trip.public_id if name == "api-trip" else trip.vehicle.public_id
    url = reverse(name, args=[target])
    assert client.get(url).status_code == 401
    client.force_login(make_user())
    assert client.get(url, {"year": 2026}).status_code == 404
    _, key = issue_key(user=trip.vehicle.owner, label="k", scopes=["buyer"])
    client.logout()
    assert client.get(url, {"year": 2026}, headers={"Authorization": f"Bearer {key}"}).status_code == 403


@pytest.mark.parametrize("name", POSTS)
def test_nobody_else_acts(client, name):
    source = car()
    first, second = drives(source, MONTH, MONTH + 20 * MINUTE)
    url = reverse(name, args=[first.public_id])
    body = {"moment": (MONTH + 4 * MINUTE).isoformat(), "with": str(second.public_id)}
    assert client.post(url, body, content_type="application/json").status_code == 401
    client.force_login(make_user())
    assert client.post(url, body, content_type="application/json").status_code == 404
    url = reverse("api-trip", args=[first.public_id])
    assert client.patch(url, {"private": True}, content_type="application/json").status_code == 404
    assert source.trips.filter(private=False, deleted_at=None).count() == 2
