"""From signed envelopes to stored readings: each event judged by itself, requests that meet in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from vehicles import alongside, intake, latest, quality, statements, telemetry, told_vins, wire
from vehicles.admission import MAX_AGE, alive, hash_of, judge, key_of, nobody, signer_of, trace
from vehicles.intake import Caller
from vehicles.latest import State
from vehicles.readings import Message
from vehicles.receipts import Item, receipt
from vehicles.rejections import keeping
from vehicles.together import Together

DUPLICATE = "duplicate"
TOGETHER = 16  # requests in one transaction at most


class Stored(NamedTuple):
    """What one vehicle's device said in this transaction."""

    placed: telemetry.Placed
    refused: list[quality.Refusal]
    items: Sequence[Item]


@dataclass(slots=True)
class Request:
    """One request on its way; `error` set: it is refused whole, or could not be stored."""

    events: Sequence[bytes]
    now: datetime
    items: list[Item] = field(default_factory=list)
    error: Exception | None = None

    def read(self) -> None:
        """Parse and verify every event anew."""
        self.items = [trace(index, raw) for index, raw in enumerate(self.events)]
        self.error = None

    def signers(self) -> set[str]:
        return {item.evidence.signer for item in self.items if item.evidence}


def ingest_events(*, events: Sequence[bytes], now: datetime) -> dict[str, Any]:
    """Judge signed events and store what they measured; answers per event, in order, as `telemetry.md` §10 shows.

    Idempotent by (device, source, id): the same event again is `duplicate`, and counts as success. Everything is
    stored before this returns, or nothing. Requests of several threads that meet share a transaction.

    Raises:
        UnknownCaller, Malformed, NotJson
    """
    request = Request(events, now)
    request.read()
    if connection.in_atomic_block:
        store([request])  # the caller's transaction is nobody else's
    else:
        together.do(request)
    if request.error is not None:
        raise request.error
    return receipt(request.items)


def store_each(requests: list[Request]) -> None:
    """Store requests together; where that fails, each by itself, so that none sinks its neighbors."""
    if len(requests) > 1:
        try:
            return store(requests)
        except Exception:  # whatever it was, it comes again below, at the request that it belongs to
            for request in requests:
                request.read()
    for request in requests:
        try:
            store([request])
        except Exception as error:
            request.error = error
    return None


together: Together[Request] = Together(store_each, keys=Request.signers, most=TOGETHER)


@transaction.atomic
def store(requests: Sequence[Request]) -> None:
    """Judge and store requests of different devices in one transaction."""
    items = [item for request in requests for item in request.items]
    keys = [(i.evidence.signer, i.header.source, i.header.id) for i in items if i.evidence and i.header]
    callers, known, states = intake.look_up(keys=keys)
    for request in requests:
        if callers.keys().isdisjoint(request.signers()):
            request.error = nobody(request.items)
        for item in request.items:
            if item.evidence and item.evidence.signer not in callers:
                item.refuse("unknown_producer", "The signing key is not a registered device.")
        for item in alive(request.items):
            judge(item, callers[signer_of(item)], known, request.now)
    now = max(request.now for request in requests)
    stored = place_all(grouped(alive(items), callers), states, now)
    write_down(items, stored, callers, now)
    for request in requests:
        keeping.keep(items=request.items, sent=request.events, callers=callers, now=now)


def place_all(groups: Iterable[tuple[int, list[Item]]], states: dict[int, State], now: datetime) -> list[Stored]:
    """Copy what all sources measured, nearly always in one go: a vehicle's second source is compared with its first."""
    stored: list[Stored] = []
    waiting: dict[int, telemetry.Placed] = {}
    for source_id, items in groups:
        if items[0].pairs[0].vehicle_id in waiting:
            telemetry.copy(waiting.values())
            waiting.clear()
        stored.append(place(source_id, items, states, now))
        waiting[stored[-1].placed.vehicle_id] = stored[-1].placed
    telemetry.copy(waiting.values())
    return stored


def write_down(items: Sequence[Item], stored: Sequence[Stored], callers: dict[str, Caller], now: datetime) -> None:
    """All that follows from copied readings, in one statement."""
    accepted = alive(items)
    events = [intake.Event(*key_of(i, callers), hash_of(i), i.pairs[0].vehicle_id) for i in accepted]
    seen = {callers[signer_of(item)].device_id for item in accepted}
    placed = [each.placed for each in stored]
    told = (
        (callers[signer_of(i)].device_id, i.pairs[0].vehicle_id, bytes(i.header.data)) for i in accepted if i.header
    )
    statements.run(
        [
            *intake.remembering(events=events, now=now),
            *intake.saving(callers=callers.values(), seen=seen, now=now),
            *told_vins.keeping(payloads=told),
            *telemetry.settling(placed),
            *telemetry.counting(placed, now=now),
            *alongside.storing(heard=[(each.placed.vehicle_id, each.placed.source_id, each.items) for each in stored]),
        ]
    )
    for each in stored:
        count(each, now)
    for item in items:
        if item.code and item.pairs and item.pairs[0].source_id:
            telemetry.count_names(source_id=item.pairs[0].source_id, names=[("", item.code)], now=now)


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
    """Make rows of all readings of a source, and tell each event what became of its own."""
    vehicle_id = items[0].pairs[0].vehicle_id
    if vehicle_id not in states:
        states[vehicle_id] = latest.lock(vehicle_id=vehicle_id)
    if len(items) == 1 and items[0].sheet is not None:
        whole = telemetry.place_sheet(
            vehicle_id=vehicle_id,
            source_id=source_id,
            sheet=items[0].sheet,
            state=states[vehicle_id],
            now=now,
            max_age=MAX_AGE,
        )
        if whole is not None:
            items[0].stored = range(len(items[0].signals))
            return Stored(whole, [], items)
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
