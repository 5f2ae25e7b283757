"""Signals as they are sent, against the catalog: names to ids, words to codes, tuples to their parts, lists. Pure.

`kind` is that of the device measured: it has no signals but its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from vehicles import signals
from vehicles.diagnostics import fault_lists
from vehicles.envelope import SignalReading
from vehicles.kinds import CAR
from vehicles.signals import COORDINATES, HDOP, HEADING, LATITUDE, LONGITUDE

PARTS = (("latitude", LATITUDE), ("longitude", LONGITUDE), ("hdop", HDOP), ("heading", HEADING))
CODES = frozenset({"malformed_signal", "unknown_signal", "wrong_type", "not_stored", "malformed_codes"})
ODD = re.compile(r"[^A-Za-z0-9_.\-]")
FLOATS = frozenset({float})


class Sent(NamedTuple):
    """A reading with its place in the event's list."""

    at: int
    ts: datetime
    signal: int
    value: float


class NotSent(NamedTuple):
    """A signal that is no reading, and why."""

    at: int
    name: str
    code: str


class Listed(NamedTuple):
    """A list of fault codes with its place in the event's list."""

    at: int
    ts: datetime
    codes: tuple[str, ...]


def read(items: Sequence[SignalReading | None], kind: str = CAR) -> tuple[list[Sent], list[NotSent]]:
    """Readings of known signals with values of the right type, and the others but lists with their reason."""
    numbers = numbers_of(kind)
    sent: list[Sent] = []
    failed: list[NotSent] = []
    for at, item in enumerate(items):
        if item is None:
            failed.append(NotSent(at, "", "malformed_signal"))
            continue
        signal = numbers.get(item.name)
        if signal is not None and type(item.value) is float:
            sent.append(Sent(at, item.timestamp, signal, item.value))
            continue
        values = list(odd_values(item.name, item.value, kind))
        if values:
            sent += [Sent(at, item.timestamp, signal, value) for signal, value in values]
        elif not is_list(item.name, kind):
            failed.append(NotSent(at, clean(item.name), reason(item.name, kind)))
    return sent, failed


def lists(items: Sequence[SignalReading | None], kind: str = CAR) -> tuple[list[Listed], list[NotSent]]:
    """Lists of fault codes, and those that are none; a list with one bad code says nothing about the others."""
    listed: list[Listed] = []
    failed: list[NotSent] = []
    for at, item in enumerate(items):
        if item is not None and is_list(item.name, kind):
            codes = fault_lists.parse(item.value)
            if codes is None:
                failed.append(NotSent(at, item.name, "malformed_codes"))
            else:
                listed.append(Listed(at, item.timestamp, codes))
    return listed, failed


def name_at(items: Sequence[SignalReading | None], at: int) -> str:
    """The name of the signal at a place, fit to be shown."""
    item = items[at]
    return clean(item.name) if item else ""


def is_list(name: str, kind: str) -> bool:
    signal = signals.by_name.get(name)
    return signal is not None and signal.kind == kind and bool(signal.list)


def numbers_of(kind: str) -> Mapping[str, int]:
    """The plain numbers of a kind, by name; none for a kind whose file is gone."""
    return signals.numbers.get(kind, {})


def plain(items: Sequence[SignalReading | None], kind: str = CAR) -> dict[datetime, dict[int, float]] | None:
    """Readings by moment where each signal is one and none is told twice, which is nearly always; None: see `read`."""
    if None in items:
        return None
    whole: Sequence[Any] = items
    numbers = numbers_of(kind)
    ids = [numbers.get(item.name) for item in whole]
    values = [item.value for item in whole]
    if None in ids or not FLOATS.issuperset(map(type, values)):
        return unusual(whole, kind)
    moments: dict[datetime, dict[int, float]] = {}
    start = 0
    for ts, run in groupby([item.timestamp for item in whole]):
        end = start + sum(1 for _ in run)
        told: Any = zip(ids[start:end], values[start:end], strict=True)
        if ts in moments:
            moments[ts].update(told)
        else:
            moments[ts] = dict(told)
        start = end
    return moments if sum(map(len, moments.values())) == len(items) else None


def unusual(items: Sequence[SignalReading], kind: str) -> dict[datetime, dict[int, float]] | None:
    """As `plain`, with words, yes and no, and tuples of coordinates among the numbers."""
    numbers = numbers_of(kind)
    moments: dict[datetime, dict[int, float]] = {}
    count = 0
    for item in items:
        signal = numbers.get(item.name)
        if signal is not None and type(item.value) is float:
            values: Sequence[tuple[int, float]] = ((signal, item.value),)
        elif not (values := list(odd_values(item.name, item.value, kind))):
            return None
        moments.setdefault(item.timestamp, {}).update(values)
        count += len(values)
    return moments if sum(map(len, moments.values())) == count else None


def odd_values(name: str, value: Any, kind: str) -> Iterable[tuple[int, float]]:
    """Values that are not plain numbers; nothing where the type is wrong."""
    if name == COORDINATES and isinstance(value, dict):
        return parts_of(value) if kind == CAR else ()
    signal = signals.by_name.get(name)
    if signal is None or signal.kind != kind:
        return ()
    if isinstance(value, bool):
        return ((signal.id, float(value)),) if signal.id in signals.bools else ()
    if isinstance(value, str) and value in signal.codes:
        return ((signal.id, float(signal.codes[value])),)
    return ()


def parts_of(value: dict[str, Any]) -> Iterator[tuple[int, float]]:
    """Latitude, longitude, and what comes with them; a tuple with a member of another type is refused whole."""
    members = [(signal, value[name]) for name, signal in PARTS if value.get(name) is not None]
    if all(isinstance(part, int | float) and not isinstance(part, bool) and abs(part) < 1e9 for _, part in members):
        for signal, part in members:
            yield signal, float(part)


def reason(name: str, kind: str) -> str:
    if name == COORDINATES and kind == CAR:
        return "wrong_type"
    signal = signals.by_name.get(name)
    if signal is None or signal.kind != kind:
        return "unknown_signal"
    return "wrong_type" if signal.numeric else "not_stored"


def clean(name: str) -> str:
    """A name we do not know, fit to be stored and shown."""
    return ODD.sub("?", name[:80])
