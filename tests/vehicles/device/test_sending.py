"""How the client sends: what it tries again and when, what it does not, and that nothing goes silently."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime

import pytest

from commons_device.envelopes import DeviceClient
from commons_device.errors import DeviceError, Unreachable
from commons_device.queue import Queue
from commons_device.readings import Reading
from commons_device.sending import LONGEST_WAIT, UNREGISTERED, Answer, Sender, lower, post
from vehicles import envelope

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT = "2026-11-22T12:00:01Z"
CLIENT = DeviceClient(key=b"\x07" * 32, subject="urn:uuid:00000000-0000-4000-8000-000000000001")


class Server:
    """Answers as told, then as a server does that takes everything; remembers what came."""

    def __init__(self, *answers):
        self.answers, self.batches, self.waits = list(answers), [], []

    def send(self, url, body, headers):
        batch = json.loads(gzip.decompress(body))
        self.batches.append(batch)
        answer = self.answers.pop(0) if self.answers else took(batch)
        if isinstance(answer, Exception):
            raise answer
        return answer(batch) if callable(answer) else answer


def took(batch, **changes):
    results = [{"id": event["id"], "status": "accepted", "signals": {"rejected": []}} | changes for event in batch]
    return Answer(200, {}, json.dumps({"results": results}).encode())


def fails(status, body=b"", **headers):
    return Answer(status, {name.replace("_", "-").lower(): value for name, value in headers.items()}, body)


@pytest.fixture
def queue(tmp_path):
    queue = Queue(tmp_path / "queue.sqlite")
    queue.add([Reading("speed", AT, float(n)) for n in range(450)], now=NOW)
    return queue


def sender(queue, server, **more):
    more = {"chance": lambda low, high: high, "now": lambda: NOW, "sleep": server.waits.append} | more
    return Sender(CLIENT, queue, "http://nowhere", send=server.send, **more)


def test_events_are_signed_when_they_are_sent_and_the_server_believes_them(queue):
    server, clock = Server(Unreachable("gone")), iter(NOW + timedelta(hours=n) for n in range(100))
    assert sender(queue, server, now=lambda: next(clock)).drain() == 450
    first, again = server.batches
    for one, two in zip(first, again, strict=True):
        assert one["signedat"] != two["signedat"]
        fixed = [{k: v for k, v in each.items() if k not in {"signedat", "signature"}} for each in (one, two)]
        assert fixed[0] == fixed[1]
    checked = [envelope.verify(raw, envelope.parse(raw)) for raw in (json.dumps(event).encode() for event in again)]
    assert {evidence.signer for evidence in checked} == {CLIENT.address}
    assert (
        checked[0].body_sha256
        == envelope.verify(json.dumps(first[0]).encode(), envelope.parse(json.dumps(first[0]).encode())).body_sha256
    )


def test_a_server_that_is_down_is_asked_less_and_less_often(queue):
    server = Server(*[Unreachable("gone")] * 4, *[fails(503)] * 8)
    assert sender(queue, server).drain() == 450
    assert server.waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_chance_keeps_many_devices_from_coming_back_together(queue):
    asked = []
    server = Server(*[fails(500)] * 3)
    sender(queue, server, chance=lambda low, high: asked.append((low, high)) or low).drain()
    assert asked == [(0.5, 1), (1, 2), (2, 4)]
    assert server.waits == [0.5, 1, 2]


@pytest.mark.parametrize(
    ("told", "waited"),
    [("40", 40), (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90), ("soon", 1), ("-5", 1), ("0", 1)],
)
def test_it_waits_as_long_as_the_server_asks(queue, told, waited):
    server = Server(fails(429, Retry_After=told))
    sender(queue, server).drain()
    assert server.waits == [waited]


def test_after_a_success_patience_begins_anew(queue):
    server = Server(fails(500), fails(500), took, fails(500))
    sender(queue, server, most=1).drain()
    assert server.waits == [1, 2, 1]


def test_it_may_be_told_to_give_up_and_then_everything_waits(queue):
    with pytest.raises(Unreachable):
        sender(queue, Server(*[Unreachable("gone")] * 3), attempts=3).drain()
    assert queue.status()["waiting"] == 450


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (fails(401, b'{"code": "unknown_caller", "detail": "Nobody."}'), UNREGISTERED),
        (fails(400, b'{"code": "malformed", "detail": "It lacks a part."}'), "It lacks a part"),
        (fails(404, b"<html>"), "404 without a reason"),
        (fails(301), "301 without a reason"),
        (lambda batch: took(batch, status="rejected", code="signedat_out_of_window"), "clock"),
    ],
)
def test_what_another_attempt_would_not_change_is_not_attempted_and_nothing_is_lost(queue, answer, words):
    server = Server(answer)
    with pytest.raises(DeviceError, match=words):
        sender(queue, server).drain()
    assert (len(server.batches), server.waits) == (1, [])
    assert queue.status()["waiting"] == 450


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"results": 5}', b'{"results": [{"id": "x"}, {}, {}]}', b"\xff"])
def test_an_answer_that_is_none_is_not_believed(queue, body):
    server = Server(Answer(200, {}, body))
    sender(queue, server, attempts=5).drain()
    assert len(server.batches) == 2
    assert queue.status()["waiting"] == 0


def test_what_is_too_large_is_sent_in_parts(queue):
    def small(batch):
        return took(batch) if sum(len(event["data"]["signals"]) for event in batch) <= 60 else fails(413)

    server = Server(*[small] * 100)
    assert sender(queue, server).drain() == 450
    values = [
        signal["value"]
        for batch in server.batches
        if small(batch).status == 200
        for event in batch
        for signal in event["data"]["signals"]
    ]
    assert sorted(values) == [float(n) for n in range(450)]
    numbers = [event["sequence"] for batch in server.batches for event in batch]
    ids = {(event["sequence"], event["id"]) for batch in server.batches for event in batch}
    assert len(ids) == len(set(numbers))  # a number belongs to one event for ever


def test_one_reading_that_is_too_large_is_refused_with_its_reason_and_the_rest_goes_on(tmp_path):
    queue = Queue(tmp_path / "queue.sqlite")
    queue.add([Reading("speed", AT, 1.0), Reading("big", AT, "x" * 5000), Reading("speed", AT, 2.0)], now=NOW)

    def small(batch):
        return fails(413) if len(json.dumps(batch)) > 4000 else took(batch)

    assert sender(queue, Server(*[small] * 20)).drain() == 2
    assert [(code, count) for code, count, _ in queue.status()["rejected"]] == [("too_large", 1)]


def test_a_refused_event_leaves_the_queue_with_its_reason(queue):
    server = Server(lambda batch: took(batch, status="rejected", code="not_paired", detail="Not this vehicle."))
    sender(queue, server).drain()
    assert queue.status()["rejected"] == [("not_paired", 450, "Not this vehicle.")]


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
def test_a_header_is_found_however_its_name_is_written(name):
    told = Message()
    told[name] = "7"
    assert lower(told) == {"retry-after": "7"}


def test_a_network_that_is_not_there_has_a_name():
    with pytest.raises(Unreachable):
        post("http://127.0.0.1:9/", b"", {})
