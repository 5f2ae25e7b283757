"""Whatever bytes arrive, the parser answers with an envelope or a named refusal."""

import json

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from commons_device.envelopes import DeviceClient
from dimo.errors import DomainError
from vehicles import envelope, wire
from vehicles.sequence import Refused, Sequence

DEVICE = DeviceClient(key=b"\x07" * 32, subject="urn:uuid:00000000-0000-4000-8000-000000000001")
SIGNAL = {"name": "speed", "timestamp": "2026-11-22T12:00:01Z", "value": 55.0}
EVENT = DEVICE.signed([SIGNAL])

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def read_through(body):
    """Everything the rule does to bytes before it asks the database."""
    for raw in envelope.split(body):
        header = envelope.parse(raw)
        envelope.verify(raw, header)
        envelope.normal_subject(header.subject)
        wire.read(envelope.contents(bytes(header.data))[0])


def survives(body):
    try:
        read_through(body)
    except DomainError as error:
        refusal = error
    else:
        return
    assert refusal.code != "domain_error"
    assert 400 <= refusal.status < 500


@given(st.binary(max_size=200))
def test_any_bytes_give_a_named_refusal(body):
    survives(body)


good = rfc8785.dumps(EVENT)


@pytest.mark.parametrize(
    "bad",
    [
        b"NaN",
        b'{"data":Infinity}',
        b"[" * 5000 + b"]" * 5000,
        b'{"a":"]},\\"","b":nul}',
        b"[1,2}",
        b'{"a":"\\ud800"}',
        b"",
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_event_that_cannot_be_read_is_cut_out_and_its_neighbors_stay_whole(bad, place):
    events = [good, json.dumps(EVENT, indent=1).encode()]
    events.insert(place, bad)
    assert [event.strip() for event in envelope.split(b" [" + b" , ".join(events) + b"]\n")] == events


@pytest.mark.parametrize("body", [b"[NaN]", b"[%s,NaN", b"[%s,NaN]]", b"[%s,NaN] 1", b'[%s,NaN,"]', b"[NaN"])
def test_a_list_that_never_ends_or_holds_nothing_readable_is_refused_whole(body):
    with pytest.raises(envelope.NotJson):
        envelope.split(body.replace(b"%s", good))


def test_too_many_events_are_too_many_even_where_one_cannot_be_read():
    with pytest.raises(envelope.TooLarge):
        envelope.split(b"[" + b"{}," * 1000 + b"NaN]")
    assert len(envelope.split(b"[" + b"{}," * 999 + b"NaN]")) == 1000


@settings(max_examples=300)
@given(st.lists(anything, min_size=1, max_size=5))
def test_cutting_by_quotes_and_brackets_agrees_with_the_reader(values):
    body = (
        json.dumps(values, ensure_ascii=False)
        .encode("utf-8", "replace")
        .replace(b"NaN", b"0")
        .replace(b"Infinity", b"0")
    )
    assert [bytes(each).strip() for each in envelope.told_apart(body)] == [bytes(e) for e in envelope.raws.decode(body)]


@given(anything)
def test_any_json_gives_a_named_refusal(value):
    survives(json.dumps(value).encode())
    survives(json.dumps([value, EVENT]).encode())


@settings(max_examples=300)
@given(st.sampled_from([*EVENT, "new"]), anything)
def test_any_member_replaced_gives_a_named_refusal(name, value):
    survives(json.dumps(EVENT | {name: value}).encode())
    survives(json.dumps(DEVICE.event([]) | {name: value, "signature": "0x" + "ab" * 64 + "1c"}).encode())


@given(anything, anything)
def test_signals_of_any_shape_are_readings_or_have_a_reason(one, value):
    data = json.dumps({"signals": [one, SIGNAL | {"value": value}, SIGNAL], "events": [one]}).encode()
    try:
        items, events = envelope.contents(data)
    except envelope.Malformed:
        with pytest.raises((msgspec.DecodeError, RecursionError)):
            msgspec.json.decode(data)
        return
    sent, failed = wire.read(items)
    listed, unlisted = wire.lists(items)
    failed += unlisted
    assert {r.at for r in [*sent, *listed]} | {f.at for f in failed} == {0, 1, 2}
    assert all(f.code in wire.CODES for f in failed)
    assert len(events) == 1


@given(st.integers(0, 1200), st.integers(0, 255))
def test_one_changed_byte_never_passes_as_the_same_signer(place, byte):
    raw = bytearray(rfc8785.dumps(EVENT))
    place %= len(raw)
    before, raw[place] = raw[place], byte
    if byte == before:
        return
    try:
        evidence = envelope.verify(bytes(raw), envelope.parse(bytes(raw)))
    except DomainError:
        return
    # Digits of a signature may be written in capitals; nothing that is signed may differ.
    assert bytes(raw).lower() == rfc8785.dumps(EVENT).lower()
    assert evidence.signer == DEVICE.address


def test_cutting_and_canonicalizing_agree():
    quick = envelope.verify(rfc8785.dumps(EVENT), envelope.parse(rfc8785.dumps(EVENT)))
    loose = json.dumps(EVENT, indent=1).encode()
    assert quick == envelope.verify(loose, envelope.parse(loose))
    assert envelope.cut_as_sent(rfc8785.dumps(EVENT), envelope.parse(rfc8785.dumps(EVENT))) is not None
    assert envelope.cut_as_sent(loose, envelope.parse(loose)) is None


@pytest.mark.parametrize("name", ["signature", "signedat", "data"])
def test_a_name_of_the_envelope_inside_data_is_cut_nowhere(name):
    event = DEVICE.sign(DEVICE.event([SIGNAL | {name: {name: "x", "signature": EVENT["signature"]}}]))
    raw, loose = rfc8785.dumps(event), json.dumps(event, indent=1).encode()
    quick = envelope.verify(raw, envelope.parse(raw))
    assert quick == envelope.verify(loose, envelope.parse(loose))
    assert quick.signer == DEVICE.address


def test_of_two_data_members_only_the_signed_one_counts():
    raw = rfc8785.dumps(EVENT)
    before = b'{"data":{},' + raw[1:]
    assert envelope.verify(before, envelope.parse(before)).signer == DEVICE.address
    assert bytes(envelope.parse(before).data) == rfc8785.dumps(EVENT["data"])
    after = raw[:-1] + b',"data":{"signals":[]}}'
    with pytest.raises(DomainError):
        envelope.verify(after, envelope.parse(after))


def test_a_second_signature_member_does_not_hide_a_change():
    raw = rfc8785.dumps(EVENT)
    forged = raw.replace(b'"speed"', b'"speed","signature":"x"')
    with pytest.raises(DomainError):
        envelope.verify(forged, envelope.parse(forged))


@pytest.mark.parametrize(
    ("subject", "normal"),
    [
        ("urn:uuid:00000000-0000-4000-8000-00000000000A", "urn:uuid:00000000-0000-4000-8000-00000000000a"),
        ("did:erc721:137:0x" + "Ab" * 20 + ":7", "did:erc721:137:0x" + "ab" * 20 + ":7"),
        ("did:nft:137:0x" + "Ab" * 20 + "_07", "did:erc721:137:0x" + "ab" * 20 + ":7"),
    ],
)
def test_a_vehicle_has_one_spelling(subject, normal):
    assert envelope.normal_subject(subject) == normal


@given(st.lists(st.integers(0, 4000), max_size=60))
def test_a_number_is_admitted_once_and_never_from_before_the_window(numbers):
    sequence, used = Sequence(0, b""), set()
    for number in numbers:
        refusal = sequence.refusal(number)
        if number in used and max(used) - number < 1024:
            assert refusal is Refused.REUSED
        elif max(used, default=0) - number >= 1024:
            assert refusal is Refused.TOO_OLD
        else:
            assert refusal is None
            sequence.use(number)
            used.add(number)
            sequence = Sequence(sequence.last, sequence.window)


NUMBER = st.sampled_from(["speed", "obdRunTime", "currentLocationLatitude"])
ODD = st.sampled_from(["isIgnitionOn", "powertrainType", "currentLocationCoordinates", "obdDTCList", "unknown"])
VALUE = st.sampled_from([1.5, 2.0, True, "ELECTRIC", None, {"latitude": 1.0, "longitude": 2.0}, {"latitude": "x"}])
MOMENT = st.sampled_from(["2026-11-22T12:00:01Z", "2026-11-22T13:00:01+01:00", "2026-11-22T12:00:02Z"])
SIGNALS = st.builds(
    lambda name, value, ts: {"name": name, "value": value, "timestamp": ts},
    *(NUMBER | NUMBER | ODD, st.just(1.5) | st.just(3.0) | VALUE, MOMENT),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(SIGNALS, max_size=6))
def test_taking_signals_in_columns_agrees_with_taking_them_one_by_one(told):
    items, _ = envelope.contents(json.dumps({"signals": told}).encode())
    sent, failed = wire.read(items)
    failed += [told for part in wire.lists(items) for told in part]
    moments = wire.plain(items)
    places = {(reading.ts, reading.signal) for reading in sent}
    assert (moments is None) == (bool(failed) or len(places) < len(sent))
    if moments is not None:
        assert {(ts, s, v) for ts, values in moments.items() for s, v in values.items()} == {
            r[1:2] + r[2:] for r in sent
        }
