"""Events that devices tell beside readings: judged one by one, stored once, read by their owner, erased with the car.

They fall under the class that the catalog names (`behavior.events` for a car's). Nothing sells them.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from django.db.models import QuerySet

from vehicles import kinds, quality
from vehicles.envelope import UNREADABLE, Moment
from vehicles.models import Vehicle, VehicleEvent
from vehicles.ownership_selectors import in_times, own_times
from vehicles.statements import Write
from vehicles.wire import NotSent, clean

MAX_METADATA = 1024
LONGEST_NS = 24 * 3600 * 10**9
STORE = """
INSERT INTO vehicles_vehicleevent (vehicle_id, source_id, name, ts, duration_ns, metadata)
SELECT * FROM unnest(%s::int4[], %s::int4[], %s::text[], %s::timestamptz[], %s::int8[], %s::jsonb[])
ON CONFLICT (source_id, name, ts) DO NOTHING
"""


class EventTold(msgspec.Struct, frozen=True):
    """An event as DIMO writes it; `metadata` is JSON in a string, or an object."""

    name: str
    timestamp: Moment
    durationNs: Annotated[int, msgspec.Meta(ge=0)] = 0  # noqa: N815
    metadata: str | dict[str, Any] = ""


class Told(NamedTuple):
    """An event with its place in the envelope's list; `metadata` is JSON of an object."""

    at: int
    ts: datetime
    name: str
    duration_ns: int
    metadata: str


shape = msgspec.json.Decoder(EventTold)
loose = msgspec.json.Decoder(dict[str, Any])


def read(
    items: Sequence[bytes], *, kind: str, covers: Callable[[datetime], bool], oldest: datetime, now: datetime
) -> tuple[list[Told], list[NotSent]]:
    """Events of a vehicle's kind at moments that count, and the others with their reason.

    `covers`: whether the device measured the vehicle at a moment. Reasons: malformed_event, unknown_event,
    metadata_too_large, out_of_range (it lasts more than a day), future_timestamp, too_old, not_paired.
    """
    told: list[Told] = []
    failed: list[NotSent] = []
    for at, raw in enumerate(items):
        try:
            item = shape.decode(raw)
            metadata = metadata_of(item.metadata)
        except UNREADABLE:
            failed.append(NotSent(at, name_in(raw), "malformed_event"))
            continue
        if code := refusal(item, metadata, kind) or untimely(item.timestamp, covers, oldest, now):
            failed.append(NotSent(at, clean(item.name), code))
        else:
            told.append(Told(at, item.timestamp, item.name, item.durationNs, metadata))
    return told, failed


def refusal(item: EventTold, metadata: str, kind: str) -> str:
    """What is wrong with an event whenever it was, or an empty string."""
    known = kinds.events.get(item.name)
    if known is None or known.kind != kind:
        return "unknown_event"
    if len(metadata.encode()) > MAX_METADATA:
        return "metadata_too_large"
    return "out_of_range" if item.durationNs > LONGEST_NS else ""


def untimely(ts: datetime, covers: Callable[[datetime], bool], oldest: datetime, now: datetime) -> str:
    """What is wrong with a moment, or an empty string."""
    if ts > now + quality.AHEAD:
        return "future_timestamp"
    if ts < oldest:
        return "too_old"
    return "" if covers(ts) else "not_paired"


def metadata_of(value: str | dict[str, Any]) -> str:
    """Metadata as JSON of an object, which PostgreSQL can store.

    Raises:
        DecodeError: it is none.
    """
    known = value if isinstance(value, dict) else loose.decode(value) if value.strip() else {}
    text = msgspec.json.encode(known).decode()
    if "\\u0000" in text:
        raise msgspec.DecodeError("a character that cannot be stored")
    return text


def name_in(raw: bytes) -> str:
    """The name of an event that has not the right shape, fit to be counted under."""
    try:
        name = loose.decode(raw).get("name", "")
    except UNREADABLE:
        return ""
    return clean(name) if isinstance(name, str) else ""


def storing(*, happened: Sequence[tuple[int, int, Told]]) -> list[Write]:
    """What stores events by (vehicle, source, event); the same again changes nothing."""
    if not happened:
        return []
    rows = [
        (vehicle_id, source_id, item.name, item.ts, item.duration_ns, item.metadata)
        for vehicle_id, source_id, item in happened
    ]
    return [Write(STORE, tuple(map(list, zip(*rows, strict=True))))]


def events_of(*, vehicle: Vehicle) -> QuerySet[VehicleEvent]:
    """A vehicle's events of its reader's times, newest first."""
    own = in_times(own_times(vehicle=vehicle), moment="ts")
    return VehicleEvent.objects.filter(own, vehicle=vehicle).order_by("-ts", "-id")


def delete(*, vehicle: Vehicle, since: datetime | None = None, until: datetime | None = None) -> int:
    """Erase a vehicle's events, all of them or those in `[since, until)`; how many there were."""
    found = VehicleEvent.objects.filter(vehicle=vehicle)
    if since is not None:
        found = found.filter(ts__gte=since)
    if until is not None:
        found = found.filter(ts__lt=until)
    return found.delete()[0]
