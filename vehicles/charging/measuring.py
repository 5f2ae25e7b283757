"""What a session added, by the best of the means there are. Pure.

Energy is, in this order: what the car's counter rose by; the power over time, where readings cover four fifths of the
session; the level's rise times the capacity that the car reports. Which one it is, is told. Nothing is guessed.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from itertools import pairwise
from statistics import median
from struct import pack
from typing import NamedTuple

from vehicles.charging.points import Cut, Point, Span
from vehicles.signals import cell_of

LONGEST_STEP = timedelta(minutes=15)
COVERED = 0.8
FALL_KWH = 0.5  # a counter that falls by more was set back
APART, APART_KWH = 0.25, 1.0
AC_MOST_KW = 22.0
HEALTH_PCT = 30.0  # below it the level's own error is a tenth of the answer
RANGE_PCT = 20.0
CURVE, MARKS = 150, 8
BATTERY_SIDE = ("counter", "battery_power")


class Energy(NamedTuple):
    """kWh, how they are known (`counter`, `charger_power`, `battery_power`, `level` or empty), and doubts."""

    kwh: float | None
    method: str
    doubts: tuple[str, ...] = ()


def measure(
    points: Sequence[Point], span: Span, level: Sequence[tuple[int, float]], says: Sequence[bool | None]
) -> Cut:
    """Everything told of one session."""
    inside = points[span.first : span.last + 1]
    levels = {index: value for index, value in level if span.first <= index <= span.last}
    socs = list(levels.values())
    rise = socs[-1] - socs[0] if len(socs) > 1 else None
    energy = energy_of(inside, rise, counter_before(points, span.first))
    powers = [power for point in inside if (power := power_of(point)) is not None]
    unseen = [name for name, is_so in (("start_unseen", span.start_unseen), ("end_unseen", span.end_unseen)) if is_so]
    glitched = ["level_glitch"] if sum(point.soc is not None for point in inside) > len(levels) else []
    return Cut(
        started_at=inside[0].at,
        ended_at=inside[-1].at,
        still_open=span.still_open,
        readings=len(inside),
        soc_from=socs[0] if socs else None,
        soc_to=socs[-1] if socs else None,
        energy_kwh=energy.kwh,
        energy_method=energy.method,
        peak_kw=rounded(max(powers, default=None)),
        mean_kw=None if unseen else mean_kw(energy.kwh, inside, says[span.first : span.last + 1]),
        current=current_of(inside, powers),
        cell=cell_at(points, span),
        odometer_km=rounded(next((p.odometer for p in reversed(inside) if p.odometer is not None), None)),
        soh_pct=rounded(next((p.soh for p in reversed(inside) if p.soh is not None), None)),
        full_range_km=full_range(inside),
        capacity_kwh=capacity_of(energy, rise),
        curve=curve_of(inside, levels, span.first),
        doubts=[*unseen, *energy.doubts, *glitched],
        marks=marks_of(inside),
    )


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def power_of(point: Point) -> float | None:
    """What the charger gives, else what the battery takes; discharging is no charging power."""
    if point.charger_kw is not None:
        return point.charger_kw
    return None if point.battery_kw is None else max(point.battery_kw, 0.0)


def counter_before(points: Sequence[Point], first: int) -> float | None:
    """What the counter stood at before the session."""
    return next((points[index].added for index in range(first - 1, -1, -1) if points[index].added is not None), None)


def energy_of(inside: Sequence[Point], rise: float | None, before: float | None) -> Energy:
    """By counter, else by power, else by level; where two means differ by a quarter, a doubt says so."""
    counted, was_set_back = by_counter([p.added for p in inside if p.added is not None], before)
    powered, method, covered = by_power(inside)
    doubts = ["counter_set_back"] if was_set_back else []
    if counted:
        if powered is not None and covered >= COVERED and abs(counted - powered) > max(APART_KWH, APART * counted):
            doubts.append("counter_disagrees")
        return Energy(round(counted, 3), "counter", tuple(doubts))
    if powered is not None and covered >= COVERED:
        return Energy(round(powered, 3), method)
    capacity = capacity_told(inside)
    if rise is not None and rise > 0 and capacity is not None:
        return Energy(round(rise / 100 * capacity, 3), "level")
    if powered:
        return Energy(round(powered, 3), method, ("power_in_part",))
    return Energy(None, "")


def by_counter(told: Sequence[float], before: float | None) -> tuple[float | None, bool]:
    """What a counter rose by, and whether it was set back meanwhile.

    A counter that stands lower than before the session was set to zero with it, so its first reading was added too.
    """
    if len(told) < 2:
        return None, False
    total = told[0] if before is not None and told[0] < before - FALL_KWH else 0.0
    base, set_back = told[0], False
    for a, b in pairwise(told):
        if b < a - FALL_KWH:
            total, base, set_back = total + max(a - base, 0.0) + b, b, True
    return total + max(told[-1] - base, 0.0), set_back


def by_power(inside: Sequence[Point]) -> tuple[float | None, str, float]:
    """Power over time (trapezoids), by which power, and the share of the session that readings cover."""
    charger = [(p.at, p.charger_kw) for p in inside if p.charger_kw is not None]
    battery = [(p.at, max(p.battery_kw, 0.0)) for p in inside if p.battery_kw is not None]
    method, told = ("charger_power", charger) if len(charger) > 1 else ("battery_power", battery)
    if len(told) < 2:
        return None, "", 0.0
    total = seconds = 0.0
    for (at, kw), (then, after) in pairwise(told):
        if then - at <= LONGEST_STEP:
            step = (then - at).total_seconds()
            total, seconds = total + (kw + after) / 2 * step / 3600, seconds + step
    whole = (inside[-1].at - inside[0].at).total_seconds()
    return total, method, seconds / whole if whole else 0.0


def capacity_told(inside: Sequence[Point]) -> float | None:
    """kWh of the full battery as the car reports it: the energy it holds at its level, else its gross capacity."""
    held = [p.stored / p.soc * 100 for p in inside if p.stored and p.soc is not None and p.soc >= RANGE_PCT]
    if held:
        return median(held)
    return next((p.capacity for p in reversed(inside) if p.capacity is not None), None)


def capacity_of(energy: Energy, rise: float | None) -> float | None:
    """kWh of the full battery by this session: what was added to it over the level's rise, from 30 points on."""
    if rise is None or rise < HEALTH_PCT or not energy.kwh or energy.method not in BATTERY_SIDE or energy.doubts:
        return None
    return round(energy.kwh / rise * 100, 3)


def mean_kw(kwh: float | None, inside: Sequence[Point], says: Sequence[bool | None]) -> float | None:
    """Energy over the time in which the car charged; pauses do not count."""
    steps = zip(pairwise(inside), says, strict=False)
    seconds = sum((b.at - a.at).total_seconds() for (a, b), charges in steps if charges is not False)
    return None if kwh is None or not seconds else round(kwh * 3600 / seconds, 3)


def current_of(inside: Sequence[Point], powers: Sequence[float]) -> str:
    """`ac` where an alternating current was told, `dc` where more power flowed than alternating current gives."""
    if any(point.current_ac for point in inside):
        return "ac"
    return "dc" if max(powers, default=0.0) > AC_MOST_KW else ""


def cell_at(points: Sequence[Point], span: Span) -> str:
    """The H3 cell of resolution 7 in which most readings lie, else where the car last stood; hexadecimal."""
    told = Counter(p.cell for p in points[span.first : span.last + 1] if p.cell is not None)
    if told:
        return cell_of(min(told, key=lambda cell: (-told[cell], cell)))
    for index in range(span.first - 1, -1, -1):
        cell, speed = points[index].cell, points[index].speed
        if cell is not None:
            return cell_of(cell)
        if speed:
            break
    return ""


def full_range(inside: Sequence[Point]) -> float | None:
    """Kilometers at 100 %, by the last reading that tells range and level together."""
    for point in reversed(inside):
        if point.range_km is not None and point.soc is not None and point.soc >= RANGE_PCT:
            return round(point.range_km / point.soc * 100, 1)
    return None


def curve_of(
    inside: Sequence[Point], levels: dict[int, float], first: int
) -> list[tuple[int, float | None, float | None]]:
    """Seconds since the start, the level held so far and the power; thinned evenly, the last always kept."""
    held: float | None = None
    drawn = []
    for index, point in enumerate(inside):
        held = levels.get(first + index, held)
        power = power_of(point)
        if power is not None or first + index in levels:
            drawn.append((int((point.at - inside[0].at).total_seconds()), held, rounded(power)))
    if len(drawn) > CURVE:
        stride = -(-len(drawn) // (CURVE - 1))
        drawn = [*drawn[:-1:stride], drawn[-1]]
    return drawn


def marks_of(inside: Sequence[Point]) -> list[int]:
    """The smallest few hashes of (moment, level, counter, power): a copy under another vehicle has the same."""
    hashes = {
        int.from_bytes(
            blake2b(
                pack("!dddd", p.at.timestamp(), p.soc or -1.0, p.added or -1.0, p.charger_kw or -1.0),
                digest_size=8,
                person=b"charge mark",
            ).digest(),
            "big",
            signed=True,
        )
        for p in inside
        if p.soc is not None or p.added is not None
    }
    return sorted(hashes)[:MARKS]
