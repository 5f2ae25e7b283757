"""Where one source's readings become drives. Pure: points in, cuts out.

A gap of five minutes ends a drive, and so does a stop of five minutes or an ignition that goes off. Movement is a
speed, or, where no speed is told, a position that leaves a circle wider than a receiver's jitter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from struct import pack
from typing import NamedTuple

from vehicles.motion import distance_km

GAP = timedelta(seconds=300)
MARGIN = timedelta(seconds=60)  # standing still just before and after belongs to the drive
MOVING_KMH = 3.0
JITTER_KM = 0.05
COUNTED_KM = 0.01  # steps below this are noise of a receiver that stands
LEAST_KM, LEAST_TIME = 0.3, timedelta(seconds=60)
MARKS = 8
EQUAL_SHARE = 0.95


class Point(NamedTuple):
    """What the cutter looks at, of one message. Positions that are doubted are left out by the caller."""

    at: datetime
    lat: float | None = None
    lon: float | None = None
    speed: float | None = None
    ignition: bool | None = None
    odometer: float | None = None
    soc: float | None = None
    fuel_used: float | None = None
    fuel_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """One drive: from its first to its last reading, both included."""

    started_at: datetime
    ended_at: datetime
    distance_km: float
    readings: int
    max_speed_kmh: float | None
    soc_used_pct: float | None
    fuel_used_l: float | None
    marks: list[int]


def cut(points: Sequence[Point]) -> list[Cut]:
    """The drives in ordered points of one source; cutting again gives the same."""
    cuts: list[Cut] = []
    for stretch in stretches(points):
        runs = list(drives(stretch))
        for number, (first, last) in enumerate(runs):
            low = runs[number - 1][1] + 1 if number else 0
            high = runs[number + 1][0] - 1 if number + 1 < len(runs) else len(stretch) - 1
            measured = measure(stretch[widen(stretch, first, low, -1) : widen(stretch, last, high, 1) + 1])
            if measured.distance_km >= LEAST_KM and measured.ended_at - measured.started_at >= LEAST_TIME:
                cuts.append(measured)
    return cuts


def stretches(points: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """Parts without a gap."""
    begin = 0
    for index in range(1, len(points) + 1):
        if index == len(points) or points[index].at - points[index - 1].at > GAP:
            if index > begin:
                yield points[begin:index]
            begin = index


def movement(stretch: Sequence[Point]) -> Iterator[tuple[bool, bool]]:
    """Per point: whether the car moves, and whether its ignition is known to be off."""
    anchor: Point | None = None
    ignition: bool | None = None
    for point in stretch:
        ignition = point.ignition if point.ignition is not None else ignition
        moves = point.speed is not None and point.speed >= MOVING_KMH
        if point.lat is not None and point.lon is not None:
            if anchor is None or moves:
                anchor = point
            elif point.speed is None and left_circle(anchor, point):
                moves, anchor = True, point
        yield moves and ignition is not False, ignition is False


def left_circle(anchor: Point, point: Point) -> bool:
    return distance_km(anchor.lat or 0.0, anchor.lon or 0.0, point.lat or 0.0, point.lon or 0.0) > JITTER_KM


def drives(stretch: Sequence[Point]) -> Iterator[tuple[int, int]]:
    """Index pairs of first and last moving point, split by long stops and by the ignition."""
    first = last = -1
    switched_off = False
    for index, (moves, off) in enumerate(movement(stretch)):
        switched_off = switched_off or off
        if not moves:
            continue
        if first >= 0 and (switched_off or stretch[index].at - stretch[last].at > GAP):
            yield first, last
            first = -1
        first = index if first < 0 else first
        last, switched_off = index, False
    if first >= 0:
        yield first, last


def widen(stretch: Sequence[Point], index: int, limit: int, step: int) -> int:
    """Move an end outward over standing readings, for a minute at most and never into another drive."""
    end = index
    while end != limit and abs(stretch[end + step].at - stretch[index].at) <= MARGIN:
        end += step
    return end


def measure(points: Sequence[Point]) -> Cut:
    speeds = [point.speed for point in points if point.speed is not None]
    socs = [point.soc for point in points if point.soc is not None]
    return Cut(
        started_at=points[0].at,
        ended_at=points[-1].at,
        distance_km=round(length_km(points), 3),
        readings=len(points),
        max_speed_kmh=max(speeds, default=None),
        soc_used_pct=round(socs[0] - socs[-1], 2) if len(socs) > 1 else None,
        fuel_used_l=fuel_liters(points),
        marks=marks_of(points),
    )


def length_km(points: Sequence[Point]) -> float:
    """By positions, else by the odometer, else by speed and time."""
    fixes = [point for point in points if point.lat is not None and point.lon is not None]
    if len(fixes) > 1:
        total, base = 0.0, fixes[0]
        for fix in fixes[1:]:
            step = distance_km(base.lat or 0.0, base.lon or 0.0, fix.lat or 0.0, fix.lon or 0.0)
            if step >= COUNTED_KM:
                total, base = total + step, fix
        return total
    readings = [point.odometer for point in points if point.odometer is not None]
    if len(readings) > 1 and readings[-1] > readings[0]:
        return readings[-1] - readings[0]
    return sum((a.speed or 0.0) * (b.at - a.at).total_seconds() / 3600 for a, b in pairwise(points))


def fuel_liters(points: Sequence[Point]) -> float | None:
    used = [point.fuel_used for point in points if point.fuel_used is not None]
    if len(used) > 1 and used[-1] >= used[0]:
        return round(used[-1] - used[0], 3)
    rated = [point for point in points if point.fuel_rate is not None]
    if len(rated) < 2:
        return None
    return round(
        sum((a.fuel_rate or 0.0) * min((b.at - a.at).total_seconds(), 60) / 3600 for a, b in pairwise(rated)), 3
    )


def place_marks(points: Sequence[Point]) -> set[int]:
    """One number per (moment, position); equal points have equal numbers in whichever trip they are."""
    return {
        int.from_bytes(
            blake2b(pack("!ddd", p.at.timestamp(), p.lat, p.lon), digest_size=8, person=b"trip mark").digest(),
            "big",
            signed=True,
        )
        for p in points
        if p.lat is not None and p.lon is not None
    }


def marks_of(points: Sequence[Point]) -> list[int]:
    """The smallest few: two trips of nearly the same points share some of them."""
    return sorted(place_marks(points))[:MARKS]


def is_copy(later: set[int], earlier: set[int]) -> bool:
    """Whether nearly every point of the later trip was in the earlier one."""
    return bool(later) and len(later & earlier) >= EQUAL_SHARE * len(later)
