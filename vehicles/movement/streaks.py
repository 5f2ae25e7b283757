"""Weeks in a row that earn, the level they reach, and when that falls. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

LEVELS = (0, 4, 21, 36)  # weeks
MISSES = 3


class Streak(NamedTuple):
    """`level` 0 to 3; `missed` weeks in a row until now."""

    weeks: int = 0
    missed: int = 0
    level: int = 0


class Outlook(NamedTuple):
    """A streak in the present week: at `falls_at` it falls to `falls_to` weeks unless movement is proved before."""

    weeks: int
    falls_to: int
    falls_at: datetime
    at_risk: bool  # nothing of the present week keeps it


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


def monday_of(moment: datetime) -> date:
    """The week that a moment lies in, UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def outlook_of(streak: Streak, *, this: date, driven: bool) -> Outlook | None:
    """What becomes of a streak until the week before `this` (a Monday), if no later week than a driven one earns.

    None where there is nothing to lose.
    """
    if driven:
        streak, this = follow(streak, True), this + timedelta(weeks=1)
    misses = MISSES - streak.missed % MISSES
    fallen = streak
    for _ in range(misses):
        fallen = follow(fallen, False)
    if not streak.weeks:
        return None
    end = datetime.combine(this + timedelta(weeks=misses), time(), UTC)
    return Outlook(streak.weeks, fallen.weeks, end, at_risk=not driven)
