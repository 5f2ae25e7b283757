"""The device's door: what is taken, what is refused, and that a refusal never takes its neighbors along."""

import json
from datetime import timedelta

import pytest
import rfc8785
from django.utils import timezone
from eth_utils import keccak

from commons_device.envelopes import JSON
from tests.vehicles.devices import make_client, place, post, reading, stored
from tests.vehicles.factories import make_vehicle
from vehicles import registry
from vehicles.models import Device, RejectionCount, Source
from vehicles.signals import CELL, HDOP, LATITUDE, LONGITUDE, POWERTRAIN_TYPE, SPEED

pytestmark = pytest.mark.django_db


def codes(response):
    assert response.status_code == 200, response.content
    return [result.get("code", result["status"]) for result in response.json()["results"]]


def test_a_signed_event_is_stored_whole(client):
    device = make_client()
    event = device.signed([reading(value=55), place(hdop=0.9), reading("powertrainType", "ELECTRIC")])
    answer = post(client, event, content_type=JSON)
    assert answer.json() == {
        "accepted": 1,
        "duplicate": 0,
        "rejected": 0,
        "results": [
            {
                "index": 0,
                "id": event["id"],
                "status": "accepted",
                "signals": {"stored": 3, "flagged": 0, "rejected": []},
            }
        ],
    }
    values = stored(device.vehicle)
    assert (values[SPEED], values[LATITUDE], values[LONGITUDE], values[HDOP]) == ([55.0], [10.0], [20.0], [0.9])
    assert values[POWERTRAIN_TYPE] == [3.0]
    assert CELL in values
    source = Source.objects.get(device=device.device)
    assert (source.kind, source.grade) == ("device", "envelope_signed")
    device.device.refresh_from_db()
    assert device.device.last_sequence == 1
    assert device.device.last_seen_at is not None


def test_canonical_and_loose_spelling_are_the_same_event(client):
    device = make_client()
    event = device.signed([reading()])
    assert codes(post(client, rfc8785.dumps([event]))) == ["accepted"]
    assert codes(post(client, json.dumps([event], indent=2))) == ["duplicate"]
    signed_again = device.sign(event | {"signedat": timezone.now().isoformat()})
    assert codes(post(client, rfc8785.dumps([signed_again]))) == ["duplicate"]
    assert stored(device.vehicle)[SPEED] == [50.0]


def test_the_same_id_with_another_body_is_refused(client):
    device = make_client()
    first = device.signed([reading()])
    second = device.signed([reading(value=51.0)], id=first["id"])
    assert codes(post(client, [first])) == ["accepted"]
    assert codes(post(client, [second])) == ["id_reused"]
    assert codes(post(client, [second, first])) == ["id_reused", "duplicate"]


def test_another_device_may_use_the_same_source_and_id(client):
    one, two = make_client(), make_client()
    events = [device.signed([reading()], id="1", source="gateway") for device in (one, two)]
    assert codes(post(client, events)) == ["accepted", "accepted"]


def test_a_sequence_number_serves_once_and_its_reuse_marks_the_device(client):
    device = make_client()
    assert codes(post(client, [device.signed([reading()])])) == ["accepted"]
    assert codes(post(client, [device.signed([reading(ago=5)], sequence="1")])) == ["sequence_reused"]
    device.device.refresh_from_db()
    assert device.device.flagged_at is not None
    assert RejectionCount.objects.get(code="sequence_reused").source.vehicle == device.vehicle


def test_an_offline_queue_may_arrive_out_of_order_but_not_from_before_the_window(client):
    device = make_client()
    numbers = [2000, 1500, 1999, 976]
    events = [device.signed([reading(ago=n / 100)], sequence=str(n)) for n in numbers]
    assert codes(post(client, events)) == ["accepted", "accepted", "accepted", "sequence_too_old"]


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e | {"subject": "urn:uuid:00000000-0000-0000-0000-000000000000"},
        lambda e: e | {"id": "another"},
        lambda e: e | {"sequence": "77"},
        lambda e: e | {"data": {"signals": [reading(value=51.0)]}},
        lambda e: e | {"extra": 1},
        lambda e: {k: v for k, v in e.items() if k != "time"},
        lambda e: e | {"signature": "0x" + "11" * 64 + "1b"},
        lambda e: e | {"signature": e["signature"][:-2] + "99"},
    ],
)
@pytest.mark.parametrize("spell", [rfc8785.dumps, json.dumps])
def test_any_change_after_signing_is_noticed_and_a_good_neighbor_lives(client, change, spell):
    device = make_client()
    good, changed = device.signed([reading()]), change(device.signed([reading(ago=7)]))
    assert codes(post(client, spell([changed, good]))) == ["bad_signature", "accepted"]
    assert post(client, spell([changed])).status_code == 401
    assert stored(device.vehicle)[SPEED] == [50.0]


def test_who_is_not_registered_is_nobody(client):
    device, stranger = make_client(), make_client()
    stranger.device.pairings.all().delete()
    stranger.device.delete()
    event = stranger.signed([reading()], subject=device.subject)
    refused = post(client, [event])
    assert refused.status_code == 401
    assert refused.json()["code"] == "unknown_caller"
    assert codes(post(client, [event, device.signed([reading()])])) == ["unknown_producer", "accepted"]


def test_an_unsigned_event_is_nobodys(client):
    device = make_client()
    assert post(client, [device.event([reading()])]).status_code == 401
    assert codes(post(client, [device.event([reading()]), device.signed([reading()])])) == ["unsigned", "accepted"]


def test_a_producer_must_be_who_signed(client):
    one, two = make_client(), make_client()
    event = one.signed([reading()], producer=f"did:ethr:31337:{two.address}")
    assert post(client, [event]).status_code == 401


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_of_another_time_is_refused(client, minutes):
    device = make_client()
    event = device.signed([reading()], signedat=(timezone.now() + timedelta(minutes=minutes)).isoformat())
    assert codes(post(client, [event])) == ["signedat_out_of_window"]


def test_readings_out_of_time_are_refused_one_by_one(client):
    device = make_client()
    signals = [reading(ago=-360), reading(), reading(ago=31 * 86_400)]
    result = post(client, [device.signed(signals)]).json()["results"][0]
    assert result["signals"] == {
        "stored": 1,
        "flagged": 0,
        "rejected": [
            {"at": 0, "name": "speed", "code": "future_timestamp"},
            {"at": 2, "name": "speed", "code": "too_old"},
        ],
    }


def test_a_signal_that_is_no_reading_is_refused_alone_and_counted(client):
    device = make_client()
    signals = [
        {"name": "speed"},
        {"name": "speed", "timestamp": "yesterday", "value": 1},
        {"name": "speed", "timestamp": "2026-11-22T12:00:00", "value": 1},
        reading(value="fast"),
        reading(value=True),
        reading("warpFactor", 9),
        reading("powertrainFuelSystemSupportedFuelTypes", ["E85"]),
        reading("currentLocationCoordinates", {"latitude": "x"}),
        reading("currentLocationCell7", 5),
        reading(value=301),
        place(0, 0),
        7,
        reading("na\0me é", 1),
        reading("isIgnitionOn", True, ago=3),
    ]
    result = post(client, [device.signed([], data={"signals": signals[:-1]}), device.signed(signals[-1:])])
    result = result.json()["results"]
    assert [(r["at"], r["code"]) for r in result[0]["signals"]["rejected"]] == [
        *[(at, "malformed_signal") for at in (0, 1, 2)],
        *[(3, "wrong_type"), (4, "wrong_type"), (5, "unknown_signal"), (6, "not_stored"), (7, "wrong_type")],
        *[(8, "derived_signal"), (9, "out_of_range"), (10, "null_island"), (11, "malformed_signal")],
        (12, "unknown_signal"),
    ]
    assert result[0]["signals"]["stored"] == 0
    assert result[1]["signals"]["stored"] == 1
    assert RejectionCount.objects.get(signal="warpFactor", code="unknown_signal").count == 1


def test_of_two_readings_of_one_moment_the_later_is_stored(client):
    device = make_client()
    first, second = reading(value=10.0), reading(value=20.0)
    second["timestamp"] = first["timestamp"]
    result = post(client, [device.signed([first, second, reading(ago=3)])]).json()["results"][0]
    assert result["signals"] == {
        "stored": 2,
        "flagged": 0,
        "rejected": [{"at": 0, "name": "speed", "code": "superseded"}],
    }
    assert stored(device.vehicle)[SPEED] == [20.0, 50.0]


def test_a_device_speaks_only_for_what_it_is_paired_with(client):
    device, neighbor = make_client(), make_vehicle()
    event = device.signed([reading()], subject=f"urn:uuid:{neighbor.public_id}")
    assert codes(post(client, [event, device.signed([reading()])])) == ["not_paired", "accepted"]
    assert stored(neighbor) == {}


def test_a_moved_device_carries_nothing_across(client):
    device = make_client(paired_for=timedelta(hours=2))
    now, second = timezone.now(), make_vehicle(owner=device.vehicle.owner)
    registry.unpair_device(device=device.device, vehicle=device.vehicle, now=now - timedelta(hours=1))
    registry.pair_device(device=device.device, vehicle=second, now=now - timedelta(hours=1))
    mixed = [reading(value=10, ago=5400), reading(value=20, ago=60), reading(value=30, ago=3 * 3600)]
    other = f"urn:uuid:{second.public_id}"
    answer = post(client, [device.signed(mixed), device.signed(mixed, subject=other)]).json()
    assert [[r["at"] for r in one["signals"]["rejected"]] for one in answer["results"]] == [[1, 2], [0, 2]]
    assert stored(device.vehicle) == {SPEED: [10.0]}
    assert stored(second) == {SPEED: [20.0]}


def test_a_connection_posts_the_shape_of_dimo_unchanged_and_is_graded_lower(client):
    did = "did:erc721:137:0xbA5738a18d83D41847dfFbDC6101d37C69c9B0cF:123"
    device = make_client(kind=Device.Kind.CONNECTION, subject=did)
    event = device.event(
        [reading()],
        subject=did,
        sequence=None,
        signedat=None,
        producer="did:erc721:137:0x9c94C395cBcBDe662235E0A9d3bB87Ad708561BA:42",
    )
    raw_data = json.dumps(event.pop("data") | {"vin": "1GGCM82633A123456"})
    rsv = device.key.sign_recoverable(keccak(raw_data.encode()), hasher=None)
    signature = "0x" + (rsv[:64] + bytes([rsv[64] + 27])).hex()
    body = json.dumps(event | {"signature": signature})[:-1] + f', "data": {raw_data}}}'
    assert codes(post(client, body, content_type=JSON)) == ["accepted"]
    legacy = body.replace(did, "did:nft:137:0xbA5738a18d83D41847dfFbDC6101d37C69c9B0cF_123")
    assert codes(post(client, legacy.replace(event["id"], "fresh"), content_type=JSON)) == ["accepted"]
    assert Source.objects.get(device=device.device).grade == "data_signed"
    assert post(client, body.replace("50.0", "51.0"), content_type=JSON).status_code == 401


def test_hardware_signs_whole_envelopes(client):
    device = make_client()
    event = device.event([reading()], sequence=None, signedat=None)
    raw_data = json.dumps(event.pop("data"))
    rsv = device.key.sign_recoverable(keccak(raw_data.encode()), hasher=None)
    signature = "0x" + (rsv[:64] + bytes([rsv[64]])).hex()
    body = json.dumps(event | {"signature": signature})[:-1] + f', "data": {raw_data}}}'
    assert codes(post(client, body, content_type=JSON)) == ["envelope_not_signed"]


def test_a_batch_of_one_vehicle_is_stored_in_order_with_its_doubts(client):
    device = make_client()
    events = [device.signed([place(10 + i, 20, ago=100 - i), reading(ago=100 - i)]) for i in range(3)]
    answer = post(client, list(reversed(events))).json()
    assert [r["signals"]["flagged"] for r in answer["results"]] == [1, 1, 0]
    assert stored(device.vehicle)[LATITUDE] == [10.0, 11.0, 12.0]
