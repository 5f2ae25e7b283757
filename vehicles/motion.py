"""Doubts that arise from how one source's readings follow each other. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from vehicles.signals import LATITUDE, LONGITUDE, ODOMETER, SPEED

TELEPORT, FALSE_ODOMETER, DISAGREE, FROZEN = 2, 4, 8, 16  # bits of quality.Flag
EARTH_DIAMETER_KM = 12_742.0
MAX_KMH = 250.0
ODOMETER_STEP_KM = 1.0  # whole kilometers: one step may show at once
DISAGREE_KMH = 40.0
ALIGNED_SECONDS = 10.0
FROZEN_SECONDS, FROZEN_KMH = 60.0, 10.0
AGREEING = 3  # so many readings that agree with each other outvote the one they all contradict


def distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance (haversine, mean radius)."""
    a = sin(radians(lat2 - lat1) / 2) ** 2
    a += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return EARTH_DIAMETER_KM * asin(sqrt(min(1.0, a)))


class Fix(NamedTuple):
    t: float
    lat: float
    lon: float


class Mark(NamedTuple):
    """An odometer reading."""

    t: float
    km: float


def reachable(a: Fix, b: Fix) -> bool:
    """Whether a car gets from one fix to the next; below a second the receiver's own noise decides, so no less."""
    seconds = max(b.t - a.t, 1.0)
    return distance_km(a.lat, a.lon, b.lat, b.lon) <= MAX_KMH * seconds / 3600


def plausible(a: Mark, b: Mark) -> bool:
    """Whether an odometer gets from one reading to the next."""
    return 0 <= b.km - a.km <= MAX_KMH * (b.t - a.t) / 3600 + ODOMETER_STEP_KM


@dataclass(slots=True)
class Track:
    """What is remembered of a source while its readings pass in order."""

    fix: Fix | None = None
    odometer: Mark | None = None
    suspects: list[Fix] = field(default_factory=list)
    odd: list[Mark] = field(default_factory=list)
    speeds: list[tuple[float, float]] = field(default_factory=list)
    still_since: float | None = None
    last: Fix | None = None

    def step(self, ts: datetime, values: Mapping[int, float]) -> list[tuple[int, int]]:
        """The doubts about this moment's readings as (signal, flag bits)."""
        doubts: list[tuple[int, int]] = []
        t = ts.timestamp()
        speed = values.get(SPEED)
        self.hear(t, speed)
        if ODOMETER in values and not self.odometer_believed(Mark(t, values[ODOMETER])):
            doubts.append((ODOMETER, FALSE_ODOMETER))
        if LATITUDE in values and LONGITUDE in values:
            doubts += self.doubts_of_fix(Fix(t, values[LATITUDE], values[LONGITUDE]), speed)
        return doubts

    def hear(self, t: float, speed: float | None) -> None:
        """Remember a speed, and forget those that no later fix is compared with."""
        if speed is not None:
            self.speeds.append((t, speed))
        if self.speeds and self.speeds[0][0] < t - 60 - ALIGNED_SECONDS:
            self.speeds = [told for told in self.speeds if told[0] >= t - 30 - ALIGNED_SECONDS]

    def doubts_of_fix(self, fix: Fix, speed: float | None) -> list[tuple[int, int]]:
        bits = FROZEN if self.frozen(fix) else 0
        base = self.fix
        if not self.fix_believed(fix):
            bits |= TELEPORT
        doubts = [(LATITUDE, bits), (LONGITUDE, bits)] if bits else []
        if speed is not None and not bits and base is not None and self.disagrees(base, fix):
            doubts.append((SPEED, DISAGREE))
        self.last = fix
        return doubts

    def fix_believed(self, fix: Fix) -> bool:
        """False for a jump; after several fixes that agree with each other elsewhere, elsewhere is believed."""
        if self.fix is None or reachable(self.fix, fix):
            self.fix = fix
            self.suspects.clear()
            return True
        if self.suspects and not reachable(self.suspects[-1], fix):
            self.suspects.clear()
        self.suspects.append(fix)
        if len(self.suspects) > AGREEING:
            self.fix = fix
            self.suspects.clear()
            return True
        return False

    def odometer_believed(self, mark: Mark) -> bool:
        """False when it falls or races; a new instrument is believed after several readings that agree."""
        if self.odometer is None or plausible(self.odometer, mark):
            self.odometer = mark
            self.odd.clear()
            return True
        if self.odd and not plausible(self.odd[-1], mark):
            self.odd.clear()
        self.odd.append(mark)
        if len(self.odd) > AGREEING:
            self.odometer = mark
            self.odd.clear()
            return True
        return False

    def disagrees(self, base: Fix, fix: Fix) -> bool:
        """The speed between two fixes is far from every speed told shortly before or meanwhile."""
        seconds = fix.t - base.t
        if not 1.0 <= seconds <= 30.0:
            return False
        implied = distance_km(base.lat, base.lon, fix.lat, fix.lon) / seconds * 3600
        since = base.t - ALIGNED_SECONDS
        for t, kmh in reversed(self.speeds):  # in order of time, so the nearest come first
            if t < since:
                break
            if abs(kmh - implied) <= DISAGREE_KMH:
                return False
        return True

    def frozen(self, fix: Fix) -> bool:
        """The position has stood for a minute while the car drives."""
        drives = bool(self.speeds) and self.speeds[-1][0] >= fix.t - ALIGNED_SECONDS and self.speeds[-1][1] > FROZEN_KMH
        if not drives or self.last is None or (self.last.lat, self.last.lon) != (fix.lat, fix.lon):
            self.still_since = None
            return False
        if self.still_since is None:
            self.still_since = self.last.t
        return fix.t - self.still_since >= FROZEN_SECONDS
