"""Signed CloudEvents from devices: parsed, and traced to the key that signed them. Pure: knows no database.

Whole envelopes are signed over the RFC 8785 form of every member but `signature`: by EIP-191 where the producer is
did:ethr, by ECDSA on P-256 where it is did:key. The shape is that of `dimo.status`, whose own devices sign only
keccak256(`data`) and are graded lower.
"""

import re
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import rfc8785
from eth_utils.crypto import keccak

from dimo.errors import DomainError
from vehicles import p256
from vehicles.signatures import BadSignature, Unsigned, recover, signer_of

MAX_BYTES, MAX_EVENTS, MAX_SIGNALS = 1024 * 1024, 1000, 20_000
ENVELOPE_SIGNED: Final = "envelope_signed"
DATA_SIGNED: Final = "data_signed"
TYPES = frozenset({"dimo.status", "dimo.signals"})
IDENTIFIER = re.compile(r"[a-zA-Z0-9\-_/,. :]{1,200}")
ETHR = re.compile(r"did:ethr:(\d{1,20}):(0x[0-9a-fA-F]{40})")
NFT = re.compile(
    r"did:(?:erc721:(\d{1,20}):(0x[0-9a-fA-F]{40}):(\d{1,78})|nft:(\d{1,20}):(0x[0-9a-fA-F]{40})_(\d{1,78}))"
)
URN = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SEQUENCE = re.compile(r"[0-9]{1,18}")
MARKS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]+|[\]}]+|,', re.DOTALL)  # strings whole, brackets by the run


class NotJson(DomainError):
    """The body is not JSON."""

    status = 400


class TooLarge(DomainError):
    """The body is larger than 1 MiB, or holds more than 1,000 events or 20,000 signals."""

    status = 413


class Malformed(DomainError):
    """The envelope lacks a member or has one of another type."""

    status = 400
    code = "malformed"


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Value = float | bool | str | dict[str, Any] | list[Any] | None


class SignalReading(msgspec.Struct, frozen=True, gc=False):
    """One signal as it was sent; `value` is judged against the catalog later."""

    name: str
    timestamp: Moment
    value: Value = None


class Data(msgspec.Struct, frozen=True):
    """The payload, its parts still as they were sent."""

    signals: list[msgspec.Raw] = []
    events: list[msgspec.Raw] = []


class WholeData(msgspec.Struct, frozen=True):
    """The payload when every signal has the right shape, which is nearly always."""

    signals: list[SignalReading] = []
    events: list[msgspec.Raw] = []


class Header(msgspec.Struct, frozen=True):
    """Every member that counts; `data` stays as the bytes that were sent, for its signature."""

    specversion: str
    type: str
    id: str
    source: str
    subject: str
    data: msgspec.Raw
    producer: str = ""
    time: Moment | None = None
    sequence: str | None = None
    signedat: Moment | None = None
    signature: str | None = None


class Evidence(NamedTuple):
    """Who signed what: the signer's address or did:key, the grade, and the hash by which a repeated event is known."""

    signer: str
    grade: str
    body_sha256: bytes


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
raws = msgspec.json.Decoder(list[msgspec.Raw])
any_json = msgspec.json.Decoder(msgspec.Raw)
headers = msgspec.json.Decoder(Header)
whole_data = msgspec.json.Decoder(WholeData)
loose_data = msgspec.json.Decoder(Data)
one_signal = msgspec.json.Decoder(SignalReading)


def split(body: bytes) -> list[bytes]:
    """The events of a body, one or a batch, each as the bytes that were sent.

    Raises:
        NotJson, TooLarge
    """
    if len(body) > MAX_BYTES:
        raise TooLarge
    start = body.lstrip()[:1]
    if start == b"{":
        return [body]
    if start != b"[":
        raise NotJson
    try:
        events = [bytes(event) for event in raws.decode(body)]
    except UNREADABLE as error:
        events = told_apart(body)
        if not any(map(is_json, events[:MAX_EVENTS])):
            raise NotJson(f"The body is not JSON: {error}.") from error
    if len(events) > MAX_EVENTS:
        raise TooLarge(f"The batch holds more than {MAX_EVENTS} events.")
    return events


def told_apart(body: bytes) -> list[bytes]:
    """The items of a list of which one cannot be read, by quotes and brackets alone; none where the list never ends.

    However deep an item goes and whatever stands in it, its neighbors are cut out whole, and each is read by itself.
    """
    depth, start, items = 0, 0, []
    for mark in MARKS.finditer(body):
        text = mark[0]
        if text[0] in b"[{":
            start = start or mark.start() + 1
            depth += len(text)
        elif text[0] in b"]}":
            depth -= len(text)
        if depth == 0 or (text == b"," and depth == 1):
            items.append(body[start : mark.end() - 1])
            start = mark.end()
        if depth <= 0 or len(items) > MAX_EVENTS:
            return items if depth >= 0 and (depth or not body[start:].strip()) else []
    return []


def is_json(raw: bytes) -> bool:
    """Whether a strict reader takes it."""
    try:
        any_json.decode(raw)
    except UNREADABLE:
        return False
    return True


def parse(raw: bytes) -> Header:
    """The envelope's members, of the right types.

    Raises:
        NotJson, Malformed
    """
    try:
        header = headers.decode(raw)
    except msgspec.ValidationError as error:
        raise Malformed(f"The envelope is malformed: {error}.", field=field_in(str(error))) from error
    except UNREADABLE as error:
        raise NotJson(f"The envelope is not JSON: {error}.") from error
    if header.specversion != "1.0":
        raise Malformed("Only CloudEvents 1.0 is taken.", field="specversion")
    for name in ("id", "source"):
        if not IDENTIFIER.fullmatch(getattr(header, name)):
            raise Malformed(f"{name} is empty, too long or has a character that is not taken.", field=name)
    if header.sequence is not None and not SEQUENCE.fullmatch(header.sequence):
        raise Malformed("sequence is a number of at most 18 digits, written as a string.", field="sequence")
    return header


def field_in(message: str) -> str:
    """The member that msgspec's message names."""
    named = re.search(r"at `\$\.?([^`]*)`", message) or re.search(r"field `([^`]+)`", message)
    return named[1] if named else ""


def verify(raw: bytes, header: Header) -> Evidence:
    """Trace an envelope to the key that signed it.

    Raises:
        Unsigned, BadSignature, Malformed
    """
    if not header.signature:
        raise Unsigned(field="signature")
    if header.sequence is None and header.signedat is None:
        signer = recover(keccak(bytes(header.data)), header.signature)
        return Evidence(signer, DATA_SIGNED, sha256(canonical(raw, without=("signature", "signedat"))).digest())
    if header.sequence is None or header.signedat is None:
        missing = "sequence" if header.sequence is None else "signedat"
        raise Malformed(f"A signed envelope has a {missing}.", field=missing)
    claimed = ETHR.fullmatch(header.producer)
    if not claimed and not p256.DID_KEY.fullmatch(header.producer):
        raise Malformed(
            "producer is did:ethr:<chain>:<address> or did:key:zDn… (P-256) of the signing key.", field="producer"
        )
    if quick := cut_as_sent(raw, header):
        signed, hashed = quick
    else:
        signed, hashed = canonical(raw, without=("signature",)), canonical(raw, without=("signature", "signedat"))
    if not claimed:
        p256.check(did=header.producer, message=signed, signature=header.signature)
        return Evidence(header.producer, ENVELOPE_SIGNED, sha256(hashed).digest())
    signer = signer_of(signed, header.signature)
    if signer.lower() != claimed[2].lower():
        raise BadSignature("The signature is not the producer's, or the envelope was changed.", field="signature")
    return Evidence(signer, ENVELOPE_SIGNED, sha256(hashed).digest())


def cut_as_sent(raw: bytes, header: Header) -> tuple[bytes, bytes] | None:
    """What was signed and what is hashed, by cutting members out of the bytes sent; None: not sent in canonical order.

    The signature is checked against exactly these bytes, so a sender gains nothing by a form that is not canonical.
    """
    data, members = raw[: 8 + len(header.data)], raw[8 + len(header.data) :]
    if not raw.startswith(b'{"data":') or not data.endswith(header.data):
        return None
    if members.count(b'"signature":') != 1 or members.count(b'"signedat":') != 1:
        return None
    before, found, after = members.partition(b'"signature":"' + (header.signature or "").encode() + b'",')
    if not found:
        return None
    signed = before + after
    head, found, rest = signed.partition(b'"signedat":"')
    tail = rest.partition(b'",')[2]
    return (data + signed, data + head + tail) if found and tail else None


def canonical(raw: bytes, *, without: tuple[str, ...]) -> bytes:
    """RFC 8785 form of an envelope less some members."""
    try:
        event = msgspec.json.decode(raw)
        return rfc8785.dumps({name: value for name, value in event.items() if name not in without})
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        raise Malformed(f"The envelope has no canonical form: {error}.") from error


def contents(data: bytes) -> tuple[list[SignalReading | None], list[bytes]]:
    """Signals in order (None where one is not of the right shape) and events as they were sent.

    Raises:
        Malformed, TooLarge
    """
    signals: list[SignalReading | None]
    try:
        try:
            whole = whole_data.decode(data)
            signals, events = list(whole.signals), whole.events
        except msgspec.ValidationError:
            loose = loose_data.decode(data)
            signals, events = [shaped(item) for item in loose.signals], loose.events
    except UNREADABLE as error:
        raise Malformed(f"data is malformed: {error}.", field=f"data.{field_in(str(error))}") from error
    if len(signals) > MAX_SIGNALS:
        raise TooLarge(f"An event holds at most {MAX_SIGNALS} signals.", field="data.signals")
    if len(events) > MAX_EVENTS:
        raise TooLarge(f"An event holds at most {MAX_EVENTS} events.", field="data.events")
    return signals, [bytes(event) for event in events]


def shaped(item: msgspec.Raw) -> SignalReading | None:
    try:
        return one_signal.decode(item)
    except UNREADABLE:
        return None


def normal_subject(subject: str) -> str:
    """A vehicle's name in one spelling: `urn:uuid:…`, or `did:erc721:<chain>:<contract>:<id>` for both DID forms.

    Raises:
        Malformed
    """
    if URN.fullmatch(subject.lower()):
        return subject.lower()
    if not (did := NFT.fullmatch(subject)):
        raise Malformed(
            "subject is urn:uuid:…, did:erc721:<chain>:<contract>:<id> or its did:nft form.", field="subject"
        )
    chain, contract, token = did.groups()[:3] if did[1] else did.groups()[3:]
    return f"did:erc721:{int(chain)}:{contract.lower()}:{int(token)}"
