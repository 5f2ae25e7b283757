"""What a device tells beside readings: lists of fault codes, and events. The same pairing and clock judge them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from vehicles import events, wire
from vehicles.diagnostics import recording
from vehicles.events import Told
from vehicles.intake import Pair
from vehicles.receipts import Item
from vehicles.statements import Write


def hear(item: Item, *, pairs: Sequence[Pair], now: datetime, max_age: timedelta) -> None:
    """Sort out an event's lists and events; what is refused stays with the item and its reason.

    `pairs`: all stretches in which the device measured this vehicle.
    """
    kind, oldest = pairs[-1].kind, now - max_age

    def covers(moment: datetime) -> bool:
        return any(pair.covers(moment) for pair in pairs)

    if item.sheet is None and item.plain is None:
        listed, failed = wire.lists(item.signals, kind)
        item.failed += failed
        for told in listed:
            if code := events.untimely(told.ts, covers, oldest, now):
                item.failed.append(wire.NotSent(told.at, wire.name_at(item.signals, told.at), code))
            else:
                item.lists.append(told)
    if item.events:
        item.happened, item.missed = events.read(item.events, kind=kind, covers=covers, oldest=oldest, now=now)


def tells_nothing(item: Item) -> bool:
    """Whether all that an event told is of moments at which its device measured another vehicle, or none."""
    failed = [*item.failed, *item.missed]
    told = item.sheet or item.plain or item.sent or item.lists or item.happened
    return bool(failed) and not told and all(gone.code == "not_paired" for gone in failed)


def storing(*, heard: Iterable[tuple[int, int, Sequence[Item]]]) -> list[Write]:
    """Record the lists of each (vehicle, source), and what stores their events; the vehicles are locked."""
    happened: list[tuple[int, int, Told]] = []
    for vehicle_id, source_id, items in heard:
        record_lists(vehicle_id=vehicle_id, source_id=source_id, items=items)
        happened += [(vehicle_id, source_id, event) for item in items for event in item.happened]
    return events.storing(happened=happened)


def record_lists(*, vehicle_id: int, source_id: int, items: Sequence[Item]) -> None:
    """Record a source's lists; one that contradicts a list before is refused."""
    told = [(item, listed) for item in items for listed in item.lists]
    if not told:
        return
    conflicts = recording.record(
        vehicle_id=vehicle_id, source_id=source_id, lists=[(listed.ts, listed.codes) for _, listed in told]
    )
    for place in sorted(conflicts, reverse=True):
        item, listed = told[place]
        item.lists.remove(listed)
        item.stored = set(item.stored) - {listed.at}
        item.failed.append(wire.NotSent(listed.at, wire.name_at(item.signals, listed.at), "conflict"))


def uncounted(items: Sequence[Item]) -> list[tuple[str, str]]:
    """What was refused here, as (name, code), for the owner's eyes."""
    lists = [
        (gone.name, gone.code)
        for item in items
        for gone in item.failed
        if gone.code not in wire.CODES and wire.is_list(gone.name, item.pairs[0].kind)
    ]
    return lists + [(gone.name, gone.code) for item in items for gone in item.missed]
