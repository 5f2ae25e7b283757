"""Payloads in the shapes that DIMO's connections publish: decoded, or refused item by item in clear words."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone
from eth_utils import keccak

from tests.vehicles.devices import make_client, post, stored
from tests.vehicles.importers.files import REAL
from vehicles import signals, wire
from vehicles.envelope import SignalReading
from vehicles.models import Device, Pairing, Source, VehicleEvent
from vehicles.rejections.reading import opened
from vehicles.signals import LATITUDE, ODOMETER, POWERTRAIN_TYPE, SPEED, by_name

VIN = "1HGCM82633A004352"
VEHICLES, DEVICES = "0xbA5738a18d83D41847dfFbDC6101d37C69c9B0cF", "0x9c94C395cBcBDe662235E0A9d3bB87Ad708561BA"
DID = f"did:erc721:137:{VEHICLES}:123"
NAMES = REAL / "ref" / "dimo_default_definitions.yaml"
# A list of words, which is neither a number nor a list of fault codes; no page, score or license asks for it.
NOT_STORED = {"Powertrain.FuelSystem.SupportedFuelTypes": "not_stored"}


@pytest.fixture
def connection():
    return make_client(kind=Device.Kind.CONNECTION, subject=DID)


def moment(ago=10.0):
    """A moment with the nine digits that Go writes."""
    at = timezone.now() - timedelta(seconds=ago)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}897Z"


def told(name, value):
    return {"name": name, "timestamp": moment(), "value": value}


def posted(device, data, **members):
    """An event of a connection as it is posted: keccak256 of the data is signed, nothing else."""
    raw = json.dumps(data)
    rsv = device.key.sign_recoverable(keccak(raw.encode()), hasher=None)
    event = {
        "id": "2pcYwspbaBFJ7NPGZ2kivkuJ12a",
        "source": "0x1234567890123456789012345678901234567890",
        "producer": f"did:erc721:137:{DEVICES}:42",
        "specversion": "1.0",
        "subject": DID,
        "time": moment(0),
        "type": "dimo.status",
        "signature": "0x" + (rsv[:64] + bytes([rsv[64] + 27])).hex(),
    } | members
    kept = {name: value for name, value in event.items() if value is not None}
    return json.dumps(kept)[:-1] + f', "data": {raw}}}'


def results(client, *events):
    answer = post(client, f"[{','.join(events)}]")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


STATUS = {
    "signals": [
        told("speed", 100),
        told("powertrainTransmissionTravelledDistance", 12345.67),
        told("powertrainType", "COMBUSTION"),
        told("currentLocationLatitude", 37.7749),
        told("currentLocationLongitude", 20.5),
        told("obdDTCList", '["P0101","P0202"]'),
    ],
    "events": [
        {"name": "behavior.harshBraking", "timestamp": moment(), "durationNs": 1234567890, "metadata": '{"ignition":1}'}
    ],
    "vin": VIN,
}


@pytest.mark.django_db
def test_the_default_shape_is_decoded_whole(client, connection):
    (result,) = results(client, posted(connection, STATUS))
    assert (result["status"], result["events"]) == ("accepted", {"stored": 1, "rejected": []})
    values = stored(connection.vehicle)
    assert [values[signal] for signal in (SPEED, ODOMETER, POWERTRAIN_TYPE, LATITUDE)] == [
        [100.0],
        [12345.67],
        [float(by_name["powertrainType"].codes["COMBUSTION"])],
        [37.7749],
    ]
    assert VehicleEvent.objects.get().metadata == {"ignition": 1}
    assert Pairing.objects.get().vin_told is not None
    assert Source.objects.get().grade == "data_signed"


@pytest.mark.django_db
@pytest.mark.parametrize("members", [{"dataversion": "default/v1.0"}, {"time": None}, {"producer": None}])
def test_members_that_connections_leave_out_or_add_change_nothing(client, connection, members):
    assert results(client, posted(connection, {"signals": [told("speed", 1)]}, **members))[0]["status"] == "accepted"


@pytest.mark.django_db
def test_the_legacy_spelling_of_a_vehicle_is_the_same_vehicle(client, connection):
    legacy = {"subject": f"did:nft:137:{VEHICLES}_123", "producer": f"did:nft:137:{DEVICES}_42"}
    (result,) = results(client, posted(connection, {"signals": [told("speed", 1)]}, **legacy))
    assert result["status"] == "accepted"
    assert stored(connection.vehicle)[SPEED] == [1.0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("speed", "102", "wrong_type"),
        ("speed", "not-a-number", "wrong_type"),
        ("speed", None, "wrong_type"),
        ("UndefinedSignal", 100.5, "unknown_signal"),
        ("powertrainType", "STEAM", "wrong_type"),
        ("obdDTCList", "garbage", "malformed_codes"),
    ],
)
def test_one_signal_that_is_wrong_is_refused_alone(client, connection, name, value, code):
    (result,) = results(client, posted(connection, {"signals": [told(name, value), told("isIgnitionOn", True)]}))
    assert result["signals"] == {"stored": 1, "flagged": 0, "rejected": [{"at": 0, "name": name, "code": code}]}


RUPTELA = {
    "signals": {"104": "31474743", "105": "4D383236", "135": "35", "136": "A"},
    "pos": [{"alt": 1048, "sat": 20}],
}
AUTOPI = {
    "device": {"serial": "60d4af69-86e8-b790-02d3-c0a9dc4d6c8a", "softwareVersion": "v1.0.0"},
    "timestamp": 1732224181876,
    "vehicle": {"make": "MINI", "signals": [{"name": "batteryVoltage", "timestamp": 1732224181876, "value": 12.95}]},
}
HASHDOG = AUTOPI | {"header": 2, "device": {"id": "F4CE368CC0DF1D1D", "protocol": "lora_helium", "nonce": 28}}
FINGERPRINT = {"vin": VIN, "protocol": "ISO9141", "odometer": 12345.67, "device": {"imei": "123456789012345"}}
GOOD = {"signals": [told("speed", 55)]}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "members", "code", "words"),
    [
        (RUPTELA, {}, "malformed", "`$.signals`"),
        ("not an object", {}, "malformed", "data"),
        (AUTOPI, {"type": "com.dimo.device.status.v2"}, "unsupported_type", "dimo.status"),
        (HASHDOG, {"type": "com.dimo.device.status.v2"}, "unsupported_type", "dimo.status"),
        (FINGERPRINT, {"type": "dimo.fingerprint"}, "unsupported_type", "dimo.status"),
        ({"statement": "anything"}, {"type": "dimo.attestation"}, "unsupported_type", "dimo.status"),
        ({"voidsId": "x", "reason": "wrong"}, {"type": "dimo.tombstone"}, "unsupported_type", "dimo.status"),
        (GOOD, {"type": "dimo.raw.ruptela"}, "unsupported_type", "dimo.status"),
        (GOOD, {"subject": f"did:erc721:137:{VEHICLES}:124"}, "not_paired", "does not measure"),
        (GOOD, {"subject": "0x1234567890abcdef1234567890abcdef12345678"}, "malformed", "subject"),
        (GOOD, {"specversion": None}, "malformed", "specversion"),
        (GOOD, {"id": None}, "malformed", "id"),
        (GOOD, {"subject": None}, "malformed", "subject"),
        (GOOD, {"specversion": "0.3"}, "malformed", "CloudEvents 1.0"),
        (GOOD, {"signature": None}, "unsigned", "sign"),
        (GOOD, {"signature": "0x" + "67" * 64 + "1c"}, "unknown_producer", "not a registered device"),
    ],
)
def test_another_shape_is_refused_in_words_and_its_neighbor_is_stored(client, connection, data, members, code, words):
    bad, good = posted(connection, data, **members), posted(connection, GOOD, id="good")
    refused, taken = results(client, bad, good)
    assert (refused["status"], refused["code"], taken["status"]) == ("rejected", code, "accepted")
    assert words in refused["detail"]
    assert stored(connection.vehicle)[SPEED] == [55.0]
    kept = [opened(row) for row in connection.vehicle.kept_rejections.all()]
    assert all("1HGCM8" not in one.sent for one in kept)


@pytest.mark.django_db
def test_a_payload_without_an_envelope_says_what_it_lacks(client):
    native = {"data": AUTOPI, "time": moment(), "type": "com.dimo.device.status.v2", "vehicleTokenId": 1}
    answer = post(client, json.dumps([native]))
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert "missing required field" in answer.json()["detail"]


@pytest.mark.django_db
def test_only_a_registered_connection_may_sign_its_data_alone(client):
    device = make_client(subject=DID)
    assert results(client, posted(device, GOOD))[0]["code"] == "envelope_not_signed"


@pytest.mark.real_data
@pytest.mark.skipif(not NAMES.is_file(), reason="the vocabulary is not beside the repository")
def test_every_name_of_the_published_vocabulary_is_known_and_nearly_all_is_stored():
    paths = set(re.findall(r"^- vspecName: Vehicle\.(\S+)$", NAMES.read_text(), re.MULTILINE))
    assert len(paths) == 116
    known = {signal.path: signal for signal in signals.catalog}
    assert paths <= known.keys()
    answers = {path: answer_for(known[path]) for path in paths}
    assert {path: answer for path, answer in answers.items() if answer} == NOT_STORED


def answer_for(signal):
    """What the door says to a value of the right type; empty: it is stored."""
    value = next(iter(signal.codes), None) or (True if signal.type == "bool" else signal.low)
    item = SignalReading(signal.name, timezone.now(), ["P0101"] if signal.list else value)
    _, failed = wire.read([item])
    _, unlisted = wire.lists([item])
    return (failed + unlisted)[0].code if failed or unlisted else ""
