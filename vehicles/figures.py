"""What the readings of one drive add up to: length, energy, stops, areas, doubts. Pure: points in, figures out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from struct import pack
from typing import NamedTuple

from vehicles.motion import distance_km
from vehicles.quality import Flag

MOVING_KMH = 3.0
JITTER_KM = 0.05
COUNTED_KM = 0.01  # steps below this are noise of a receiver that stands
STOP = timedelta(seconds=60)
HELD_SECONDS = 60.0  # a rate or a power is believed for so long, then it is not known
MARKS = 8


class Point(NamedTuple):
    """What the cutter looks at, of one message. Positions that are doubted are left out by the caller.

    km/h, km, percent, l, l/h, kWh, °C outside; `power` in W, out of the battery is negative (VSS); `doubts` are bits
    of `Flag`.
    """

    at: datetime
    lat: float | None = None
    lon: float | None = None
    speed: float | None = None
    ignition: bool | None = None
    odometer: float | None = None
    soc: float | None = None
    fuel_used: float | None = None
    fuel_rate: float | None = None
    energy: float | None = None
    power: float | None = None
    celsius: float | None = None
    cell: float | None = None
    doubts: int = 0


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
    energy_kwh: float | None = None
    energy_by: str = ""
    odometer_start_km: float | None = None
    odometer_end_km: float | None = None
    stops: int = 0
    start_cell: int | None = None
    end_cell: int | None = None
    cells: list[int] = field(default_factory=list)
    celsius: float | None = None
    doubts: dict[str, int] = field(default_factory=dict)


def measure(points: Sequence[Point], capacity_kwh: float | None = None) -> Cut:
    """The figures of one drive; `capacity_kwh` of the battery, where it is known, serves the last way to energy."""
    speeds = [point.speed for point in points if point.speed is not None]
    socs = [point.soc for point in points if point.soc is not None]
    soc_used = round(socs[0] - socs[-1], 2) if len(socs) > 1 else None
    odometers = [point.odometer for point in points if point.odometer is not None]
    outside = [point.celsius for point in points if point.celsius is not None]
    areas = [int(point.cell) for point in points if point.cell is not None]
    energy, way = energy_of(points, soc_used, capacity_kwh)
    return Cut(
        started_at=points[0].at,
        ended_at=points[-1].at,
        distance_km=round(length_km(points), 3),
        readings=len(points),
        max_speed_kmh=max(speeds, default=None),
        soc_used_pct=soc_used,
        fuel_used_l=fuel_liters(points),
        marks=marks_of(points),
        energy_kwh=energy,
        energy_by=way,
        odometer_start_km=odometers[0] if odometers else None,
        odometer_end_km=odometers[-1] if odometers else None,
        stops=stops_of(points),
        start_cell=areas[0] if areas else None,
        end_cell=areas[-1] if areas else None,
        cells=sorted(set(areas)),
        celsius=round(sum(outside) / len(outside), 2) if outside else None,
        doubts=doubts_of(points),
    )


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


def stops_of(points: Sequence[Point]) -> int:
    """How often the car stood for a minute or more between two movements; a gap without readings tells no stop."""
    stops, last = 0, -1
    for index, (moves, _) in enumerate(movement(points)):
        if moves:
            stops += last >= 0 and index - last > 1 and points[index].at - points[last].at >= STOP
            last = index
    return stops


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
    """By the counter, else by the rate over time."""
    used = [point.fuel_used for point in points if point.fuel_used is not None]
    if len(used) > 1 and used[-1] >= used[0]:
        return round(used[-1] - used[0], 3)
    rated = [point for point in points if point.fuel_rate is not None]
    if len(rated) < 2:
        return None
    return round(sum((a.fuel_rate or 0.0) * held(a, b) / 3600 for a, b in pairwise(rated)), 3)


def energy_of(points: Sequence[Point], soc_used: float | None, capacity_kwh: float | None) -> tuple[float | None, str]:
    """Energy out of the battery and how it was told: energy content, else power over time, else level and capacity."""
    told = [point.energy for point in points if point.energy is not None]
    if len(told) > 1:
        return round(told[0] - told[-1], 3), "counter"
    powered = [point for point in points if point.power is not None]
    if len(powered) > 1:
        return round(-sum((a.power or 0.0) * held(a, b) for a, b in pairwise(powered)) / 3.6e6, 3), "power"
    if soc_used is not None and capacity_kwh:
        return round(soc_used / 100 * capacity_kwh, 3), "level"
    return None, ""


def held(a: Point, b: Point) -> float:
    """Seconds for which what `a` told is believed to hold."""
    return min((b.at - a.at).total_seconds(), HELD_SECONDS)


def doubts_of(points: Sequence[Point]) -> dict[str, int]:
    """How many messages hold a doubted reading, by the name of the doubt."""
    counts: Counter[int] = Counter(point.doubts for point in points if point.doubts)
    named = {flag.name.lower(): sum(n for bits, n in counts.items() if bits & flag) for flag in Flag if flag.name}
    return {name: n for name, n in named.items() if n}


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
