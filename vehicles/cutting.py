"""Where one source's readings become drives. Pure: points in, cuts out.

A gap of five minutes ends a drive, and so does a stop of five minutes or an ignition that goes off. Movement is a
speed, or, where no speed is told, a position that leaves a circle wider than a receiver's jitter. What the driver said
on top (`Seams`) is applied to drives found this way, so that it holds however often they are found anew.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from vehicles.figures import MOVING_KMH, Cut, Point, length_km, measure, movement, place_marks

__all__ = ["MOVING_KMH", "Cut", "Point", "Seams", "cut", "is_copy", "place_marks"]

GAP = timedelta(seconds=300)
MARGIN = timedelta(seconds=60)  # standing still just before and after belongs to the drive
LEAST_KM, LEAST_TIME = 0.3, timedelta(seconds=60)
EQUAL_SHARE = 0.95

Piece = tuple[int, int]  # first and last point of a drive, both included


class Seams(NamedTuple):
    """A driver's words on their drives: stops that do not part, moments that do, and windows deleted drives fill."""

    joins: Sequence[tuple[datetime, datetime]] = ()
    splits: Sequence[datetime] = ()
    walls: Sequence[tuple[datetime, datetime]] = ()


NOTHING_SAID = Seams()


def cut(points: Sequence[Point], seams: Seams = NOTHING_SAID, capacity_kwh: float | None = None) -> list[Cut]:
    """The drives in ordered points of one source; cutting again gives the same.

    Joins go first, then walls, then splits, so that a split parts also what was joined. Both parts of a split are
    kept however short; what a wall leaves over outside must be a drive by itself.
    """
    pieces = joined(points, natural(points), seams.joins)
    pieces = [part for piece in pieces for part in walled(points, piece, seams.walls)]
    pieces = [part for piece in pieces for part in parted(points, piece, seams.splits)]
    return [measure(points[first : last + 1], capacity_kwh) for first, last in pieces]


def natural(points: Sequence[Point]) -> Iterator[Piece]:
    """The drives that movement, ignition and gaps tell of."""
    base = 0
    for stretch in stretches(points):
        runs = list(drives(stretch))
        free = 0  # the first reading that no drive has: what stands between two drives belongs to the earlier one
        for number, (first, last) in enumerate(runs):
            high = runs[number + 1][0] - 1 if number + 1 < len(runs) else len(stretch) - 1
            begin, end = widen(stretch, first, free, -1), widen(stretch, last, high, 1)
            free = end + 1
            if is_drive(points, (base + begin, base + end)):
                yield base + begin, base + end
        base += len(stretch)


def is_drive(points: Sequence[Point], piece: Piece) -> bool:
    """Long enough in distance and time; rolling out of the garage is not."""
    first, last = piece
    long_enough = points[last].at - points[first].at >= LEAST_TIME
    return long_enough and round(length_km(points[first : last + 1]), 3) >= LEAST_KM


def joined(points: Sequence[Point], pieces: Iterator[Piece], joins: Sequence[tuple[datetime, datetime]]) -> list[Piece]:
    """Neighbors whose gap meets a join are one drive, with what was read while it stood."""
    whole: list[Piece] = []
    for first, last in pieces:
        begins = points[first].at
        if whole and any(a <= begins and b >= points[whole[-1][1]].at for a, b in joins):
            whole[-1] = (whole[-1][0], last)
        else:
            whole.append((first, last))
    return whole


def walled(points: Sequence[Point], piece: Piece, walls: Sequence[tuple[datetime, datetime]]) -> Iterator[Piece]:
    """The parts of a drive inside deleted windows, and what is left of it outside them."""
    edges = {at_or_after(points, a) for a, _ in walls} | {after(points, b) for _, b in walls}
    for part in divided(piece, edges):
        begins, ends = points[part[0]].at, points[part[1]].at
        inside = any(a <= begins and ends <= b for a, b in walls)
        if inside or part == piece or is_drive(points, part):
            yield part


def parted(points: Sequence[Point], piece: Piece, splits: Sequence[datetime]) -> Iterator[Piece]:
    return divided(piece, {at_or_after(points, moment) for moment in splits})


def divided(piece: Piece, edges: set[int]) -> Iterator[Piece]:
    """A drive parted before each of these points."""
    first, last = piece
    for edge in sorted(edge for edge in edges if first < edge <= last):
        yield first, edge - 1
        first = edge
    yield first, last


def at_or_after(points: Sequence[Point], moment: datetime) -> int:
    return bisect_left(points, moment, key=lambda point: point.at)


def after(points: Sequence[Point], moment: datetime) -> int:
    return bisect_right(points, moment, key=lambda point: point.at)


def stretches(points: Sequence[Point]) -> Iterator[Sequence[Point]]:
    """Parts without a gap."""
    begin = 0
    for index in range(1, len(points) + 1):
        if index == len(points) or points[index].at - points[index - 1].at > GAP:
            if index > begin:
                yield points[begin:index]
            begin = index


def drives(stretch: Sequence[Point]) -> Iterator[Piece]:
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


def is_copy(later: set[int], earlier: set[int]) -> bool:
    """Whether nearly every point of the later trip was in the earlier one."""
    return bool(later) and len(later & earlier) >= EQUAL_SHARE * len(later)
