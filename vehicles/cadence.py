"""How long a car is usually silent, learned from the gaps between its messages. Pure.

Gaps are counted by half octaves of seconds, 1 s to about 12 days, and older counts fade: forty numbers whatever the
car sends, from which any quantile is read within a factor of 1.19.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import floor, log2
from typing import NamedTuple

BUCKETS = 40
FADING = 0.9  # of the counts at each learning of a day with gaps
ENOUGH = 20.0
LATE_BOUNDS = timedelta(hours=1), timedelta(days=7)
QUIET_BOUNDS = timedelta(days=1), timedelta(days=14)
UNLEARNED = timedelta(days=1), timedelta(days=3)


class Patience(NamedTuple):
    """Silence that is longer than usual, and silence that the owner is told of."""

    late: timedelta
    quiet: timedelta


def bucket(seconds: float) -> int:
    """The count that a gap belongs to."""
    return min(BUCKETS - 1, max(0, floor(2 * log2(max(seconds, 1.0)))))


def learned(counts: Sequence[float], gaps: Iterable[tuple[int, int]], *, days: float = 1.0) -> list[float]:
    """The counts, faded by the days that passed, with (bucket, how many) added."""
    found = [count * FADING**days for count in counts] or [0.0] * BUCKETS
    for number, times in gaps:
        found[number] += times
    return found


def quantile(counts: Sequence[float], share: float) -> timedelta | None:
    """The gap below which this share of gaps lies, or None where too few are known."""
    total = sum(counts)
    if total < ENOUGH:
        return None
    below = 0.0
    for number, count in enumerate(counts):
        below += count
        if below >= share * total:
            return timedelta(seconds=2 ** ((number + 1) / 2))
    return timedelta(seconds=2 ** (BUCKETS / 2))


def patience(parked: Sequence[float]) -> Patience:
    """When silence of a parked car is late (longer than 19 of 20 of its longer gaps) and when it is quiet.

    Gaps under ten minutes are what a car sends while it is awake, and say nothing of how long it sleeps.
    """
    asleep = [0.0 if number < bucket(600) else count for number, count in enumerate(parked)]
    if sum(asleep) < ENOUGH / 4:
        return Patience(*UNLEARNED)
    usual = quantile([count * ENOUGH for count in asleep], 0.95) or UNLEARNED[0]
    late = min(max(usual, LATE_BOUNDS[0]), LATE_BOUNDS[1])
    return Patience(late, min(max(usual * 3, QUIET_BOUNDS[0]), QUIET_BOUNDS[1]))
