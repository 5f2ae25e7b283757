"""Requests that meet share a transaction, and none of them notices."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from commons_device.envelopes import DeviceClient
from tests.vehicles.devices import make_client, post, reading, stored
from tests.vehicles.test_ingest import codes
from tests.vehicles.test_together import LONG, Desk
from vehicles import ingest, rollups, telemetry
from vehicles.models import Device
from vehicles.signals import SPEED

pytestmark = pytest.mark.django_db(transaction=True)


class Meeting(Desk):
    """The door's own work, with the first go kept until all others wait."""

    def __init__(self):
        super().__init__(keys=ingest.Request.signers, most=ingest.TOGETHER)

    def work(self, items):
        self.goes.append(items)
        if len(self.goes) == 1:
            self.begun.set()
            assert self.let_go.wait(LONG)
        ingest.store_each(items)


@pytest.fixture
def meet(monkeypatch):
    """Post bodies so that all but the first are stored in one go; the answers, in order."""
    desk = Meeting()
    monkeypatch.setattr(ingest, "together", desk.together)

    def posted(events):
        try:
            return post(Client(), [events])
        finally:
            connection.close()

    def meeting(*bodies):
        with ThreadPoolExecutor(len(bodies)) as threads:
            answers = [threads.submit(posted, bodies[0])]
            assert desk.begun.wait(LONG)
            desk.together.waiting = desk.queue = type(desk.queue)()
            for body in bodies[1:]:
                answers.append(threads.submit(posted, body))
                assert desk.queue.put.acquire(timeout=LONG)
            desk.let_go.set()
            return [answer.result(LONG) for answer in answers]

    meeting.goes = desk.goes
    return meeting


def speeds(device):
    return stored(device.vehicle).get(SPEED, [])


def test_requests_of_several_devices_are_stored_in_one_transaction(meet):
    devices = [make_client() for _ in range(5)]
    answers = meet(*(device.signed([reading(value=40.0 + n)]) for n, device in enumerate(devices)))
    assert [codes(answer) for answer in answers] == [["accepted"]] * 5
    assert [len(go) for go in meet.goes] == [1, 4]
    assert [speeds(device) for device in devices] == [[40.0], [41.0], [42.0], [43.0], [44.0]]
    assert set(Device.objects.values_list("last_sequence", flat=True)) == {1}


def test_two_sources_of_one_vehicle_that_meet_know_of_each_other(meet):
    first, one = make_client(), make_client()
    two = make_client(one.vehicle)
    told = reading(value=40.0)
    answers = meet(first.signed([reading()]), one.signed([told]), two.signed([told | {"value": 45.0}]))
    flagged = [answer.json()["results"][0]["signals"]["flagged"] for answer in answers]
    assert flagged == [0, 0, 1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT n, min, max FROM rollup_1m WHERE vehicle_id = %s", [one.vehicle.pk])
        assert cursor.fetchall() == [(2, 40.0, 45.0)]
        minutes = rollup_rows(cursor, one.vehicle)
    rollups.rebuild(vehicle_id=one.vehicle.pk, since=minutes[0][2], until=timezone.now())
    with connection.cursor() as cursor:
        assert rollup_rows(cursor, one.vehicle) == minutes


def rollup_rows(cursor, vehicle):
    cursor.execute("SELECT vehicle_id, signal_id, bucket, n, sum FROM rollup_1m WHERE vehicle_id = %s", [vehicle.pk])
    return cursor.fetchall()


def test_a_stranger_among_them_is_refused_alone(meet):
    known, other = make_client(), make_client()
    stranger = DeviceClient(key=b"\x77" * 32, subject=other.subject)
    answers = meet(known.signed([reading()]), stranger.signed([reading()]), other.signed([reading()]))
    assert [answer.status_code for answer in answers] == [200, 401, 200]
    assert answers[1].json()["code"] == "unknown_caller"
    assert (speeds(known), speeds(other)) == ([50.0], [50.0])


def test_one_that_cannot_be_stored_does_not_sink_its_neighbors(meet, monkeypatch):
    devices = [make_client() for _ in range(4)]
    place_rows = telemetry.place

    def place(*, vehicle_id, **facts):
        if vehicle_id == devices[2].vehicle.pk:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '1ms'")
                cursor.execute("SELECT count(*) FROM generate_series(1, 100000000)")
        return place_rows(vehicle_id=vehicle_id, **facts)

    monkeypatch.setattr(telemetry, "place", place)
    answers = meet(*(device.signed([reading(), reading(ago=50 * 86_400)]) for device in devices))
    assert [answer.status_code for answer in answers] == [200, 200, 503, 200]
    assert answers[1].json()["results"][0]["signals"] == answers[0].json()["results"][0]["signals"]
    assert [speeds(device) for device in devices] == [[50.0], [50.0], [], [50.0]]
    monkeypatch.setattr(telemetry, "place", place_rows)
    assert [len(go) for go in meet.goes] == [1, 3]


def test_a_device_that_sends_twice_at_once_is_answered_in_order(meet):
    first, device = make_client(), make_client()
    event = device.signed([reading(value=61.0)])
    answers = meet(first.signed([reading()]), event, event)
    assert [codes(answer) for answer in answers] == [["accepted"], ["accepted"], ["duplicate"]]
    assert [len(go) for go in meet.goes] == [1, 1, 1]
    assert speeds(device) == [61.0]


def test_within_another_transaction_a_request_is_stored_by_itself(meet):
    device = make_client()
    with transaction.atomic():
        assert codes(post(Client(), [device.signed([reading()])])) == ["accepted"]
        transaction.set_rollback(True)
    assert (speeds(device), meet.goes) == ([], [])
