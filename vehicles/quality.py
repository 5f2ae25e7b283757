"""What is believed of a reading: refusals before storage and flags beside it. Pure: knows no database.

`screen` looks at each message alone, `compare` at what is stored already and at how readings follow each other.
A flag never changes a value; a refusal is counted with its reason and shown to the owner.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntFlag
from functools import lru_cache
from itertools import pairwise
from operator import ge, le
from typing import NamedTuple

from vehicles import signals
from vehicles.motion import Track
from vehicles.readings import Message
from vehicles.signals import CELL, HDOP, LATITUDE, LONGITUDE

AHEAD = timedelta(minutes=5)
PAIRED_WITHIN = timedelta(milliseconds=500)
POOR_HDOP = 20.0
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
RANGES, FLAGGED_ABOVE = signals.ranges, signals.flagged_above


class Flag(IntFlag):
    """Why a stored reading is doubted; bits of `message.flag`."""

    SECOND_SOURCE = 1
    TELEPORT = 2
    ODOMETER = 4
    DISAGREE = 8
    FROZEN = 16
    IMPLAUSIBLE = 32


class Refusal(NamedTuple):
    """A reading that is not stored, and why."""

    ts: datetime
    signal: int
    value: float
    code: str


class Stored(NamedTuple):
    """A row that is stored already."""

    ts: datetime
    source_id: int
    values: Mapping[int, float]


@dataclass(slots=True)
class Row:
    """A row to store: lists of one length."""

    ts: datetime
    signals: list[int]
    values: list[float]
    flags: list[int]


@dataclass(slots=True)
class Screened:
    """Readings that may be believed, by moment in order, and those that may not."""

    moments: dict[datetime, dict[int, float]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    duplicates: list[tuple[datetime, int]] = field(default_factory=list)


@dataclass(slots=True)
class Compared:
    """Rows to store, in order, and what was left out of them."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    duplicates: list[tuple[datetime, int]] = field(default_factory=list)


def screen(messages: Iterable[Message], *, now: datetime, max_age: timedelta | None = None) -> Screened:
    """Merge readings of one moment (the last wins), and refuse what is outside its time, range or plain sense."""
    seen = Screened()
    oldest = max(EARLIEST, now - max_age) if max_age is not None else EARLIEST
    newest = now + AHEAD
    moments: dict[datetime, dict[int, float]] = {}
    for message in messages:
        ts = message.ts
        if ts.tzinfo is not UTC:
            if ts.tzinfo is None:
                raise TypeError("a reading's moment must have a zone")
            ts = ts.astimezone(UTC)
        if ts > newest or ts < oldest:
            code = "future_timestamp" if ts > newest else "too_old"
            seen.refused += [Refusal(ts, signal, value, code) for signal, value in message.values.items()]
        elif ts in moments:
            merge(moments[ts], message.values, ts, seen)
        else:
            moments[ts] = dict(message.values)
    pair_coordinates(moments)
    for ts in sorted(moments):
        if kept := believable(ts, moments[ts], seen.refused):
            seen.moments[ts] = kept
    return seen


def merge(into: dict[int, float], values: Mapping[int, float], ts: datetime, seen: Screened) -> None:
    """Later readings of one moment replace earlier ones, which are counted."""
    for signal, value in values.items():
        if signal in into:
            if into[signal] == value:
                seen.duplicates.append((ts, signal))
            else:
                seen.refused.append(Refusal(ts, signal, into[signal], "superseded"))
        into[signal] = value


def pair_coordinates(moments: dict[datetime, dict[int, float]]) -> None:
    """Bring a longitude to the latitude that came within half a second of it."""
    lone = sorted(ts for ts, values in moments.items() if (LATITUDE in values) != (LONGITUDE in values))
    for one, other in pairwise(lone):
        first, second = moments[one], moments[other]
        if other - one <= PAIRED_WITHIN and (LATITUDE in first) != (LATITUDE in second):
            moved = LATITUDE if LATITUDE in second else LONGITUDE
            if moved not in first:
                first[moved] = second.pop(moved)


def believable(ts: datetime, values: dict[int, float], refused: list[Refusal]) -> dict[int, float]:
    """The readings of one moment that pass on their own."""
    kept = values if plausible(values) else in_range(ts, values, refused)
    if LATITUDE in kept or LONGITUDE in kept or HDOP in kept:
        check_position(ts, kept, refused)
    return kept


@lru_cache(maxsize=1024)
def bounds_of(layout: tuple[int, ...]) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """The lows and the highs of signals in this order; None where one of them has none."""
    if not all(signal in RANGES for signal in layout):
        return None
    return tuple(RANGES[signal][0] for signal in layout), tuple(RANGES[signal][1] for signal in layout)


def plausible(values: Mapping[int, float]) -> bool:
    """Whether every reading is known and within its range."""
    bounds = bounds_of(tuple(values))
    return bounds is not None and all(map(le, bounds[0], values.values())) and all(map(ge, bounds[1], values.values()))


def in_range(ts: datetime, values: Mapping[int, float], refused: list[Refusal]) -> dict[int, float]:
    """The readings within their range; the others are refused one by one."""
    kept: dict[int, float] = {}
    for signal, value in values.items():
        bounds = RANGES.get(signal)
        if bounds is None:
            refused.append(Refusal(ts, signal, value, unstorable(signal)))
        elif bounds[0] <= value <= bounds[1] or (signal == HDOP and value > POOR_HDOP):
            kept[signal] = value
        else:
            refused.append(Refusal(ts, signal, value, "out_of_range"))
    return kept


def unstorable(signal: int) -> str:
    """Why a signal without a range cannot be stored."""
    if signal == CELL:
        return "derived_signal"
    return "not_stored" if signal in signals.by_id else "unknown_signal"


def check_position(ts: datetime, kept: dict[int, float], refused: list[Refusal]) -> None:
    """A position counts whole, with a fix that is good enough, and nowhere on null island."""
    code = ""
    if LATITUDE not in kept or LONGITUDE not in kept:
        code = "lone_coordinate"
    elif kept[LATITUDE] == 0.0 and kept[LONGITUDE] == 0.0:
        code = "null_island"
    elif kept.get(HDOP, 0.0) >= POOR_HDOP:
        code = "poor_fix"
    if code:
        refused += [Refusal(ts, s, kept.pop(s), code) for s in (LATITUDE, LONGITUDE, HDOP) if s in kept]
    elif kept.get(HDOP) == 0.0:
        refused.append(Refusal(ts, HDOP, kept.pop(HDOP), "not_measured"))


def compare(
    moments: Mapping[datetime, dict[int, float]], *, source_id: int, stored: Sequence[Stored], track: Track
) -> Compared:
    """Turn believable readings into rows: duplicates out, doubts flagged.

    `stored` are the vehicle's rows from shortly before the first moment to the last, `track` what was known before.
    """
    result = Compared()
    by_moment: dict[datetime, list[Stored]] = {}
    own: list[tuple[datetime, bool, Mapping[int, float]]] = []
    for row in stored:
        if row.ts in moments:
            by_moment.setdefault(row.ts, []).append(row)
        if row.source_id == source_id:
            own.append((row.ts, False, row.values))
    fresh: list[tuple[datetime, bool, Mapping[int, float]]] = [(ts, True, values) for ts, values in moments.items()]
    for ts, new, values in sorted(own + fresh, key=lambda item: item[0]) if own else fresh:
        if not new:
            track.step(ts, values)
            continue
        left, doubts = dict(values), {}
        if ts in by_moment:
            doubts = drop_known(ts, left, by_moment[ts], source_id, result)
        if left:
            for signal, bits in track.step(ts, left):
                doubts[signal] = doubts.get(signal, 0) | bits
            result.rows.append(row_of(ts, left, doubts))
    return result


def drop_known(
    ts: datetime, left: dict[int, float], known: Sequence[Stored], source_id: int, result: Compared
) -> dict[int, int]:
    """Take out of `left` what is stored already; what another source said otherwise is kept and flagged."""
    doubts: dict[int, int] = {}
    position = {s: left[s] for s in (LATITUDE, LONGITUDE) if s in left}
    for signal, value in list(left.items()):
        others = [row for row in known if signal in row.values]
        if signal in position:
            equal = any(all(row.values.get(s) == v for s, v in position.items()) for row in others)
        else:
            equal = any(row.values[signal] == value for row in others)
        if equal:
            result.duplicates.append((ts, signal))
            del left[signal]
        elif any(row.source_id == source_id for row in others):
            result.refused.append(Refusal(ts, signal, value, "conflict"))
            del left[signal]
        elif others:
            doubts[signal] = Flag.SECOND_SOURCE
    if HDOP in left and position and LATITUDE not in left:
        result.duplicates.append((ts, HDOP))
        del left[HDOP]
    return doubts


def row_of(ts: datetime, values: dict[int, float], doubts: Mapping[int, int]) -> Row:
    """A row with the cell derived from its position, which bears the position's flags."""
    flags = [0] * len(values)
    if doubts:
        flags = [int(doubts.get(signal, 0)) for signal in values]
    for signal, limit in FLAGGED_ABOVE.items():
        if signal in values and values[signal] > limit:
            flags[list(values).index(signal)] |= Flag.IMPLAUSIBLE
    row = Row(ts, list(values), list(map(float, values.values())), flags)
    if LATITUDE in values and LONGITUDE in values:
        row.signals.append(CELL)
        row.values.append(signals.cell_value(values[LATITUDE], values[LONGITUDE]))
        row.flags.append(int(doubts.get(LATITUDE, 0)))
    return row
