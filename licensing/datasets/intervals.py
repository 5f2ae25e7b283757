"""Half-open periods `[start, end)` as sorted lists that do not overlap. Pure."""

from collections.abc import Iterable
from datetime import datetime

Period = tuple[datetime, datetime]


def clip(start: datetime | None, end: datetime | None, period: Period) -> Period | None:
    """The part of `[start, end)` inside `period`; None is unbounded, and an empty part is None."""
    low = period[0] if start is None else max(start, period[0])
    high = period[1] if end is None else min(end, period[1])
    return (low, high) if low < high else None


def merge(periods: Iterable[Period]) -> list[Period]:
    """The same moments with touching and overlapping periods joined."""
    merged: list[Period] = []
    for start, end in sorted(periods):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def without(periods: Iterable[Period], removed: Iterable[Period]) -> list[Period]:
    """The moments of `periods` that are in none of `removed`."""
    left = merge(periods)
    for start, end in merge(removed):
        left = [
            piece
            for low, high in left
            for piece in ((low, min(high, start)), (max(low, end), high))
            if piece[0] < piece[1]
        ]
    return left
