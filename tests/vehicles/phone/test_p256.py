"""P-256 as phones sign: a vector that another implementation made, and every form that is not taken."""

import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from commons_device.envelopes import DeviceClient
from dimo.errors import DomainError
from tests.vehicles.phone.phones import PhoneClient, hexed
from vehicles import envelope, p256
from vehicles.signatures import BadSignature

# Made by WebCrypto of Node 20, whose signer chose the upper s too: one message, two signatures that fit it.
DID = "did:key:zDnaeWCi1z5bTYc67nCBcyvVoNxZh6wTpVAq2XcxhyUVV9kC8"
LOW = (
    "0x7b870648f4908404d663c5fe8f8ec6c62d0f112166d0de64f1b06ae8eaad8e7e279a966bf70c60"
    "216d6899fcdc63db3d05e9c782633c3f29a5a1fff243024f8b"
)
HIGH = (
    "0xdd135b1001eb1ca0a1d9f292edf80c5918cb8d7429ff9e00f5a809834cab7753ca7d6d857aecf8"
    "eda45737a5e2f1c824e55c44e446ea4e6a9e87855dc4cef2a9"
)
# An example of the did:key specification.
SPECIFIED = "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsDPDZ3WJ5hRTPFU2169"
SENT = (
    '{"data":{"signals":[{"name":"currentLocationCoordinates","timestamp":"2026-11-22T12:00:01Z","val'
    'ue":{"heading":359.9,"latitude":10.5,"longitude":-0.000001}},{"name":"speed","timestamp":"2026-1'
    '1-22T12:00:01Z","value":55.04}]},"datacontenttype":"application/json","dataversion":"default/v1.'
    '0","id":"phone-vector-1","producer":"did:key:zDnaeWCi1z5bTYc67nCBcyvVoNxZh6wTpVAq2XcxhyUVV9kC8",'
    '"sequence":"7","signature":"0x7b870648f4908404d663c5fe8f8ec6c62d0f112166d0de64f1b06ae8eaad8e7e27'
    '9a966bf70c60216d6899fcdc63db3d05e9c782633c3f29a5a1fff243024f8b","signedat":"2026-11-22T12:00:05Z'
    '","source":"did:key:zDnaeWCi1z5bTYc67nCBcyvVoNxZh6wTpVAq2XcxhyUVV9kC8","specversion":"1.0","subj'
    'ect":"urn:uuid:00000000-0000-4000-8000-000000000001","time":"2026-11-22T12:00:00Z","type":"dimo.'
    'status"}'
)
UNSIGNED = rfc8785.dumps({name: value for name, value in json.loads(SENT).items() if name != "signature"})
PHONE, OTHER = PhoneClient(number=7), PhoneClient(number=8)
SIGNAL = {"name": "speed", "timestamp": "2026-11-22T12:00:01Z", "value": 55.0}
EVENT = PHONE.signed([SIGNAL])
BASE58 = p256.BASE58


def spelled(codec: bytes, point: bytes) -> str:
    number, digits = int.from_bytes(codec + point, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        digits = BASE58[rest] + digits
    return f"did:key:z{digits}"


def verified(event) -> envelope.Evidence:
    raw = event if isinstance(event, bytes) else rfc8785.dumps(event)
    return envelope.verify(raw, envelope.parse(raw))


def test_an_envelope_that_a_browser_signed_is_taken_as_its_key_s():
    evidence = verified(SENT.encode())
    assert (evidence.signer, evidence.grade) == (DID, envelope.ENVELOPE_SIGNED)
    assert envelope.cut_as_sent(SENT.encode(), envelope.parse(SENT.encode())) is not None
    assert verified(json.dumps(json.loads(SENT), indent=1).encode()) == evidence


def test_a_key_is_spelled_as_the_specification_spells_it():
    for did in (DID, SPECIFIED):
        assert p256.did_of(p256.key_of(did)) == did


def test_of_two_signatures_that_fit_only_the_lower_is_taken():
    p256.check(did=DID, message=UNSIGNED, signature=LOW)
    r, s = int(LOW[2:66], 16), int(LOW[66:], 16)
    for upper in (HIGH, hexed(r, p256.ORDER - s)):
        with pytest.raises(BadSignature, match="above half"):
            p256.check(did=DID, message=UNSIGNED, signature=upper)


@pytest.mark.parametrize(
    "signature",
    [
        LOW[2:], LOW[:-2], LOW + "1b", "0x" + "g" * 128, LOW.replace("0x", "0X"), hexed(0, 1), hexed(1, 0),
        hexed(p256.ORDER, 1), hexed(1, p256.ORDER), hexed(2**256 - 1, 1), LOW + "\n", " " + LOW, "",
    ],
)  # fmt: skip
def test_a_signature_of_another_form_is_refused(signature):
    with pytest.raises(BadSignature):
        p256.check(did=DID, message=UNSIGNED, signature=signature)


def test_a_signature_on_the_other_curve_is_no_phone_s():
    device = DeviceClient(key=b"\x07" * 32, subject=PHONE.subject)
    with pytest.raises(BadSignature):
        verified(device.signed([SIGNAL], producer=PHONE.address))
    with pytest.raises(BadSignature):
        verified(EVENT | {"producer": f"did:ethr:31337:{device.address}"})


def test_the_key_of_another_phone_does_not_fit():
    with pytest.raises(BadSignature):
        verified(EVENT | {"producer": OTHER.address})
    with pytest.raises(BadSignature):
        verified(OTHER.sign(EVENT) | {"producer": PHONE.address, "signature": OTHER.sign(EVENT)["signature"]})


X = PHONE.private.public_key().public_numbers().x.to_bytes(32, "big")
OFF = 1  # no point of the curve has this x


@pytest.mark.parametrize(
    "did",
    [
        spelled(b"\xe7\x01", b"\x02" + X),  # secp256k1-pub
        spelled(b"\xed\x01", X),  # ed25519-pub
        spelled(b"\x81\x24", b"\x02" + X),  # p384-pub
        spelled(p256.MULTICODEC, b"\x04" + X),
        spelled(p256.MULTICODEC, b"\x02" + X[:-1]),
        spelled(p256.MULTICODEC, b"\x02" + X + b"\x00"),
        spelled(p256.MULTICODEC, b"\x02" + OFF.to_bytes(32, "big")),
        spelled(p256.MULTICODEC, b"\x02" + b"\xff" * 32),
        "did:key:zDn" + "z" * 46,
        "did:key:zDn" + "1" * 46,
        PHONE.address.replace("z", "Z", 1),
        PHONE.address + "\n",
        PHONE.address[:-1] + "0",
        PHONE.address + "#" + PHONE.address[8:],
        "",
    ],
)
def test_a_producer_that_spells_no_p256_point_is_refused(did):
    with pytest.raises(BadSignature):
        p256.key_of(did)
    with pytest.raises(DomainError):
        verified(PHONE.signed([SIGNAL], producer=did))


@given(st.integers(0, 1300), st.integers(0, 255))
def test_one_changed_byte_never_passes_as_the_same_phone(place, byte):
    raw = bytearray(rfc8785.dumps(EVENT))
    place %= len(raw)
    before, raw[place] = raw[place], byte
    if byte == before:
        return
    try:
        verified(bytes(raw))
    except DomainError:
        return
    # Digits of a signature may be written in capitals; nothing that is signed may differ, nor the hash it is known by.
    assert bytes(raw).lower() == rfc8785.dumps(EVENT).lower()
    assert verified(bytes(raw)) == verified(EVENT)


def test_values_alone_are_not_signed_on_this_curve():
    event = PHONE.sign(PHONE.event([SIGNAL], sequence=None, signedat=None))
    with pytest.raises(BadSignature):
        verified(event)
