"""From signed envelopes to stored readings: each event judged by itself, all of them in one transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from dimo.errors import DomainError
from vehicles import alongside, envelope, intake, latest, quality, statements, telemetry, told_vins, wire
from vehicles.intake import Caller
from vehicles.latest import State
from vehicles.models import Device
from vehicles.readings import Message
from vehicles.receipts import Item, receipt
from vehicles.rejections import keeping
from vehicles.sequence import Sequence as SequenceNumbers

SIGNED_WITHIN = timedelta(minutes=5)
MAX_AGE = timedelta(days=30)
DUPLICATE = "duplicate"


class UnknownCaller(DomainError):
    """No event is signed by a registered device."""

    status = 401


class Stored(NamedTuple):
    """What one vehicle's device said in this request, as far as it is copied."""

    placed: telemetry.Placed
    refused: list[quality.Refusal]
    items: Sequence[Item]


def ingest_events(*, events: Sequence[bytes], now: datetime) -> dict[str, Any]:
    """Judge signed events and store what they measured; answers per event, in order, as `telemetry.md` §10 shows.

    Idempotent by (device, source, id): the same event again is `duplicate`, and counts as success. Everything is
    stored before this returns, or nothing.

    Raises:
        UnknownCaller, Malformed, NotJson
    """
    items = [trace(index, raw) for index, raw in enumerate(events)]
    keys = [(i.evidence.signer, i.header.source, i.header.id) for i in items if i.evidence and i.header]
    with transaction.atomic():
        callers, known, states = intake.look_up(keys=keys)
        if not callers:
            raise nobody(items)
        for item in items:
            if item.evidence and item.evidence.signer not in callers:
                item.refuse("unknown_producer", "The signing key is not a registered device.")
        for item in alive(items):
            judge(item, callers[signer_of(item)], known, now)
        stored = [place(source_id, group, states, now) for source_id, group in grouped(alive(items), callers)]
        write_down(items, stored, callers, now)
        keeping.keep(items=items, sent=events, callers=callers, now=now)
    return receipt(items)


def write_down(items: Sequence[Item], stored: Sequence[Stored], callers: dict[str, Caller], now: datetime) -> None:
    """All that follows from copied readings, nearly always in one statement: a statement a source."""
    accepted = alive(items)
    events = [intake.Event(*key_of(i, callers), hash_of(i), i.pairs[0].vehicle_id) for i in accepted]
    writes = intake.remembering(events=events, now=now)
    seen = {callers[signer_of(item)].device_id for item in accepted}
    writes += intake.saving(callers=callers.values(), seen=seen, now=now)
    writes += told_vins.keeping(
        payloads=(
            (callers[signer_of(i)].device_id, i.pairs[0].vehicle_id, bytes(i.header.data)) for i in accepted if i.header
        )
    )
    for each in stored:
        placed = each.placed
        beside = alongside.storing(vehicle_id=placed.vehicle_id, source_id=placed.source_id, items=each.items)
        statements.run(writes + telemetry.settling(placed) + telemetry.counting(placed, now=now) + beside)
        writes = []
    statements.run(writes)
    for each in stored:
        count(each, now)
    for item in items:
        if item.code and item.pairs and item.pairs[0].source_id:
            telemetry.count_names(source_id=item.pairs[0].source_id, names=[("", item.code)], now=now)


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
    moments = wire.plain(item.signals, pair.kind)
    if moments and pair.covers(min(moments)) and pair.covers(max(moments)):
        item.moments, item.pairs = moments, [pair]
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


def grouped(items: Sequence[Item], callers: dict[str, Caller]) -> list[tuple[int, list[Item]]]:
    """Events by source: what one device said of one vehicle is stored together."""
    groups: dict[int, list[Item]] = {}
    for item in items:
        assert item.evidence is not None
        source_id = intake.source_of(
            caller=callers[item.evidence.signer], vehicle_id=item.pairs[0].vehicle_id, grade=item.evidence.grade
        )
        groups.setdefault(source_id, []).append(item)
    return sorted(groups.items(), key=lambda group: (group[1][0].pairs[0].vehicle_id, group[0]))


def moments_of(items: Sequence[Item]) -> dict[datetime, dict[int, float]]:
    """Readings of all events by moment; of two the later in the batch stays."""
    if len(items) == 1 and items[0].moments is not None:
        return items[0].moments
    moments: dict[datetime, dict[int, float]] = {}
    for item in items:
        for ts, values in (item.moments or {}).items():
            moments.setdefault(ts, {}).update(values)
        for reading in item.sent:
            moments.setdefault(reading.ts, {})[reading.signal] = reading.value
    return moments


def place(source_id: int, items: Sequence[Item], states: dict[int, State], now: datetime) -> Stored:
    """Copy all readings of a source, and tell each event what became of its own."""
    vehicle_id = items[0].pairs[0].vehicle_id
    if vehicle_id not in states:
        states[vehicle_id] = latest.lock(vehicle_id=vehicle_id)
    moments = moments_of(items)
    told = sum(map(len, moments.values()))
    screened = quality.screen((Message(ts, v) for ts, v in moments.items()), now=now, max_age=MAX_AGE)
    placed = telemetry.place(
        vehicle_id=vehicle_id, source_id=source_id, moments=screened.moments, state=states[vehicle_id]
    )
    compared = placed.compared
    refused = screened.refused + compared.refused
    codes = {(refusal.ts, refusal.signal): refusal.code for refusal in refused}
    codes |= dict.fromkeys(compared.duplicates, DUPLICATE)
    flagged = {
        (row.ts, signal)
        for row in compared.rows
        if any(row.flags)
        for signal, flag in zip(row.signals, row.flags, strict=True)
        if flag
    }
    if codes or flagged or not all_told(items, told):
        tell(items, codes, flagged)
    return Stored(placed, refused, items)


def all_told(items: Sequence[Item], readings: int) -> bool:
    """Whether events, all of them plain, told each of these readings once; then all they told is stored."""
    if any(item.moments is None for item in items):
        return False
    if sum(len(values) for item in items for values in (item.moments or {}).values()) != readings:
        return False
    for item in items:
        item.stored = range(len(item.signals))
    return True


def count(stored: Stored, now: datetime) -> None:
    """Count what was refused by its reason, for the owner's eyes."""
    source_id = stored.placed.source_id
    telemetry.count_refusals(source_id=source_id, refused=stored.refused, now=now)
    telemetry.count_names(source_id=source_id, names=unread(stored.items), now=now)


def tell(items: Sequence[Item], codes: dict[tuple[datetime, int], str], flagged: set[tuple[datetime, int]]) -> None:
    """Each event learns what became of its readings; of two for one moment the later in the batch was stored."""
    taken: set[tuple[datetime, int]] = set()
    for item in reversed(items):
        stored: set[int] = set()
        sent = item.sent if item.moments is None else wire.read(item.signals, item.pairs[0].kind)[0]
        for reading in reversed(sent):
            place = (reading.ts, reading.signal)
            code = "superseded" if place in taken else codes.get(place)
            taken.add(place)
            if code is None:
                stored.add(reading.at)
                if place in flagged:
                    item.flagged.add(reading.at)
            elif code != DUPLICATE:
                item.failed.append(wire.NotSent(reading.at, telemetry.name_of(reading.signal), code))
        item.stored = stored.union(told.at for told in item.lists)


def unread(items: Sequence[Item]) -> list[tuple[str, str]]:
    """What never became a reading, as (name, code)."""
    gone = [(failed.name, failed.code) for item in items for failed in item.failed if failed.code in wire.CODES]
    return gone + alongside.uncounted(items)
