"""The median of like cars, such that no single owner can be read from it. Pure.

Owners count in whole tens, in the order in which they agreed: with 10 to 19 owners the first ten are counted, from 20
on the first twenty. So a car that joins changes nothing that is seen until ten have joined together, and then it is
one of ten. Each owner has one value, however many cars; the median is told in whole percents, the number in tens.
"""

from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import NamedTuple

K = 10
BANDS = ((2, "up to 2 years"), (5, "3 to 5 years"), (9, "6 to 9 years"))
OLDEST = "10 years and more"


class Peer(NamedTuple):
    """A car whose owner agreed to be compared, and its battery in percent of new."""

    agreed: datetime
    owner: int
    health_pct: float


class Compared(NamedTuple):
    """The median in whole percents, of at least so many owners."""

    median_pct: int
    owners: int


def band_of(year: int, *, this_year: int) -> str:
    """The age band of a model year."""
    return next((words for most, words in BANDS if this_year - year <= most), OLDEST)


def years_of(band: str, *, this_year: int) -> tuple[int, int]:
    """First and last model year of a band, both included."""
    youngest = this_year + 1
    for most, words in BANDS:
        if words == band:
            return this_year - most, youngest
        youngest = this_year - most - 1
    return 0, youngest


def compare(peers: Iterable[Peer]) -> Compared | None:
    """The median of like cars, or None below ten owners."""
    first: dict[int, datetime] = {}
    values: dict[int, list[float]] = {}
    for peer in peers:
        first[peer.owner] = min(first.get(peer.owner, peer.agreed), peer.agreed)
        values.setdefault(peer.owner, []).append(peer.health_pct)
    order = sorted(first, key=lambda owner: (first[owner], owner))
    counted = order[: len(order) // K * K]
    if not counted:
        return None
    return Compared(round(median(median(values[owner]) for owner in counted)), len(counted))
