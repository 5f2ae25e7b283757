"""Weeks in a row that earn, and the level they reach. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

LEVELS = (0, 4, 21, 36)  # weeks
MISSES = 3


class Streak(NamedTuple):
    """`level` 0 to 3; `missed` weeks in a row until now."""

    weeks: int = 0
    missed: int = 0
    level: int = 0


def follow(streak: Streak, earns: bool) -> Streak:
    """One week further. A missed week keeps the streak; every third in a row drops it to the level below."""
    if earns:
        weeks = streak.weeks + 1
        return Streak(weeks, 0, level_of(weeks))
    missed = streak.missed + 1
    if missed % MISSES:
        return streak._replace(missed=missed)
    level = max(streak.level - 1, 0)
    return Streak(LEVELS[level], missed, level)


def level_of(weeks: int) -> int:
    return max(level for level, least in enumerate(LEVELS) if weeks >= least)


def streak_of(weeks: Iterable[bool]) -> Streak:
    """The streak after consecutive weeks, oldest first."""
    streak = Streak()
    for earns in weeks:
        streak = follow(streak, earns)
    return streak
