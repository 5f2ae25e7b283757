"""What is kept of refused events: little, sealed, without VINs, of registered devices alone, and not for long."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.vehicles.devices import make_client, place, post, reading
from tests.vehicles.factories import make_user
from tests.vehicles.test_ingest import codes
from vehicles import registry
from vehicles.models import KeptRejection, RejectionCount
from vehicles.rejections import keeping, tasks
from vehicles.rejections import reading as refused

pytestmark = pytest.mark.django_db
VIN = "1GGCM82633A123456"


def kept(device, *, owner=None, vehicle=None, ago=timedelta(0)):
    vehicle = vehicle or device.vehicle
    rows = refused.kept_of(vehicle=vehicle, owner=owner or vehicle.owner, now=timezone.now() + ago)
    return [refused.opened(row) for row in rows]


def test_of_an_event_refused_in_parts_only_those_parts_are_kept(client):
    device = make_client()
    sent = device.signed([reading(), reading("speed", 900.0, ago=5), reading("nonsense", 1.0)])
    assert codes(post(client, [sent])) == ["accepted"]
    (one,) = kept(device)
    assert [(part.at, part.name, part.code) for part in one.parts] == [
        (1, "speed", "out_of_range"),
        (2, "nonsense", "unknown_signal"),
    ]
    back = json.loads(one.sent)
    assert [signal["value"] for signal in back["data"]["signals"]] == [900.0, 1.0]
    assert (back["id"], one.event, one.cut) == (sent["id"], sent["id"], False)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("unsupported_type", {"type": "dimo.fingerprint"}),
        ("signedat_out_of_window", {"signedat": "2026-01-01T00:00:00Z"}),
        ("not_paired", {"subject": "urn:uuid:00000000-0000-4000-8000-000000000009"}),
        ("malformed", {"data": {"signals": 5}}),
    ],
)
def test_a_whole_refusal_of_a_registered_device_is_kept_and_counted(client, code, change):
    device = make_client()
    assert codes(post(client, [device.signed([reading()], **change)])) == [code]
    (one,) = kept(device)
    assert (one.code, json.loads(one.sent)["type"]) == (code, change.get("type", "dimo.status"))
    assert RejectionCount.objects.get(source__vehicle=device.vehicle, signal="").code == code


def test_nothing_is_kept_of_those_who_are_not_registered_or_did_not_sign(client):
    device, stranger = make_client(), make_client()
    stranger.device.pairings.all().delete()
    stranger.device.delete()
    forged = device.signed([reading()]) | {"id": "changed"}
    events = [stranger.signed([reading()]), forged, device.event([reading()]), {"id": "x"}, device.signed([reading()])]
    answer = codes(post(client, events))
    assert answer == ["unknown_producer", "bad_signature", "unsigned", "malformed", "accepted"]
    assert not KeptRejection.objects.exists()


def test_when_nothing_is_refused_the_door_asks_the_database_nothing_more(client):
    device = make_client()
    post(client, [device.signed([reading(ago=30)])])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        post(client, [device.signed([reading(ago=20)])])
    assert not [query for query in queries if "keptrejection" in query["sql"]]
    with CaptureQueriesContext(connection) as queries:
        post(client, [device.signed([reading(ago=10), reading("nonsense", 1.0)])])
    assert len([query for query in queries if "keptrejection" in query["sql"]]) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"data": {"signals": [{"name": 1}], "vin": VIN}},
        {"data": {"signals": [{"name": 1}], "vin": "1gg cm8-26-33A123456"}},
        {"data": {"signals": [{"name": VIN, "timestamp": "2026-11-22T12:00:01Z"}]}},
        {"id": VIN, "data": {"signals": [{"name": 1, "value": f"car {VIN.lower()}."}]}},
        {"type": "dimo.fingerprint", "data": {"carVin": VIN, "more": [{VIN: json.dumps({"v": VIN})}]}},
        {"type": "dimo.fingerprint", "data": {"vin": [VIN], "VIN": {"number": VIN}}},
    ],
)
def test_a_vin_is_masked_wherever_it_stands(client, event):
    device = make_client()
    raw = json.dumps(device.signed([], **event)).replace("1GGCM8", "1\\u0047GCM8")
    assert post(client, "[" + raw + "]").status_code == 200
    (one,) = kept(device)
    shown = repr(one).replace(" ", "").replace("-", "").upper()
    assert "1GGCM8" not in shown
    assert "633A12" not in shown


def test_what_is_kept_is_sealed_in_the_table(client):
    device = make_client()
    post(client, [device.signed([place(0.0, 0.0), reading("nonsense", 1.0)])])
    row = KeptRejection.objects.get()
    assert b"nonsense" not in bytes(row.sealed)
    assert b"latitude" not in bytes(row.sealed)


def test_a_broken_device_fills_no_disk(client):
    device = make_client()
    big = [device.signed([reading(f"no{n}", "x" * 1000) for n in range(30)]) for _ in range(12)]
    post(client, big)
    assert KeptRejection.objects.count() == keeping.OF_A_REASON
    assert {len(one.sent) for one in kept(device)} == {keeping.MOST_BYTES}
    assert max(len(row.sealed) for row in KeptRejection.objects.all()) < 12 * 1024
    post(client, big[:1])
    other = [device.signed([reading()], type="dimo.fingerprint") for _ in range(10)]
    post(client, other)
    assert KeptRejection.objects.count() == 2 * keeping.OF_A_REASON


def test_a_day_has_room_for_25_and_the_table_itself_holds_to_it(client):
    device = make_client()
    for number in range(20):
        KeptRejection.objects.create(
            vehicle=device.vehicle, device=device.device, owner_epoch=1, code=f"c{number}", sealed=b"1",
            received_at=timezone.now(), day=timezone.now().date(), slot=number + 4,
        )  # fmt: skip
    events = [device.signed([reading()], type="dimo.fingerprint") for _ in range(3)]
    post(client, events)
    assert KeptRejection.objects.count() == 22
    with pytest.raises(IntegrityError, match="few_rejections_are_kept_a_day"):
        KeptRejection.objects.filter(slot=25).update(slot=26)


def test_a_week_later_nothing_is_shown_and_the_sweep_leaves_nothing(client, monkeypatch):
    monkeypatch.setattr(keeping, "A_BATCH", 2)
    device = make_client()
    post(client, [device.signed([reading()], type="dimo.fingerprint") for _ in range(5)])
    assert len(kept(device)) == 5
    assert kept(device, ago=timedelta(days=7)) == []
    tasks.prune_rejections()
    assert KeptRejection.objects.count() == 5
    KeptRejection.objects.update(received_at=timezone.now() - timedelta(days=7, seconds=1))
    tasks.prune_rejections()
    assert not KeptRejection.objects.exists()


def test_an_erased_vehicle_leaves_nothing(client):
    device = make_client()
    post(client, [device.signed([reading()], type="dimo.fingerprint")])
    assert keeping.delete(vehicle=device.vehicle, until=timezone.now() - timedelta(hours=1)) == 0
    assert keeping.delete(vehicle=device.vehicle) == 1


def handed_on(device, *, key_too: bool):
    """The vehicle goes to somebody else, an hour ago, perhaps with the device in it."""
    seller, buyer, moment = device.vehicle.owner, make_user(), timezone.now() - timedelta(hours=1)
    vehicle = registry.transfer_vehicle(vehicle=device.vehicle, buyer=buyer, now=moment)
    if key_too:
        challenge = registry.device_challenge(owner=buyer)
        again = registry.register_device(
            owner=buyer, kind="hardware", challenge=challenge, signature=device.answer(challenge), now=timezone.now()
        )
        registry.pair_device(device=again, vehicle=vehicle, now=moment)
    return vehicle, seller, buyer


@pytest.mark.parametrize("key_too", [False, True])
def test_each_owner_reads_the_refusals_of_their_own_time_alone(client, key_too):
    device = make_client()
    post(client, [device.signed([reading("nonsense", 1.0, ago=7200)])])
    vehicle, seller, buyer = handed_on(device, key_too=key_too)
    post(client, [device.signed([reading("queued", 1.0, ago=7000)])])  # an old queue, sent after the sale
    assert [one.parts[0].name for one in kept(device, owner=seller, vehicle=vehicle)] == ["queued", "nonsense"]
    assert kept(device, owner=buyer, vehicle=vehicle) == []
    assert kept(device, owner=make_user(), vehicle=vehicle) == []
    if key_too:
        post(client, [device.signed([reading("mine", 1.0)])])
        assert [one.parts[0].name for one in kept(device, owner=buyer, vehicle=vehicle)] == ["mine"]
        assert len(kept(device, owner=seller, vehicle=vehicle)) == 2


def test_what_could_be_of_an_earlier_owner_of_the_device_is_kept_for_nobody(client):
    device = make_client()
    vehicle, seller, buyer = handed_on(device, key_too=True)
    untold = [
        device.signed([reading()], type="dimo.fingerprint"),
        device.signed([reading("mixed", 1.0), {"name": "speed"}]),
        device.signed([reading("mixed", 1.0), reading("mixed", 1.0, ago=7200)]),
    ]
    post(client, untold)
    assert kept(device, owner=buyer, vehicle=vehicle) == kept(device, owner=seller, vehicle=vehicle) == []
