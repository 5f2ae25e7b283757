"""The quickest way from one junction to another. Pure."""

from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from math import hypot
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vehicles.simulator.town import LIMITS, Edge, Point, town

Floats = NDArray[np.float64]


class Route(NamedTuple):
    """Points of a route: meters along it, east and north, the limit (km/h) from there, and where junctions are."""

    along: Floats
    x: Floats
    y: Floats
    limit: Floats
    junctions: Floats


def length(edge: Edge) -> float:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(edge.shape))


@lru_cache(maxsize=1)
def minutes() -> tuple[float, ...]:
    """Driving time of each stretch, a moment for its junction included."""
    return tuple(length(edge) / 1000 / LIMITS[edge.kind] * 60 + 0.1 for edge in town().edges)


@lru_cache(maxsize=512)
def ways_to(goal: int) -> tuple[int, ...]:
    """For every junction the next stretch on the quickest way to `goal`; -1 at the goal itself."""
    graph, cost = town(), minutes()
    best = [float("inf")] * len(graph.nodes)
    ahead = [-1] * len(graph.nodes)
    best[goal] = 0.0
    queue = [(0.0, goal)]
    while queue:
        spent, node = heappop(queue)
        if spent > best[node]:
            continue
        for other, edge in graph.near[node]:
            total = spent + cost[edge]
            if total < best[other]:
                best[other], ahead[other] = total, edge
                heappush(queue, (total, other))
    return tuple(ahead)


@lru_cache(maxsize=4096)
def route(start: int, goal: int) -> Route:
    """The quickest route; `start` and `goal` must differ."""
    graph, ahead = town(), ways_to(goal)
    points: list[Point] = [graph.nodes[start]]
    limits: list[float] = []
    junctions: list[int] = []
    node = start
    while node != goal:
        edge = graph.edges[ahead[node]]
        shape = edge.shape if edge.start == node else edge.shape[::-1]
        points += shape[1:]
        limits += [LIMITS[edge.kind]] * (len(shape) - 1)
        node = edge.end if edge.start == node else edge.start
        junctions.append(len(points) - 1)
    xy = np.array(points)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return Route(along, xy[:, 0], xy[:, 1], np.array([*limits, limits[-1]]), along[junctions[:-1]])
