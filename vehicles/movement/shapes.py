"""What of a drive is found again when somebody shifts, blurs, reverses, stretches or trims it. Pure.

A drive's prints are 64-bit hashes for an index of arrays: two drives that share some are compared exactly by
`matching`. Three neighboring H3 cells of resolution 10 (about 130 m across) and how the speed changed from one to the
next make a print: no moment and no direction is in it, and a constant factor on the speed cancels. Stretches at one
even speed make none, since everybody drives them so.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from math import cos, floor, hypot, log, radians
from struct import pack
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from h3.api import basic_int

Numbers = npt.NDArray[np.float64]

DEGREE_M = 111_195.0
STEP_M = 25.0  # a shorter step may be the receiver's noise, so time passes without way
DENSE_M = 20.0
RESOLUTION = 10
RUN_M = 60.0  # a shorter visit of a cell cuts its corner
BIN = 0.4  # of the logarithm of a ratio of speeds
EVEN = 0.15
MOST_PRINTS = 512
PLACES = 8  # hashes of exact positions, for drives too even to be told by their timing
LEAST_PLACES = 20  # fewer equal positions are a parking lot


class Fix(NamedTuple):
    """A position that is not doubted; `t` in seconds."""

    t: float
    lat: float
    lon: float


class Track(NamedTuple):
    """A drive's fixes as columns, in order of time, steps of less than 25 m taken together."""

    t: Numbers
    lat: Numbers
    lon: Numbers
    s: Numbers  # meters driven


class Run(NamedTuple):
    """A stay in one cell."""

    cell: int
    middle: float  # seconds
    speed: float  # meters per second


def track_of(fixes: Sequence[Fix]) -> Track:
    """A drive's way, rid of a standing receiver's wandering."""
    kept: list[tuple[float, float, float, float]] = []
    way = 0.0
    for fix in fixes:
        if kept:
            _, lat, lon, _ = kept[-1]
            step = hypot((fix.lat - lat) * DEGREE_M, (fix.lon - lon) * DEGREE_M * cos(radians(lat)))
            if step < STEP_M or fix.t <= kept[-1][0]:
                continue
            way += step
        kept.append((fix.t, fix.lat, fix.lon, way))
    columns = np.array(kept, dtype=float).reshape(-1, 4).T
    return Track(*columns)


def runs(track: Track) -> list[Run]:
    """The cells that a drive crossed, without those whose corner it only cut."""
    if len(track.t) < 2:
        return []
    marks = np.arange(0.0, track.s[-1], DENSE_M)
    lat, lon, t = (np.interp(marks, track.s, column) for column in (track.lat, track.lon, track.t))
    cells = [basic_int.latlng_to_cell(a, b, RESOLUTION) for a, b in zip(lat.tolist(), lon.tolist(), strict=True)]
    bounds = [0, *(i for i in range(1, len(cells)) if cells[i] != cells[i - 1]), len(cells)]
    found = []
    for first, end in pairwise(bounds):
        if (end - first) * DENSE_M < RUN_M:
            continue
        until = t[end] if end < len(cells) else track.t[-1]
        seconds = max(float(until - t[first]), 0.1)
        found.append(Run(cells[first], float(t[first] + until) / 2, (end - first) * DENSE_M / seconds))
    return found


def ratios(stays: Sequence[Run]) -> Iterator[tuple[int, int, int, float, float]]:
    """Three neighboring cells, always told from the same end, and how speeds change around the middle one."""
    for a, b, c in zip(stays, stays[1:], stays[2:], strict=False):
        if a.cell > c.cell:
            a, c = c, a
        first, second = log(a.speed / b.speed), log(c.speed / b.speed)
        if abs(first) >= EVEN or abs(second) >= EVEN:
            yield a.cell, b.cell, c.cell, first, second


def hashed(*parts: int) -> int:
    return int.from_bytes(blake2b(pack(f"!{len(parts)}q", *parts), digest_size=8).digest(), "big", signed=True)


def place_prints(fixes: Sequence[Fix]) -> list[int]:
    """Of exact positions without their moments: the smallest few."""
    places = {pack("!dd", fix.lat, fix.lon) for fix in fixes}
    digests = (blake2b(place, digest_size=8, person=b"place").digest() for place in places)
    return sorted(int.from_bytes(digest, "big", signed=True) for digest in digests)[:PLACES]


def prints(track: Track, fixes: Sequence[Fix]) -> list[int]:
    """What is kept in the index of a drive, at most 520 numbers."""
    found = {hashed(a, b, c, floor(first / BIN), floor(second / BIN)) for a, b, c, first, second in ratios(runs(track))}
    return sorted(found)[:MOST_PRINTS] + place_prints(fixes)


def probes(track: Track, fixes: Sequence[Fix]) -> list[int]:
    """What is looked for: the prints, and those beside them where a ratio lies near the edge of its bin."""
    found: set[int] = set()
    for a, b, c, first, second in ratios(runs(track)):
        for one in beside(first):
            found |= {hashed(a, b, c, one, other) for other in beside(second)}
    return sorted(found)[: 4 * MOST_PRINTS] + place_prints(fixes)


def beside(ratio: float) -> tuple[int, int]:
    """The bin of a ratio and the nearer neighbor."""
    exact = ratio / BIN
    bin_ = floor(exact)
    return bin_, bin_ + (1 if exact - bin_ > 0.5 else -1)


def same_places(fixes: Sequence[Fix], others: Sequence[Fix]) -> float:
    """The share of the shorter drive's distinct positions, exact to the last bit, that the other has too."""
    mine, theirs = ({(fix.lat, fix.lon) for fix in side} for side in (fixes, others))
    least = min(len(mine), len(theirs))
    return len(mine & theirs) / least if least >= LEAST_PLACES else 0.0
