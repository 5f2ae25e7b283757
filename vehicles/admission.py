"""Which signed events are admitted: each judged by itself, in memory, against what is known of its device. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from dimo.errors import DomainError
from vehicles import alongside, envelope, sheets, telemetry, wire
from vehicles.intake import Caller
from vehicles.models import Device
from vehicles.receipts import Item
from vehicles.sequence import Sequence as SequenceNumbers

SIGNED_WITHIN = timedelta(minutes=5)
MAX_AGE = timedelta(days=30)


class UnknownCaller(DomainError):
    """No event is signed by a registered device."""

    status = 401


def trace(index: int, raw: bytes) -> Item:
    """Parse and verify one event; a refusal stays with the event."""
    item = Item(index)
    try:
        item.header = envelope.parse(raw)
        item.evidence = envelope.verify(raw, item.header)
    except DomainError as refusal:
        item.refuse(refusal.code, str(refusal))
    return item


def nobody(items: Iterable[Item]) -> DomainError:
    """Why the request as a whole is refused: what is wrong with the form goes before who sent it."""
    first = next(iter(items), None)
    if first is None:
        return envelope.Malformed("The batch is empty.")
    if first.header is None:
        return envelope.Malformed(first.detail)
    if first.code == envelope.Malformed.code:
        return envelope.Malformed(first.detail)
    return UnknownCaller(first.detail or "The signing key is not a registered device.", reason=first.code)


def alive(items: Iterable[Item]) -> list[Item]:
    """Events that are neither refused nor known."""
    return [item for item in items if not item.status]


def signer_of(item: Item) -> str:
    """The address that signed a verified event."""
    assert item.evidence is not None
    return item.evidence.signer


def hash_of(item: Item) -> bytes:
    """The hash by which a verified event is known."""
    assert item.evidence is not None
    return item.evidence.body_sha256


def key_of(item: Item, callers: dict[str, Caller]) -> tuple[int, str, str]:
    """A device's own (source, id): nobody can use up the ids of another device."""
    assert item.header is not None
    return callers[signer_of(item)].device_id, item.header.source, item.header.id


def judge(item: Item, caller: Caller, known: dict[tuple[int, str, str], bytes], now: datetime) -> None:
    """Decide about one event; an accepted one uses its sequence number and its id."""
    header, evidence = item.header, item.evidence
    assert header is not None
    assert evidence is not None
    if evidence.grade == envelope.DATA_SIGNED and caller.kind != Device.Kind.CONNECTION:
        return item.refuse("envelope_not_signed", "Only a registered connection may sign its data alone.")
    if header.type not in envelope.TYPES:
        return item.refuse("unsupported_type", "Only dimo.status and dimo.signals are taken here.")
    key = (caller.device_id, header.source, header.id)
    if key in known:
        if known[key] == evidence.body_sha256:
            item.status = "duplicate"
            return None
        return item.refuse("id_reused", "This source and id came with another body before.")
    try:
        subject = envelope.normal_subject(header.subject)
        item.signals, item.events = envelope.contents(bytes(header.data))
    except DomainError as refusal:
        return item.refuse(refusal.code, str(refusal))
    item.pairs = [pair for pair in caller.pairs if subject in pair.subjects]
    if not item.pairs:
        return item.refuse("not_paired", "This device does not measure this vehicle.")
    if header.signedat is not None and abs(header.signedat - now) > SIGNED_WITHIN:
        return item.refuse("signedat_out_of_window", "signedat is more than five minutes from the server's clock.")
    if header.sequence is not None and not admitted(item, caller.sequence, int(header.sequence)):
        caller.flagged = caller.flagged or item.code == "sequence_reused"
        return None
    pairs = item.pairs
    keep_paired(item)
    alongside.hear(item, pairs=pairs, now=now, max_age=MAX_AGE)
    if alongside.tells_nothing(item):
        return item.refuse("not_paired", "This device did not measure this vehicle at these moments.")
    if header.sequence is not None:
        caller.sequence.use(int(header.sequence))
    known[key] = evidence.body_sha256
    return None


def admitted(item: Item, sequence: SequenceNumbers, number: int) -> bool:
    """Whether the sequence number may be used; if not, the event is refused."""
    if refusal := sequence.refusal(number):
        item.refuse(refusal.value, "A device's sequence numbers rise, and each is used once.")
        return False
    return True


def keep_paired(item: Item) -> None:
    """Readings of moments at which the device measured this vehicle; one vehicle per event."""
    pair = item.pairs[-1]
    sheet = sheets.sheet_of(item.signals, pair.kind)
    if sheet is not None and pair.covers(sheet.moments[0]) and pair.covers(sheet.moments[-1]):
        item.sheet, item.pairs = sheet, [pair]
        return
    moments = wire.plain(item.signals, pair.kind)
    if moments and pair.covers(min(moments)) and pair.covers(max(moments)):
        item.plain, item.pairs = moments, [pair]
        return
    sent, item.failed = wire.read(item.signals, pair.kind)
    if sent and pair.covers(min(reading.ts for reading in sent)) and pair.covers(max(reading.ts for reading in sent)):
        item.sent = sent
    else:
        for reading in sent:
            if any(p.covers(reading.ts) for p in item.pairs):
                item.sent.append(reading)
            else:
                item.failed.append(wire.NotSent(reading.at, telemetry.name_of(reading.signal), "not_paired"))
    item.pairs = [pair]
