"""The bare door: what the skipped middleware guarded is guarded all the same."""

import json

import pytest
from django.db import connection
from prometheus_client import REGISTRY

from dimo.bare import BareDoors
from tests import loops
from tests.vehicles.devices import make_client, reading, stored
from vehicles.signals import SPEED


async def site(scope, receive, send):
    """Stands behind the door, where everything else is answered."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"the site"})


@pytest.fixture
def door():
    door = BareDoors(site)
    yield door
    door.threads.submit(lambda: connection.close()).result()  # the thread's own
    door.threads.shutdown()


def ask(door, *parts, path="/api/v1/ingest", host="localhost", method="POST", hang_up=False):
    """Status, headers and body of the answer; None where there is none."""
    chunks = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    chunks.append({"type": "http.disconnect"} if hang_up else {"type": "http.request", "body": b""})
    heads = [(b"host", host.encode()), (b"content-type", b"application/cloudevents-batch+json")]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "scheme": "http", "headers": heads}
    sent = []

    async def receive():
        return chunks.pop(0)

    async def send(message):
        sent.append(message)

    loops.run(door(scope, receive, send))
    if not sent:
        return None
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message["body"] for message in sent[1:])


def counted(status):
    labels = {"status": str(status), "view": "ingest", "method": "POST"}
    return REGISTRY.get_sample_value("django_http_responses_total_by_status_view_method_total", labels) or 0


@pytest.mark.django_db(transaction=True)
def test_an_event_in_pieces_is_stored_and_the_request_counted(door):
    device, before = make_client(), counted(200)
    body = json.dumps([device.signed([reading(value=41.0)])]).encode()
    status, headers, answer = ask(door, body[:100], body[100:])
    assert (status, json.loads(answer)["accepted"]) == (200, 1)
    assert stored(device.vehicle)[SPEED] == [41.0]
    assert len(headers["x-request-id"]) == 32
    assert headers["x-content-type-options"] == "nosniff"
    assert counted(200) == before + 1


def test_a_host_that_is_not_ours_is_refused(door):
    status, _, answer = ask(door, b"[]", host="elsewhere.example")
    assert (status, json.loads(answer)["code"]) == (400, "bad_request")


def test_plain_http_is_sent_to_https_where_the_site_is_secure(settings):
    settings.SECURE_SSL_REDIRECT = True
    status, headers, _ = ask(BareDoors(site), b"[]")
    assert (status, headers["location"]) == (301, "https://localhost/api/v1/ingest")


def test_other_methods_are_refused_in_words(door):
    status, headers, _ = ask(door, method="GET")
    assert (status, headers["allow"]) == (405, "OPTIONS, POST")


def test_a_body_without_end_is_cut_off_and_refused(door):
    status, _, answer = ask(door, *[b" " * 1_000_000] * 9)
    assert (status, json.loads(answer)["code"]) == (413, "too_large")


def test_who_hangs_up_is_not_answered(door):
    assert ask(door, b"[", hang_up=True) is None


def test_every_other_address_is_the_sites(door):
    assert ask(door, path="/api/v1/vehicles/")[::2] == (299, b"the site")


def test_a_fault_is_answered_as_one_and_logged(door, monkeypatch, caplog):
    monkeypatch.setattr("vehicles.views.over_rate", lambda request: 1 / 0)
    status, _, answer = ask(door, b"[]")
    assert (status, json.loads(answer)["code"]) == (500, "fault")
    assert "ZeroDivisionError" in caplog.text
