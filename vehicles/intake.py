"""Rows that the ingest rule reads and writes, a statement each: callers, events known already, sources."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from vehicles import latest, statements
from vehicles.kinds import CAR
from vehicles.latest import State
from vehicles.models import Source
from vehicles.sequence import Sequence as SequenceNumbers
from vehicles.statements import Write

CALLERS = """
SELECT d.id, d.address, d.kind, d.last_sequence, d.sequence_window, p.vehicle_id, v.public_id, p.subject,
       lower(p.period), upper(p.period), s.grade, s.id, v.kind
FROM (SELECT * FROM vehicles_device WHERE address = ANY(%s) ORDER BY id FOR UPDATE) d
LEFT JOIN vehicles_pairing p ON p.device_id = d.id
LEFT JOIN vehicles_vehicle v ON v.id = p.vehicle_id
LEFT JOIN vehicles_source s ON s.device_id = d.id AND s.vehicle_id = p.vehicle_id
ORDER BY d.id, lower(p.period)
"""
KNOWN = """
SELECT e.device_id, e.source, e.id, e.body_sha256
FROM unnest(%s::text[], %s::text[], %s::text[]) k(address, source, id)
JOIN vehicles_device d ON d.address = k.address
JOIN ingest_event e ON e.device_id = d.id AND e.source = k.source AND e.id = k.id
"""
REMEMBER = """
INSERT INTO ingest_event (device_id, source, id, body_sha256, vehicle_id, received_at)
SELECT *, %s::timestamptz FROM unnest(%s::int8[], %s::text[], %s::text[], %s::bytea[], %s::int4[])
"""
SAVE = """
UPDATE vehicles_device d SET last_sequence = s.last, sequence_window = s.bits,
    last_seen_at = CASE WHEN s.heard THEN %s ELSE d.last_seen_at END,
    flagged_at = CASE WHEN s.flagged THEN coalesce(d.flagged_at, %s) ELSE d.flagged_at END
FROM unnest(%s::int8[], %s::int8[], %s::bytea[], %s::bool[], %s::bool[]) s(id, last, bits, heard, flagged)
WHERE d.id = s.id
"""


@dataclass(slots=True)
class Pair:
    """A stretch of time in which the device measures a vehicle."""

    vehicle_id: int
    subjects: frozenset[str]
    since: datetime
    until: datetime | None
    source_id: int | None = None  # any source of the device, to count refusals under
    kind: str = CAR  # of the vehicle, which says what signals there are

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(slots=True)
class Caller:
    """A registered device, its row locked."""

    device_id: int
    kind: str
    sequence: SequenceNumbers
    pairs: list[Pair] = field(default_factory=list)
    sources: dict[tuple[int, str], int] = field(default_factory=dict)  # (vehicle, grade) -> source
    flagged: bool = False


class Event(NamedTuple):
    """One row of the ledger of events."""

    device_id: int
    source: str
    id: str
    body_sha256: bytes
    vehicle_id: int


class Found(NamedTuple):
    """What is known before events are judged; rows of devices and vehicles stay locked until the transaction ends."""

    callers: dict[str, Caller]  # by address
    events: dict[tuple[int, str, str], bytes]  # (device, source, id) -> hash of those that came before
    states: dict[int, State]  # by vehicle, of those the devices measure


def look_up(*, keys: Sequence[tuple[str, str, str]]) -> Found:
    """The devices behind (address, source, id) of events, what came before, and where their vehicles stand.

    All questions leave in one piece; each is answered after the one before has its locks.
    """
    if not keys:
        return Found({}, {}, {})
    columns = [list(column) for column in zip(*keys, strict=True)]
    addresses = sorted(set(columns[0]))
    devices, events, vehicles = statements.ask(
        [(CALLERS, [addresses]), (KNOWN, columns), (latest.MEASURED, [addresses])]
    )
    return Found(
        callers_of(devices),
        {(device, source, id_): bytes(body) for device, source, id_, body in events},
        {vehicle: latest.decoded(state) for vehicle, state in vehicles},
    )


def callers_of(rows: Iterable[tuple[Any, ...]]) -> dict[str, Caller]:
    """Rows of devices, pairings and sources as callers by address."""
    callers: dict[str, Caller] = {}
    for device, address, kind, last, window, vehicle, public, subject, since, until, grade, source, measured in rows:
        caller = callers.setdefault(address, Caller(device, kind, SequenceNumbers(last, bytes(window))))
        if vehicle is None:
            continue
        if not any(pair.since == since for pair in caller.pairs):
            names = frozenset(filter(None, (f"urn:uuid:{public}", subject)))
            caller.pairs.append(Pair(vehicle, names, since, until, source, measured))
        if source is not None:
            caller.sources[vehicle, grade] = source
    return callers


def remembering(*, events: Sequence[Event], now: datetime) -> list[Write]:
    """What writes accepted events down, in the transaction that stores them."""
    return [Write(REMEMBER, (now, *map(list, zip(*events, strict=True))))] if events else []


def saving(*, callers: Iterable[Caller], seen: set[int], now: datetime) -> list[Write]:
    """What writes back used sequence numbers, when a device was heard, and whether it is suspect."""
    rows = [
        (c.device_id, c.sequence.last, c.sequence.window, c.device_id in seen, c.flagged)
        for c in callers
        if c.flagged or c.device_id in seen
    ]
    return [Write(SAVE, (now, now, *map(list, zip(*rows, strict=True))))] if rows else []


def source_of(*, caller: Caller, vehicle_id: int, grade: str) -> int:
    """The source under which a device's readings of one grade are stored; made when first needed."""
    if (vehicle_id, grade) not in caller.sources:
        source, _ = Source.objects.get_or_create(
            vehicle_id=vehicle_id, device_id=caller.device_id, kind=Source.Kind.DEVICE, grade=grade
        )
        caller.sources[vehicle_id, grade] = source.pk
    return caller.sources[vehicle_id, grade]


def prune_events(*, before: datetime) -> int:
    """Delete old rows of the ledger of events; readings so old are refused anyway."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ingest_event WHERE received_at < %s", [before])
        return int(cursor.rowcount)
