"""The town of Sorrel Bay: an invented road graph. Pure, and the same in every process.

Coordinates are meters east and north of ORIGIN until `degrees` makes latitude and longitude of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from math import cos, hypot, pi, radians, sin
from random import Random
from typing import NamedTuple

from vehicles.simulator import ground

ORIGIN = (47.20, -28.40)
METERS_PER_DEGREE = 111_320.0
SEED = 1717
COLUMNS, ROWS, BLOCK = 30, 26, 380.0
GAPS = 0.2  # of the small streets are missing, so that blocks differ
LIMITS = {"minor": 30.0, "mid": 50.0, "major": 60.0, "motorway": 110.0}  # km/h

Point = tuple[float, float]


class Edge(NamedTuple):
    """A stretch of road between two junctions, with the points between them; `line` is the road it is part of."""

    start: int
    end: int
    kind: str
    shape: tuple[Point, ...]
    line: str


@dataclass(slots=True)
class Town:
    """Junctions, stretches, and who neighbors whom: `near[junction]` are (other junction, stretch) pairs."""

    nodes: list[Point] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    near: list[list[tuple[int, int]]] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)

    def add_node(self, point: Point) -> int:
        self.nodes.append(point)
        self.near.append([])
        return len(self.nodes) - 1

    def add_edge(self, start: int, end: int, kind: str, line: str, between: tuple[Point, ...] = ()) -> None:
        shape = (self.nodes[start], *between, self.nodes[end])
        self.near[start].append((end, len(self.edges)))
        self.near[end].append((start, len(self.edges)))
        self.edges.append(Edge(start, end, kind, shape, line))

    def nearest(self, point: Point, among: Iterator[int] | None = None) -> int:
        among = iter(range(len(self.nodes))) if among is None else among
        return min(among, key=lambda node: hypot(self.nodes[node][0] - point[0], self.nodes[node][1] - point[1]))


def degrees(point: Point) -> Point:
    """Latitude and longitude of a point in meters."""
    x, y = point
    return ORIGIN[0] + y / METERS_PER_DEGREE, ORIGIN[1] + x / (METERS_PER_DEGREE * cos(radians(ORIGIN[0])))


def bent(x: float, y: float) -> Point:
    """Streets follow the ground: a straight grid, gently bent."""
    return (
        x + 190 * sin(y / 1900 + 1.3) + 90 * sin((x + y) / 1100),
        y + 170 * sin(x / 2100 + 0.4) + 70 * sin((x - y) / 1300),
    )


def kind_of(index: int) -> str:
    return "major" if index % 6 == 3 else "mid" if index % 3 == 0 else "minor"


@cache
def town() -> Town:
    """The whole road graph: a city, a ring motorway, and the small town at the motorway's other end."""
    whole = Town()
    random = Random(SEED)  # noqa: S311 - scenery, not a secret
    city = add_grid(whole, random, center=(0.0, 0.0), columns=COLUMNS, rows=ROWS, name="c", within=(5600.0, 4700.0))
    small = add_grid(whole, random, center=(-25_000.0, 2_500.0), columns=11, rows=9, name="f", within=(2100.0, 1700.0))
    add_motorway(whole, city, small)
    whole = connected(whole)
    name_places(whole)
    return whole


def add_grid(
    whole: Town, random: Random, *, center: Point, columns: int, rows: int, name: str, within: Point
) -> dict[int, str]:
    """Streets over the dry ground of an ellipse; the kind of road at each new junction."""
    xs, ys = offsets(random, columns), offsets(random, rows)
    flat = {
        (i, j): (center[0] + x, center[1] + y)
        for i, x in enumerate(xs)
        for j, y in enumerate(ys)
        if hypot(x / within[0], y / within[1]) < 1 + random.uniform(-0.08, 0.06)
    }
    nodes = {at: whole.add_node(bent(*point)) for at, point in flat.items() if not ground.is_water(bent(*point))}
    for (i, j), node in nodes.items():
        for other, kind, line in (((i + 1, j), kind_of(j), f"{name}r{j}"), ((i, j + 1), kind_of(i), f"{name}c{i}")):
            if other not in nodes or (kind == "minor" and random.random() < GAPS):
                continue
            a, b = flat[i, j], flat[other]
            between = tuple(bent(a[0] + (b[0] - a[0]) * k / 4, a[1] + (b[1] - a[1]) * k / 4) for k in (1, 2, 3))
            if passable(kind, (whole.nodes[node], *between, whole.nodes[nodes[other]])):
                whole.add_edge(node, nodes[other], kind, line, between)
    return {node: min(kind_of(i), kind_of(j), key=["major", "mid", "minor"].index) for (i, j), node in nodes.items()}


def offsets(random: Random, count: int) -> list[float]:
    at = [0.0]
    for _ in range(count - 1):
        at.append(at[-1] + BLOCK * random.uniform(0.8, 1.2))
    return [value - at[-1] / 2 for value in at]


def passable(kind: str, shape: tuple[Point, ...]) -> bool:
    """Small streets end at the river and at parks; larger roads have bridges and go through."""
    if any(ground.is_water(point, river=False) for point in shape):
        return False
    return kind != "minor" or not (ground.crosses_river(shape) or any(map(ground.is_park, shape)))


def add_motorway(whole: Town, city: dict[int, str], small: dict[int, str]) -> None:
    """A ring with an opening at the bay, ramps to the city's main roads, and a branch to the small town."""
    majors = [node for node, kind in city.items() if kind == "major" and len(whole.near[node]) > 1]
    ring: list[int] = []
    for step in range(41):
        angle = radians(2 + 7 * step)
        ring.append(whole.add_node((6700 * cos(angle), 5800 * sin(angle))))
        if step:
            middle = angle - radians(3.5)
            whole.add_edge(ring[-2], ring[-1], "motorway", "ring", ((6700 * cos(middle), 5800 * sin(middle)),))
        if step % 5 == 0:
            whole.add_edge(ring[-1], whole.nearest(whole.nodes[ring[-1]], iter(majors)), "major", f"ramp{step}")
    last = ring[25]
    for step in range(1, 25):
        x = -6700 - step * 660
        node = whole.add_node((x, -300 + 2800 * (step / 24) ** 2 + 500 * sin(step * pi / 12)))
        whole.add_edge(last, node, "motorway", "west")
        last = node
    main = [node for node, kind in small.items() if kind != "minor" and len(whole.near[node]) > 1]
    whole.add_edge(last, whole.nearest(whole.nodes[last], iter(main)), "major", "west ramp")


def connected(whole: Town) -> Town:
    """The largest part in which every junction is reached from every other."""
    best: set[int] = set()
    left = set(range(len(whole.nodes)))
    while left:
        part, frontier = set(), [min(left)]
        while frontier:
            node = frontier.pop()
            if node not in part:
                part.add(node)
                frontier += [other for other, _ in whole.near[node]]
        left -= part
        best = max(best, part, key=len)
    kept = Town()
    renamed = {node: kept.add_node(whole.nodes[node]) for node in sorted(best)}
    for edge in whole.edges:
        if edge.start in renamed:
            kept.add_edge(renamed[edge.start], renamed[edge.end], edge.kind, edge.line, edge.shape[1:-1])
    return kept


def name_places(whole: Town) -> None:
    """Junctions by what is there: homes on small streets, work in the center and at the harbor, errands everywhere."""
    for node, point in enumerate(whole.nodes):
        kinds = {whole.edges[edge].kind for _, edge in whole.near[node]}
        if "motorway" in kinds:
            continue
        away = hypot(point[0] - 300, point[1] + 200)
        if point[0] < -20_000:
            whole.places.setdefault("far", []).append(node)
        elif away < 1700 or hypot(point[0] - 1900, point[1] + 2900) < 1100:
            whole.places.setdefault("work", []).append(node)
        elif kinds == {"minor"} and away > 2200:
            whole.places.setdefault("home", []).append(node)
        elif "minor" not in kinds or node % 5 == 0:
            whole.places.setdefault("errand", []).append(node)
