"""Believing the charge level: lone glitches are left out, and a rise while parked is a charge nobody reported. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from vehicles.charging.points import Point

GLITCH_PCT = 3.0
GLITCH_TIME = timedelta(minutes=10)
GLITCH_READINGS = 3
RISE_PCT, RISE_UNTOLD_PCT = 3.0, 5.0  # the second where neither speed nor odometer says that the car stood
FALL_PCT = 0.5
PLATEAU = timedelta(minutes=30)
LONGEST_UNSEEN = timedelta(days=7)


def believed(points: Sequence[Point]) -> list[tuple[int, float]]:
    """(index, percent) of the levels that are believed.

    Up to three readings that leave the level by more than three percent points and return within ten minutes are
    none: a real battery neither empties nor fills so fast and back.
    """
    told = [(index, point.soc) for index, point in enumerate(points) if point.soc is not None]
    kept: list[tuple[int, float]] = []
    position = 0
    while position < len(told):
        length = glitch(points, kept, told, position)
        if length:
            position += length
            continue
        kept.append(told[position])
        position += 1
    return kept


def glitch(
    points: Sequence[Point], kept: Sequence[tuple[int, float]], told: Sequence[tuple[int, float]], position: int
) -> int:
    """How many readings from here on are a glitch; 0: none."""
    if not kept:
        return 0
    before_index, before = kept[-1]
    for length in range(1, min(GLITCH_READINGS, len(told) - position - 1) + 1):
        after_index, after = told[position + length]
        if points[after_index].at - points[before_index].at > GLITCH_TIME:
            return 0
        run = [level for _, level in told[position : position + length]]
        if max(run) < min(before, after) - GLITCH_PCT or min(run) > max(before, after) + GLITCH_PCT:
            return length
    return 0


def rises(
    points: Sequence[Point],
    levels: Sequence[tuple[int, float]],
    *,
    explained: Callable[[int, int], bool],
    moved: Callable[[int, int], bool],
    told: Callable[[int, int], bool],
) -> Iterator[tuple[int, int]]:
    """Index pairs between which the level rose while the car stood and no flag explained it."""
    run: list[tuple[int, float]] = []

    def whole() -> Iterator[tuple[int, int]]:
        if len(run) > 1:
            first, last = run[0], run[-1]
            least = RISE_PCT if told(first[0], last[0]) else RISE_UNTOLD_PCT
            if last[1] - first[1] >= least:
                yield first[0], last[0]

    for before, after in pairwise(levels):
        apart = points[after[0]].at - points[before[0]].at
        breaks = moved(before[0], after[0]) or explained(before[0], after[0]) or apart > LONGEST_UNSEEN
        if breaks or after[1] < before[1] - FALL_PCT:
            yield from whole()
            run = []
        elif after[1] > before[1]:
            if run and points[before[0]].at - points[run[-1][0]].at > PLATEAU:
                yield from whole()
                run = []
            run = run or [before]
            run.append(after)
    yield from whole()
