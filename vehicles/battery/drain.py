"""What a battery loses while the car is parked and neither driven nor charged. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import sqrt
from typing import NamedTuple

LEAST = timedelta(hours=6)
RISE_PCT = 1.5  # a level that rose by more was charged, whoever told of it or not
DAY = 86_400
FEW, MANY = 3, 8


class Busy(NamedTuple):
    """A time in which the car was driven or charged."""

    since: datetime
    until: datetime


class Gap(NamedTuple):
    """A time of at least six hours in which it was neither."""

    since: datetime
    until: datetime


class Loss(NamedTuple):
    """A parked gap with the levels at its first and last reading, percent."""

    since: datetime
    until: datetime
    before: float
    after: float

    @property
    def days(self) -> float:
        return (self.until - self.since).total_seconds() / DAY


class Drain(NamedTuple):
    """Percent points a day, by so many gaps and days in all; `margin` is half of a 95 % interval.

    `confidence` is `low` below three gaps or where the margin exceeds the drain by half, `good` from eight gaps on with
    a margin of at most half the drain or 0.2 points a day, else `fair`.
    """

    per_day: float
    margin: float
    gaps: int
    days: float
    confidence: str


def gaps(busy: Iterable[Busy], *, since: datetime, until: datetime) -> list[Gap]:
    """Times of six hours and more between what the car did, and after the last of it."""
    found = []
    end: datetime | None = None
    for each in sorted(busy):
        if end is not None and each.since - end >= LEAST and each.since > since:
            found.append(Gap(max(end, since), each.since))
        end = each.until if end is None else max(end, each.until)
    if end is not None and until - end >= LEAST:
        found.append(Gap(max(end, since), until))
    return found


def drain(losses: Sequence[Loss]) -> Drain | None:
    """Points lost over days parked; None where no gap tells. Levels told in whole percents are half a point unsure."""
    told = [each for each in losses if each.until - each.since >= LEAST and each.after - each.before <= RISE_PCT]
    if not told:
        return None
    days = sum(each.days for each in told)
    rate = sum(each.before - each.after for each in told) / days
    scatter = sum((each.before - each.after - rate * each.days) ** 2 for each in told)
    unsure = len(told) / 6  # two readings, each even within half a point: a variance of 1/12 each
    margin = 1.96 * sqrt(scatter * len(told) / max(len(told) - 1, 1) + unsure) / days
    return Drain(round(rate, 3), round(margin, 3), len(told), round(days, 2), confidence(rate, margin, len(told)))


def confidence(rate: float, margin: float, number: int) -> str:
    if number < FEW or margin > 1.5 * max(rate, 0.2):
        return "low"
    return "good" if number >= MANY and margin <= max(rate / 2, 0.2) else "fair"
