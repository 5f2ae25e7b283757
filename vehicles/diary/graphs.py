"""One small graph for each thing that a drive measured, on one axis of time; gaps stay gaps. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

MOST: Final = 1_200  # points of a graph: more than a screen has columns
LEAST_GAP: Final = 60.0
ROWS: Final = 24
BANDS: Final = (3.0, 30.0, 50.0, 80.0, 100.0, 130.0)
Curve = list[tuple[float, float | None]]


class Kind(NamedTuple):
    """Which signal a graph draws, and how: `scale` turns its unit into the one shown."""

    signal: int
    key: str
    unit: str
    digits: int = 0
    scale: float = 1.0
    from_zero: bool = False


KINDS: Final = (
    Kind(6, "speed", "km/h", 0, from_zero=True),
    Kind(47, "power", "kW", 1, -0.001),  # VSS counts what leaves the battery as negative
    Kind(43, "battery", "%", 1),
    Kind(21, "fuel_rate", "l/h", 1, from_zero=True),
    Kind(18, "fuel", "%", 1),
    Kind(22, "engine", "rpm", 0, from_zero=True),
    Kind(4, "elevation", "m", 0),
    Kind(37, "outside", "°C", 1),
    Kind(49, "battery_heat", "°C", 1),
)


@dataclass(frozen=True, slots=True)
class Graph:
    """A curve of (unix seconds, value or None where nothing was measured)."""

    kind: Kind
    points: Curve

    @property
    def low(self) -> float:
        return min(value for _, value in self.points if value is not None)

    @property
    def high(self) -> float:
        return max(value for _, value in self.points if value is not None)


def graphs(told: Mapping[int, Sequence[tuple[float, float]]]) -> list[Graph]:
    """Graphs of what was measured, from signal -> (unix seconds, value) in order; a lone reading draws nothing."""
    return [
        Graph(kind, curve([(at, round(value * kind.scale, 2)) for at, value in told[kind.signal]]))
        for kind in KINDS
        if len(told.get(kind.signal, ())) > 1
    ]


def curve(points: Sequence[tuple[float, float]]) -> Curve:
    """Points, or means of equal stretches where there are too many, with None in each gap."""
    gap = gap_of([at for at, _ in points])
    width = (points[-1][0] - points[0][0]) / MOST
    found: Curve = []
    for at, value in binned(points, width) if len(points) > MOST else points:
        if found and at - found[-1][0] > max(gap, 2 * width):
            found.append((found[-1][0] + 0.001, None))
        found.append((at, value))
    return found


def gap_of(moments: Sequence[float]) -> float:
    """Beyond how many seconds without a reading nothing is known: four of the usual steps, a minute at least."""
    steps = [b - a for a, b in pairwise(moments)]
    return max(LEAST_GAP, 4 * median(steps)) if steps else LEAST_GAP


def binned(points: Sequence[tuple[float, float]], width: float) -> list[tuple[float, float]]:
    """Means of the readings in each stretch of `width` seconds, at the first one's moment."""
    bins: dict[int, list[tuple[float, float]]] = {}
    for at, value in points:
        bins.setdefault(int((at - points[0][0]) / width), []).append((at, value))
    return [(part[0][0], round(sum(value for _, value in part) / len(part), 2)) for part in bins.values()]


def shares(speeds: Sequence[tuple[float, float]]) -> list[tuple[float, float | None, float]]:
    """How much of the measured time lay in each band of speed: (from, to, share of 100); `[]` where none is known."""
    gap = gap_of([at for at, _ in speeds])
    seconds = [0.0] * (len(BANDS) + 1)
    for (at, value), (then, _) in pairwise(speeds):
        if then - at <= gap:
            seconds[bisect_right(BANDS, value)] += then - at
    whole = sum(seconds)
    edges = [0.0, *BANDS, None]
    found = [(edges[n] or 0.0, edges[n + 1], 100 * part / whole) for n, part in enumerate(seconds) if whole]
    while found and not found[-1][2]:
        found.pop()
    return found


def table(drawn: Sequence[Graph], since: float, until: float) -> list[tuple[float, list[float | None]]]:
    """The same as rows: the mean of each graph in equal stretches of time, None where nothing was measured."""
    width = max(1.0, (until - since) / ROWS)
    rows: dict[int, list[list[float]]] = {}
    for place, graph in enumerate(drawn):
        for at, value in graph.points:
            if value is not None:
                row = rows.setdefault(int((at - since) / width), [[] for _ in drawn])
                row[place].append(value)
    return [(since + number * width, [mean(cell) for cell in row]) for number, row in sorted(rows.items())]


def mean(values: Iterable[float]) -> float | None:
    """None of nothing."""
    known = list(values)
    return sum(known) / len(known) if known else None
