"""What the door refused of registered devices, written down for its owner: little of it, sealed, without VINs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from dimo import crypto
from vehicles import events, intake, telemetry
from vehicles.intake import Caller
from vehicles.models import KeptRejection, Vehicle
from vehicles.models.rejections import A_DAY
from vehicles.receipts import Item
from vehicles.rejections.masking import masked

LABEL = "kept-rejection"
OF_A_REASON = 5  # items of one vehicle, day and reason: a frequent one leaves room for the others
MOST_BYTES, MOST_PARTS = 8 * 1024, 20
A_BATCH = 5_000

# An item is of the time of the pairing that all its moments lie in. Where they lie in none, or are not told, it is kept
# only of a device that never measured for anybody else: what an earlier owner's queue held is nobody else's to read.
KEEP = """
WITH told AS (
    SELECT *, row_number() OVER (PARTITION BY vehicle, code ORDER BY place) AS nth
    FROM unnest(%(vehicles)s::int4[], %(devices)s::int8[], %(codes)s::text[], %(firsts)s::timestamptz[],
                %(lasts)s::timestamptz[], %(sealed)s::bytea[])
        WITH ORDINALITY t(vehicle, device, code, first, last, sealed, place)
), owned AS (
    SELECT told.*, coalesce(
        (SELECT p.owner_epoch FROM vehicles_pairing p WHERE p.device_id = told.device AND p.vehicle_id = told.vehicle
             AND p.period @> told.first AND p.period @> told.last),
        (SELECT max(p.owner_epoch) FILTER (WHERE p.vehicle_id = told.vehicle) FROM vehicles_pairing p
             JOIN vehicles_vehicleownership o ON o.vehicle_id = p.vehicle_id AND o.epoch = p.owner_epoch
             WHERE p.device_id = told.device HAVING count(DISTINCT o.owner_id) = 1)
    ) AS epoch FROM told
), fitting AS (
    SELECT owned.*, (SELECT coalesce(max(slot), 0) FROM vehicles_keptrejection k
                     WHERE k.vehicle_id = owned.vehicle AND k.day = %(day)s)
                    + row_number() OVER (PARTITION BY vehicle ORDER BY place) AS slot
    FROM owned WHERE epoch IS NOT NULL AND nth + (SELECT count(*) FROM vehicles_keptrejection k
        WHERE k.vehicle_id = owned.vehicle AND k.day = %(day)s AND k.code = owned.code) <= %(of_a_reason)s
)
INSERT INTO vehicles_keptrejection (vehicle_id, device_id, owner_epoch, received_at, day, slot, code, sealed)
SELECT vehicle, device, epoch, %(now)s, %(day)s, slot, code, sealed FROM fitting WHERE slot <= %(a_day)s
ON CONFLICT DO NOTHING
"""


class Refused(NamedTuple):
    """An item of a registered device, and the vehicle it is kept with."""

    item: Item
    caller: Caller
    vehicle_id: int

    @property
    def code(self) -> str:
        return self.item.code or Counter(gone.code for gone in parts(self.item)).most_common(1)[0][0]


def keep(*, items: Sequence[Item], sent: Sequence[bytes], callers: Mapping[str, Caller], now: datetime) -> None:
    """Keep what was refused of these events, in the transaction that stores the others; nothing where nothing was.

    Only of registered devices, at most 25 items a vehicle and day, five of them for one reason, 8 KiB each. Whole
    refusals that `ingest` could not count under a source are counted here.
    """
    refused = [each for item in items if (each := whose(item, callers, now))]
    if not refused:
        return
    count(refused, now)
    rows = [row for each in fewest(refused) if (row := row_of(each, sent[each.item.index]))]
    if not rows:
        return
    names = ("vehicles", "devices", "codes", "firsts", "lasts", "sealed")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    limits = {"of_a_reason": OF_A_REASON, "a_day": A_DAY}
    with connection.cursor() as cursor:
        cursor.execute(KEEP, {**columns, **limits, "now": now, "day": now.astimezone(UTC).date()})


def whose(item: Item, callers: Mapping[str, Caller], now: datetime) -> Refused | None:
    """A refused item with its sender; None where nothing was refused, or nobody we know signed it."""
    if not (item.code or item.failed or item.missed) or item.evidence is None:
        return None
    caller = callers.get(item.evidence.signer)
    if caller is None:
        return None
    pairs = item.pairs or [pair for pair in caller.pairs if pair.covers(now)]
    return Refused(item, caller, pairs[0].vehicle_id) if pairs else None


def count(refused: Iterable[Refused], now: datetime) -> None:
    """Count whole refusals that belong to no source yet."""
    codes: dict[int, list[tuple[str, str]]] = {}
    for item, caller, vehicle_id in refused:
        if not item.code or (item.pairs and item.pairs[0].source_id):
            continue
        known = next((source for (vehicle, _), source in caller.sources.items() if vehicle == vehicle_id), None)
        assert item.evidence is not None
        source = known or intake.source_of(caller=caller, vehicle_id=vehicle_id, grade=item.evidence.grade)
        codes.setdefault(source, []).append(("", item.code))
    for source, names in sorted(codes.items()):
        telemetry.count_names(source_id=source, names=names, now=now)


def fewest(refused: Iterable[Refused]) -> Iterable[Refused]:
    """No more than could be kept of any vehicle and reason, so that a large batch is not sealed for nothing."""
    seen: Counter[tuple[int, str]] = Counter()
    for each in refused:
        key = (each.vehicle_id, each.code)
        seen[key] += 1
        if seen[key] <= OF_A_REASON:
            yield each


def row_of(refused: Refused, sent: bytes) -> tuple[Any, ...] | None:
    """The columns of KEEP; None for what cannot be read back as text."""
    item = refused.item
    try:
        whole = masked(only_refused(msgspec.json.decode(sent), item))
        text = msgspec.json.encode(whole)
    except (ValueError, RecursionError):
        return None
    about = {
        "event": masked(item.header.id if item.header else ""),
        "detail": masked(item.detail),
        "refused": [(gone.at, masked(gone.name), gone.code) for gone in parts(item)[:MOST_PARTS]],
        "size": len(sent),
        "cut": len(text) > MOST_BYTES,
        "sent": text[:MOST_BYTES].decode(errors="ignore"),
    }
    sealed = crypto.seal(msgspec.json.encode(about), label=LABEL, place=str(refused.vehicle_id).encode())
    moments = moments_of(item)
    first, last = (moments[0], moments[-1]) if moments else (None, None)
    return refused.vehicle_id, refused.caller.device_id, refused.code, first, last, sealed


def parts(item: Item) -> list[Any]:
    """Signals and events that were refused, in order."""
    return [*sorted(item.failed), *sorted(item.missed)]


def only_refused(event: dict[str, Any], item: Item) -> dict[str, Any]:
    """The envelope with no more of its data than was refused."""
    if item.code:
        return event
    data = dict(event["data"])
    for name, gone in (("signals", item.failed), ("events", item.missed)):
        places = sorted({each.at for each in gone})[:MOST_PARTS]
        if name in data:
            data[name] = [data[name][place] for place in places]
    return event | {"data": data}


def moments_of(item: Item) -> list[datetime]:
    """Every moment that an event tells, in order; none where one cannot be read."""
    try:
        told = [events.shape.decode(raw).timestamp for raw in item.events]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    readings = [signal.timestamp for signal in item.signals if signal is not None]
    return sorted(told + readings) if len(readings) == len(item.signals) else []


def prune(*, before: datetime) -> int:
    """Delete a batch of what was kept long enough; how many there were, fewer than `A_BATCH` when none is left."""
    old = KeptRejection.objects.filter(received_at__lt=before).order_by("received_at").values("pk")[:A_BATCH]
    return KeptRejection.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]


def delete(*, vehicle: Vehicle, since: datetime | None = None, until: datetime | None = None) -> int:
    """Erase what is kept of a vehicle, all of it or what arrived in `[since, until)`; how many there were."""
    found = KeptRejection.objects.filter(vehicle=vehicle)
    if since is not None:
        found = found.filter(received_at__gte=since)
    if until is not None:
        found = found.filter(received_at__lt=until)
    return found.delete()[0]
