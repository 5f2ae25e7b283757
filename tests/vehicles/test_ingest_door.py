"""The device's door itself: bodies, media types, sizes, and how often one may knock."""

import pytest

from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.factories import make_vehicle
from tests.vehicles.test_ingest import codes
from vehicles import latest
from vehicles.signals import SPEED, by_name

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b" ", 400, "not_json"),
        (b"hello", 400, "not_json"),
        (b"[1, 2", 400, "not_json"),
        (b"[]", 400, "malformed"),
        (b"{}", 400, "malformed"),
        (b"[[1]]", 400, "malformed"),
        (b'{"id": 5}', 400, "malformed"),
        (b"[" * 100_000, 400, "not_json"),
        (b'{"a":' * 100_000, 400, "malformed"),
        (b'[{"id":"\xff\xfe"}]', 400, "malformed"),
        (b"[" + b"{}," * 1000 + b"{}]", 413, "too_large"),
        (b" " * (1024 * 1024 + 1), 413, "too_large"),
    ],
)
def test_a_body_that_is_no_envelope_is_told_so(client, body, status, code):
    answer = post(client, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_other_methods_and_types_are_refused_in_words(client):
    answer = client.get("/api/v1/ingest")
    assert (answer.status_code, answer["Allow"]) == (405, "OPTIONS, POST")
    answer = post(client, "x", content_type="text/plain")
    assert (answer.status_code, answer.json()["code"]) == (415, "media_type")
    assert "application/cloudevents-batch+json" in answer["Accept-Post"]
    assert "Accept-Encoding" not in answer  # which would say that the packing was at fault (RFC 9110, 12.5.3)


def test_the_door_tells_what_it_takes(client):
    answer = client.options("/api/v1/ingest")
    assert (answer.status_code, answer["Allow"], answer["Accept-Encoding"]) == (204, "OPTIONS, POST", "zstd, gzip")
    assert "application/cloudevents+json" in answer["Accept-Post"]


def test_too_many_requests_are_asked_to_wait(client, settings):
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"ingest": "2/hour"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    device = make_client()
    answers = [post(client, [device.signed([reading()])]) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_a_store_that_does_not_answer_is_told_as_such_and_nothing_is_lost(client, services):
    device = make_client()
    event = device.signed([reading()])
    services.valkey.stop()
    answer = post(client, [event])
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "try_again", "2")
    services.valkey.start()
    assert codes(post(client, [event])) == ["accepted"]


def test_two_devices_of_one_vehicle_in_one_batch_know_of_each_other(client):
    vehicle = make_vehicle()
    one, two = make_client(vehicle), make_client(vehicle)
    told = reading(value=40.0)
    first, second = one.signed([told]), two.signed([told | {"value": 45.0}, reading("obdRunTime", 5.0)])
    results = post(client, [first, second]).json()["results"]
    assert [(r["signals"]["stored"], r["signals"]["flagged"]) for r in results] == [(1, 0), (2, 1)]
    assert latest.read(vehicle_id=vehicle.pk).last.keys() == {SPEED, by_name["obdRunTime"].id}
