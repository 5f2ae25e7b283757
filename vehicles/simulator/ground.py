"""What the invented town stands on: bay, river, lake, parks and the names of its quarters. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from math import atan2, cos, hypot, pi, sin
from typing import NamedTuple

Point = tuple[float, float]


class Blob(NamedTuple):
    """A rounded patch: around `center`, about `radius` meters wide, its edge waving by `phase`."""

    name: str
    center: Point
    radius: float
    phase: float

    def reach(self, angle: float) -> float:
        wave = 0.12 * sin(3 * angle + self.phase) + 0.06 * sin(5 * angle + 2 * self.phase)
        return self.radius * (1 + wave)

    def holds(self, point: Point) -> bool:
        x, y = point[0] - self.center[0], point[1] - self.center[1]
        return hypot(x, y) < self.reach(atan2(y, x))

    def outline(self, points: int = 60) -> list[Point]:
        angles = [2 * pi * step / points for step in range(points)] + [0.0]
        return [(self.center[0] + self.reach(a) * cos(a), self.center[1] + self.reach(a) * sin(a)) for a in angles]


BAY = Blob("Sorrel Bay", (6400.0, -6300.0), 4700.0, 0.7)
LAKE = Blob("Tarn Water", (-3900.0, 2900.0), 520.0, 2.1)
PARKS = (
    Blob("Linden Park", (-1500.0, 900.0), 520.0, 0.2),
    Blob("Castle Meadow", (1500.0, 2500.0), 600.0, 1.4),
    Blob("Millwood", (-3300.0, -2500.0), 760.0, 3.0),
    Blob("Eastgate Common", (3700.0, 900.0), 480.0, 4.1),
    Blob("Fennwick Green", (-25_300.0, 2_900.0), 300.0, 5.0),
)
RIVER_NAME, RIVER_WIDTH = "River Wren", 110.0
RIVER: tuple[Point, ...] = tuple(
    (-500.0 + 620 * sin((7600 - y) / 1750) + (7600 - y) * 0.30, float(y)) for y in range(7600, -4200, -300)
)
LABELS: tuple[tuple[str, Point], ...] = (
    ("Northfield", (-700.0, 3700.0)),
    ("University", (2300.0, 3300.0)),
    ("Westwood", (-4300.0, 1100.0)),
    ("Old Town", (300.0, -200.0)),
    ("Eastgate", (4200.0, 1700.0)),
    ("Millbank", (-2500.0, -3300.0)),
    ("Harbor", (1900.0, -2900.0)),
    ("Fennwick", (-25_000.0, 2_300.0)),
)


def is_park(point: Point) -> bool:
    return any(park.holds(point) for park in PARKS)


def is_water(point: Point, *, river: bool = True) -> bool:
    """Whether a point lies in the bay, the lake or, unless `river` is False, the river."""
    if BAY.holds(point) or LAKE.holds(point):
        return True
    return river and min(hypot(point[0] - x, point[1] - y) for x, y in river_steps()) < RIVER_WIDTH * 0.7


def river_steps() -> list[Point]:
    return [(a[0] + (b[0] - a[0]) * k / 3, a[1] + (b[1] - a[1]) * k / 3) for a, b in pairwise(RIVER) for k in range(3)]


def crosses_river(shape: Sequence[Point]) -> bool:
    return any(cross(a, b, c, d) for a, b in pairwise(shape) for c, d in pairwise(RIVER))


def cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments ab and cd cross."""

    def side(p: Point, q: Point, r: Point) -> bool:
        return (r[1] - p[1]) * (q[0] - p[0]) > (q[1] - p[1]) * (r[0] - p[0])

    return side(a, c, d) != side(b, c, d) and side(a, b, c) != side(a, b, d)


def river_outline() -> list[Point]:
    """The river's banks as one ring, from its source to the bay."""
    left, right = [], []
    for at, (x, y) in enumerate(RIVER):
        ahead, behind = RIVER[min(at + 1, len(RIVER) - 1)], RIVER[max(at - 1, 0)]
        dx, dy = ahead[0] - behind[0], ahead[1] - behind[1]
        width = RIVER_WIDTH / 2 * (0.7 + 0.6 * at / len(RIVER)) / hypot(dx, dy)
        left.append((x - dy * width, y + dx * width))
        right.append((x + dy * width, y - dx * width))
    return [*left, *reversed(right), left[0]]


def height(x: float, y: float) -> float:
    """Meters above the sea."""
    return 46 + 26 * sin(x / 2600 + 0.5) + 16 * cos(y / 1900)
