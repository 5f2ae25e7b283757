"""Whether one drive is another one told again: the same way at the same, shifted, reversed or stretched, moments. Pure.

Two cars on one road share the way and not the timing. So a line `moment of B = stretch × moment of A + shift` is
looked for under which B is where A is; a negative stretch is a drive told backwards. Every car that drives evenly fits
such a line, so the seconds by which it is missed are held against those by which an even speed would miss the way.
"""

from collections.abc import Sequence
from math import cos, radians
from typing import NamedTuple

import numpy as np

from vehicles.movement.shapes import DEGREE_M, Numbers, Run, Track

MOST_STATIONS = 400
STATION_M = 40.0
LEAST_M, LEAST_STATIONS = 500.0, 8
NEAR_M, NEAR_S = 15.0, 1.0  # a copy's noise: a receiver's jitter, and so many seconds at the speed driven
STRETCH = 2.2
LEAST_COMMON, LEAST_UNEVEN = 0.6, 2.0
TOLD_APART, MET, MET_APART = 0.10, 0.85, 0.16
BESIDE_M, MOST_POINTS = 30.0, 2_000
FIFTHS = 0.8
SEED_S = 8.0
SEEDS, REFINED, ROUNDS = 240, 6, 5
Line = tuple[float, float]


class Match(NamedTuple):
    """How well one drive is the other, under the best line of time."""

    stretch: float
    shift: float  # seconds
    met: float  # share of the shorter way on which both were in one place under the line
    common: float  # share of the shorter way that the other drove too, whenever
    missed: float  # seconds: four fifths of the common way are met better than this
    uneven: float  # seconds: what an even speed misses in the same sense
    km: float  # common to both

    @property
    def is_copy(self) -> bool:
        """The bounds lie between blurred copies and honest drives on one road, as measured: docs/movement.md."""
        if self.common < LEAST_COMMON or self.uneven < LEAST_UNEVEN:
            return False
        missed = self.missed / self.uneven
        return missed <= TOLD_APART or (self.met >= MET and missed <= MET_APART)


def stations(track: Track) -> tuple[Numbers, Numbers, Numbers]:
    """Moments and positions at equal steps along the way."""
    step = max(STATION_M, float(track.s[-1]) / MOST_STATIONS)
    marks = np.arange(step / 2, track.s[-1], step)
    t, lat, lon = (np.interp(marks, track.s, column) for column in (track.t, track.lat, track.lon))
    return t, lat, lon


def lines(a: Sequence[Run], b: Sequence[Run]) -> list[Line]:
    """The lines of time under which most common cells agree, best first."""
    where: dict[int, list[float]] = {}
    for run in b:
        where.setdefault(run.cell, []).append(run.middle)
    pairs = np.array([(run.middle, t) for run in a for t in where.get(run.cell, ())])
    if len(pairs) < 2:
        return []
    rng = np.random.default_rng(len(pairs))  # the same drives give the same answer
    one, other = rng.integers(0, len(pairs), (2, SEEDS))
    gap = pairs[other, 0] - pairs[one, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        stretch = (pairs[other, 1] - pairs[one, 1]) / gap
    stretch = np.where(np.abs(stretch - 1) < 0.03, 1.0, np.where(np.abs(stretch + 1) < 0.03, -1.0, stretch))
    usable = (np.abs(gap) > 20) & (np.abs(stretch) < STRETCH) & (np.abs(stretch) > 1 / STRETCH)
    firsts = np.concatenate([pairs[one[usable]], pairs[one], pairs[one]])
    slopes = np.concatenate([stretch[usable], np.ones(SEEDS), -np.ones(SEEDS)])
    shifts = firsts[:, 1] - slopes * firsts[:, 0]
    apart = np.abs(pairs[None, :, 1] - slopes[:, None] * pairs[None, :, 0] - shifts[:, None])
    scores = (apart <= SEED_S).sum(axis=1)
    best: list[Line] = []
    for index in np.argsort(-scores, kind="stable"):
        line = (float(slopes[index]), float(shifts[index]))
        middle = float(pairs[:, 0].mean())
        if all(abs(at(line, middle) - at(known, middle)) > SEED_S or line[0] * known[0] < 0 for known in best):
            best.append(line)
        if len(best) == REFINED:
            break
    return best


def at(line: Line, t: float) -> float:
    return line[0] * t + line[1]


class Compared:
    """Two drives on one plane, meters, moments counted from each one's beginning."""

    def __init__(self, a: Track, b: Track) -> None:
        self.zero_a, self.zero_b = float(a.t[0]), float(b.t[0])
        self.narrow = cos(radians(float(a.lat[0])))
        self.origin = float(a.lat[0]), float(a.lon[0])
        t, lat, lon = stations(a)
        self.t = t - self.zero_a
        self.x, self.y = self.plane(lat, lon)
        self.way, self.way_b = float(a.s[-1]), b.s
        self.tb = b.t - self.zero_b
        self.xb, self.yb = self.plane(b.lat, b.lon)

    def plane(self, lat: Numbers, lon: Numbers) -> tuple[Numbers, Numbers]:
        return (lon - self.origin[1]) * DEGREE_M * self.narrow, (lat - self.origin[0]) * DEGREE_M

    def off(self, line: Line) -> tuple[Numbers, Numbers, Numbers]:
        """Of each station: how far B is from there, by how many seconds, and how far it may be."""
        tau = line[0] * self.t + line[1]
        x, y = np.interp(tau, self.tb, self.xb), np.interp(tau, self.tb, self.yb)
        ahead = tau + 1.0
        vx, vy = np.interp(ahead, self.tb, self.xb) - x, np.interp(ahead, self.tb, self.yb) - y
        dx, dy = self.x - x, self.y - y
        speed2 = np.maximum(vx * vx + vy * vy, 1.0)
        far = np.hypot(dx, dy)
        outside = (tau < self.tb[0]) | (tau > self.tb[-1])
        return np.where(outside, np.inf, far), (dx * vx + dy * vy) / speed2, NEAR_M + NEAR_S * np.hypot(vx, vy)

    def refined(self, line: Line) -> tuple[Line, "np.ndarray[tuple[int], np.dtype[np.bool_]]"]:
        """The line moved to where most stations agree."""
        wide = 6.0
        for _ in range(ROUNDS):
            far, late, limit = self.off(line)
            near = far <= limit * wide
            if near.sum() < 3:
                break
            target = line[0] * self.t[near] + line[1] + np.clip(late[near], -15, 15)
            if np.ptp(self.t[near]) > 30:
                slope, shift = np.polyfit(self.t[near], target, 1)
                line = (float(slope), float(shift))
            else:
                line = (line[0], line[1] + float(np.median(late[near])))
            wide = max(1.2, wide / 1.8)
        far, _, limit = self.off(line)
        return line, far <= limit

    def timing(self, line: Line) -> tuple[float, float, float, float]:
        """The share of stations on B's way, by how many seconds the line and an even speed miss, and the slope."""
        s = np.arange(0.0, self.way_b[-1], max(STATION_M / 2, float(self.way_b[-1]) / MOST_POINTS))
        x, y, t = (np.interp(s, self.way_b, column) for column in (self.xb, self.yb, self.tb))
        far = np.hypot(self.x[:, None] - x[None], self.y[:, None] - y[None])
        gap = np.where(far <= BESIDE_M, np.abs(t[None] - at(line, 0.0) - line[0] * self.t[:, None]), np.inf)
        soonest = gap.min(axis=1)
        nearest = np.where(gap <= soonest[:, None] + 10.0, far, np.inf).argmin(axis=1)
        on = np.isfinite(soonest)
        if on.sum() < LEAST_STATIONS:
            return 0.0, np.inf, 0.0, line[0]
        slope, missed = straight(self.t[on], t[nearest[on]])
        order = np.flatnonzero(on).astype(float)
        uneven = min(straight(order, self.t[on])[1] * abs(slope), straight(order, t[nearest[on]])[1])
        return float(on.mean()), missed, uneven, slope


def straight(x: Numbers, y: Numbers) -> tuple[float, float]:
    """The slope of a line through four fifths of the points, and how far the fifth farthest of them lies off."""
    kept = np.ones(len(x), dtype=bool)
    for _ in range(ROUNDS):
        slope, shift = np.polyfit(x[kept], y[kept], 1)
        off = np.abs(y - slope * x - shift)
        bound = float(np.quantile(off, FIFTHS))
        kept = off <= max(bound, 0.05)
    return float(slope), bound


def match(a: Track, b: Track, runs_a: Sequence[Run], runs_b: Sequence[Run]) -> Match | None:
    """The best line of time between two drives; None where they share less than half a kilometer."""
    if len(a.t) < 3 or len(b.t) < 3:
        return None
    if a.s[-1] > b.s[-1]:  # the shorter is looked for in the longer
        a, b, runs_a, runs_b = b, a, runs_b, runs_a
    pair = Compared(a, b)
    best: tuple[float, Line] | None = None
    for slope, shift in lines(runs_a, runs_b):
        line, good = pair.refined((slope, shift + slope * pair.zero_a - pair.zero_b))
        if 1 / STRETCH < abs(line[0]) < STRETCH and (best is None or good.mean() > best[0]):
            best = float(good.mean()), line
    if best is None:
        return None
    met, line = best
    common, missed, uneven, slope = pair.timing(line)
    km = common * pair.way / 1000
    if km * 1000 < LEAST_M or not 1 / STRETCH < abs(slope) < STRETCH:
        return None
    return Match(slope, line[1] + pair.zero_b - line[0] * pair.zero_a, met, common, missed, uneven, km)
