"""How a car moves along a route: speeds that obey limits, corners, lights and what a car can accelerate. Pure."""

from typing import NamedTuple

import numpy as np

from vehicles.simulator.routes import Floats, Route

STEP = 20.0  # meters between points of the speed profile
BRAKING, CREEP = 1.8, 0.6  # m/s²; m/s at which a stop is passed before the wait is added
LIGHTS, WAIT = 0.16, (8.0, 45.0)  # share of junctions that stop a car, seconds


class Drive(NamedTuple):
    """A drive sampled in time: seconds since its start, meters along, position in meters, speed in km/h."""

    seconds: Floats
    along: Floats
    x: Floats
    y: Floats
    speed: Floats
    heading: Floats


def drive(route: Route, *, every: float, pace: float, vigor: float, random: np.random.Generator) -> Drive:
    """Drive a route, sampled each `every` seconds, its end included.

    `pace` scales the limits, `vigor` is the strongest acceleration in m/s². The speed profile keeps
    v² <= v0² + 2·a·s in both directions, which a running minimum of v² - 2·a·s gives without a loop.
    """
    total = float(route.along[-1])
    along = np.linspace(0.0, total, max(8, int(total / STEP) + 1))
    at = np.minimum(np.searchsorted(route.along, along, side="right") - 1, len(route.limit) - 1)
    wanted = route.limit[at] / 3.6 * pace * random.normal(1.0, 0.05, len(along)).clip(0.85, 1.12)
    wanted *= corners(route, along)
    waits = np.zeros(len(along))
    for junction in route.junctions:
        if random.random() < LIGHTS:
            stop = min(int(junction / total * (len(along) - 1)), len(along) - 2)
            wanted[stop], waits[stop] = CREEP, random.uniform(*WAIT)
    wanted[0] = wanted[-1] = CREEP
    squared = reachable(wanted**2, along, vigor)
    speed = np.sqrt(reachable(squared[::-1], (total - along)[::-1], BRAKING)[::-1])
    steps = np.diff(along) / np.maximum((speed[1:] + speed[:-1]) / 2, CREEP)
    seconds = np.concatenate([[0.0], np.cumsum(steps)]) + np.concatenate([[0.0], np.cumsum(waits[:-1])])
    speed[waits > 0] = speed[0] = speed[-1] = 0.0
    # A wait is two points at one place: arriving and leaving.
    twice = 1 + (waits > 0)
    left = np.repeat(seconds, twice)
    left[np.cumsum(twice)[waits > 0] - 1] += waits[waits > 0]
    return sampled(route, np.repeat(along, twice), left, np.repeat(speed, twice), every)


def reachable(squared: Floats, along: Floats, acceleration: float) -> Floats:
    ramp = 2 * acceleration * along
    return np.minimum.accumulate(squared - ramp) + ramp


def corners(route: Route, along: Floats) -> Floats:
    """Slower where the route turns: the share of the limit that is left."""
    dx, dy = np.gradient(np.interp(along, route.along, route.x)), np.gradient(np.interp(along, route.along, route.y))
    turning = np.abs(np.diff(np.unwrap(np.arctan2(dy, dx)), prepend=np.arctan2(dy[0], dx[0])))
    return np.clip(1.0 - 1.1 * turning, 0.35, 1.0)


def sampled(route: Route, along: Floats, seconds: Floats, speed: Floats, every: float) -> Drive:
    times = np.append(np.arange(0.0, seconds[-1] - every / 2, every), seconds[-1])
    meters = np.interp(times, seconds, along)
    kmh = np.interp(times, seconds, speed) * 3.6
    x, y = np.interp(meters, route.along, route.x), np.interp(meters, route.along, route.y)
    ahead = np.minimum(meters + 15.0, route.along[-1])
    behind = ahead - 30.0
    east = np.interp(ahead, route.along, route.x) - np.interp(behind, route.along, route.x)
    north = np.interp(ahead, route.along, route.y) - np.interp(behind, route.along, route.y)
    return Drive(times, meters, x, y, kmh, np.degrees(np.arctan2(east, north)) % 360)
