"""Events that devices tell: stored once, judged like readings, never sold, erased with the vehicle."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.factories import make_user, make_vehicle
from vehicles import events, kinds, registry
from vehicles.models import RejectionCount, VehicleEvent

pytestmark = pytest.mark.django_db


def event(name="behavior.harshBraking", *, ago=10.0, **more):
    ts = timezone.now() - timedelta(seconds=ago)
    return {"name": name, "timestamp": ts.isoformat(), "durationNs": 820_000_000, "metadata": "{}"} | more


def send(client, device, *told, signals=(), **more):
    signed = device.signed([], data={"signals": list(signals), "events": list(told)}, **more)
    return post(client, [signed]).json()["results"][0]


def test_an_event_is_stored_beside_readings_and_alone(client):
    device = make_client()
    first = send(client, device, event(metadata='{"ignition": 1}'), signals=[reading()])
    assert (first["status"], first["signals"]["stored"]) == ("accepted", 1)
    assert first["events"] == {"stored": 1, "rejected": []}
    assert send(client, device, event("safety.collision", metadata={"g": 3.5}))["events"]["stored"] == 1
    rows = VehicleEvent.objects.order_by("id").values_list("name", "duration_ns", "metadata", "vehicle")
    assert list(rows) == [
        ("behavior.harshBraking", 820_000_000, {"ignition": 1}, device.vehicle.pk),
        ("safety.collision", 820_000_000, {"g": 3.5}, device.vehicle.pk),
    ]


def test_the_same_event_in_two_messages_is_stored_once(client):
    device, told = make_client(), event()
    for _ in range(2):
        assert send(client, device, told, told)["events"]["stored"] == 2
    assert VehicleEvent.objects.count() == 1


def test_every_name_of_dimo_is_known():
    names = {
        *(f"behavior.{what}" for what in ("harshBraking", "harshAcceleration", "harshCornering", "extremeBraking")),
        *("safety.collision", "security.engineBlock", "security.engineUnblock"),
    }
    assert {name for name, known in kinds.events.items() if known.kind == kinds.CAR} == names


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (event("behavior.yawning"), "unknown_event"),
        (event("assistant.wokenByMistake"), "unknown_event"),
        (event(metadata="[1]"), "malformed_event"),
        (event(metadata="{"), "malformed_event"),
        (event(metadata='{"a": "\\u0000"}'), "malformed_event"),
        (event(metadata={"a": "x" * 1020}), "metadata_too_large"),
        (event(durationNs=-1), "malformed_event"),
        (event(durationNs=1.5), "malformed_event"),
        (event(durationNs=24 * 3600 * 10**9 + 1), "out_of_range"),
        (event(timestamp="2026-11-22T12:00:00"), "malformed_event"),
        (event(ago=-86_400), "future_timestamp"),
        (event(ago=31 * 86_400), "too_old"),
        (7, "malformed_event"),
    ],
)
def test_a_refused_event_is_refused_alone_and_counted(client, told, code):
    device = make_client()
    answer = send(client, device, told, event())
    assert answer["events"]["stored"] == 1
    assert [(gone["at"], gone["code"]) for gone in answer["events"]["rejected"]] == [(0, code)]
    assert RejectionCount.objects.get(code=code).count == 1
    assert VehicleEvent.objects.count() == 1


def test_an_event_of_a_moment_at_which_the_device_measured_another_car_is_not_stored(client):
    device = make_client(paired_for=timedelta(hours=2))
    early = send(client, device, event(ago=3 * 3600))
    assert (early["status"], early["code"]) == ("rejected", "not_paired")
    mixed = send(client, device, event(ago=3 * 3600), event(ago=3600))
    assert mixed["events"]["rejected"][0]["code"] == "not_paired"
    assert VehicleEvent.objects.count() == 1


def test_a_message_holds_no_more_than_a_thousand_events(client):
    device = make_client()
    answer = send(client, device, *[7] * 1001)
    assert (answer["status"], answer["code"]) == ("rejected", "too_large")


def test_a_new_owner_sees_no_event_of_the_last(client):
    device = make_client()
    send(client, device, event())
    vehicle = registry.transfer_vehicle(vehicle=device.vehicle, buyer=make_user(), now=timezone.now())
    assert list(events.events_of(vehicle=vehicle)) == []


def test_events_of_one_vehicle_are_erased_and_no_others(client):
    for device in (one := make_client(), make_client()):
        send(client, device, event(), event(ago=100), event(ago=1000))
    now = timezone.now()
    assert events.delete(vehicle=one.vehicle, until=now - timedelta(seconds=500)) == 1
    assert events.delete(vehicle=one.vehicle) == 2
    assert VehicleEvent.objects.count() == 3
    assert events.delete(vehicle=make_vehicle()) == 0


def test_the_owner_reads_events_by_the_api_and_nobody_else_does(client):
    device = make_client()
    send(client, device, event(), event("safety.collision", ago=60))
    client.force_login(device.vehicle.owner)
    path = f"/api/v1/vehicles/{device.vehicle.public_id}/events/"
    found = json.loads(client.get(path).content)["results"]
    assert [(row["name"], row["title"], row["duration_seconds"]) for row in found] == [
        ("behavior.harshBraking", "Harsh braking", 0.82),
        ("safety.collision", "Collision", 0.82),
    ]
    client.force_login(make_user())
    assert client.get(path).status_code == 404
