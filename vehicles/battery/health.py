"""How a battery ages: a robust line through estimates, with what is not known about it. Pure.

The line is Theil and Sen's: its slope is the median of the slopes between all pairs of estimates (Sen 1968, JASA 63),
it passes through the medians of time and value, and the slope's 95 % interval is Sen's, from Kendall's variance

    C = 1.96 · √(n (n − 1) (2 n + 5) / 18),   slopes number (N − C) / 2 and (N + C) / 2 of N in order.

The value's interval at a moment t is ± √((1.96 · 1.2533 · s / √n)² + (w · (t − t̃))²), with s = 1.4826 · the median
distance of estimates from the line and w half the width of the slope's interval; 1.2533 is what a median costs beside
a mean. One wrong estimate in four moves neither. Each day counts once, by the median of its estimates.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, groupby
from math import sqrt
from statistics import median
from typing import NamedTuple

Z, MEDIAN_COST, MAD = 1.96, 1.2533, 1.4826
LEAST_DAYS, LEAST_SPAN = 6, timedelta(days=60)
MOST_DAYS = 200
YEAR = 365.25 * 86_400


class Estimate(NamedTuple):
    """A value of one moment: percent, kWh or km."""

    at: datetime
    value: float


class Point(NamedTuple):
    """The line at a moment, with its 95 % interval."""

    at: datetime
    low: float
    value: float
    high: float


class Trend(NamedTuple):
    """`now` is the line at the last estimate; `per_year` its slope, with a 95 % interval."""

    days: int
    now: Point
    per_year: float
    per_year_low: float
    per_year_high: float
    band: tuple[Point, ...]


def by_day(estimates: Sequence[Estimate]) -> list[Estimate]:
    """One estimate a day (UTC), the median, in order; at most 200 days, spread evenly."""
    ordered = sorted(estimates)
    days = []
    for _, group in groupby(ordered, key=lambda estimate: estimate.at.astimezone(UTC).date()):
        told = list(group)
        days.append(Estimate(told[len(told) // 2].at, median(each.value for each in told)))
    if len(days) > MOST_DAYS:
        stride = (len(days) - 1) / (MOST_DAYS - 1)
        days = [days[round(number * stride)] for number in range(MOST_DAYS)]
    return days


def enough(days: Sequence[Estimate]) -> bool:
    """Whether a line may be drawn: six days at least, sixty days apart."""
    return len(days) >= LEAST_DAYS and days[-1].at - days[0].at >= LEAST_SPAN


def trend(estimates: Sequence[Estimate], *, resolution: float) -> Trend | None:
    """The line through estimates in any order, or None where they are too few or too close in time.

    `resolution` is the step in which the value is told: what does not scatter is still not known better than that.
    """
    days = by_day(estimates)
    if not enough(days):
        return None
    origin = days[0].at
    times = [(day.at - origin).total_seconds() for day in days]
    values = [day.value for day in days]
    slopes = sorted((values[b] - values[a]) / (times[b] - times[a]) for a, b in combinations(range(len(days)), 2))
    slope, (lowest, highest) = median(slopes), interval(slopes, len(days))
    middle, height = median(times), median(values)
    spread = MAD * median(abs(v - height - slope * (t - middle)) for t, v in zip(times, values, strict=True))
    scatter = Z * MEDIAN_COST * max(spread, resolution / 2) / sqrt(len(days))

    def at(moment: float) -> Point:
        value = height + slope * (moment - middle)
        half = sqrt(scatter**2 + ((highest - lowest) / 2 * (moment - middle)) ** 2)
        return Point(origin + timedelta(seconds=moment), value - half, value, value + half)

    band = tuple(at(times[-1] * step / 24) for step in range(25))
    return Trend(len(days), at(times[-1]), slope * YEAR, lowest * YEAR, highest * YEAR, band)


def interval(slopes: Sequence[float], n: int) -> tuple[float, float]:
    """Sen's 95 % interval of the median of ordered slopes between n points."""
    reach = Z * sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = max(round((len(slopes) - reach) / 2) - 1, 0)
    high = min(round((len(slopes) + reach) / 2), len(slopes) - 1)
    return slopes[low], slopes[high]
