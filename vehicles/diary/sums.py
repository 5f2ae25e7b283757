"""What trips add up to; a drive that was told twice counts once. Pure: knows no database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from vehicles.currencies import worded


class Span(NamedTuple):
    """When which source told of a drive of which vehicle."""

    pk: int
    vehicle_id: int
    source_id: int
    started_at: datetime
    ended_at: datetime
    readings: int


class Drive(Protocol):
    """A trip as sums see it."""

    started_at: datetime
    ended_at: datetime
    distance_km: float
    energy_kwh: float | None
    fuel_used_l: float | None
    tag: str


class Money(Protocol):
    """An amount in a currency."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...


@dataclass(slots=True)
class Sums:
    """km, seconds, kWh, liters; km by tag, `""` is untagged; money by currency. `kwh_km`: km with known energy."""

    trips: int = 0
    km: float = 0.0
    seconds: float = 0.0
    kwh: float = 0.0
    kwh_km: float = 0.0
    liters: float = 0.0
    liters_km: float = 0.0
    by_tag: dict[str, float] = field(default_factory=lambda: {"business": 0.0, "private": 0.0, "": 0.0})
    cost: dict[str, Decimal] = field(default_factory=dict)
    uncosted: int = 0

    def add(self, trip: Drive, cost: Money | None) -> None:
        """Take one more trip in."""
        self.trips += 1
        self.km += trip.distance_km
        self.seconds += (trip.ended_at - trip.started_at).total_seconds()
        self.by_tag[trip.tag] += trip.distance_km
        if trip.energy_kwh is not None:
            self.kwh, self.kwh_km = self.kwh + trip.energy_kwh, self.kwh_km + trip.distance_km
        if trip.fuel_used_l is not None:
            self.liters, self.liters_km = self.liters + trip.fuel_used_l, self.liters_km + trip.distance_km
        if cost is None:
            self.uncosted += 1
        else:
            self.cost[cost.currency] = self.cost.get(cost.currency, Decimal(0)) + cost.amount

    @property
    def money(self) -> list[str]:
        """What was spent, by currency."""
        return [worded(amount, currency) for currency, amount in sorted(self.cost.items())]

    @property
    def minutes(self) -> int:
        return round(self.seconds / 60)

    @property
    def hours(self) -> int:
        return self.minutes // 60

    @property
    def minutes_left(self) -> int:
        """Beside whole hours."""
        return self.minutes % 60

    @property
    def kwh_per_100(self) -> float | None:
        return per_100(self.kwh, self.kwh_km) if self.kwh_km else None

    @property
    def liters_per_100(self) -> float | None:
        return per_100(self.liters, self.liters_km) if self.liters_km else None

    def share_pct(self, tag: str) -> float:
        """A tag's part of the distance."""
        return 100 * self.by_tag[tag] / self.km if self.km else 0.0

    @property
    def business_pct(self) -> float:
        return self.share_pct("business")

    @property
    def private_pct(self) -> float:
        return self.share_pct("private")

    @property
    def untagged_pct(self) -> float:
        return self.share_pct("")

    @property
    def untagged_km(self) -> float:
        return self.by_tag[""]


def per_100(amount: float, km: float) -> float | None:
    """Consumption over 100 km; None on a way too short to tell."""
    return 100 * amount / km if km >= 0.5 else None


def added(pairs: Iterable[tuple[Drive, Money | None]]) -> Sums:
    """The sums of trips with their costs; the caller leaves out what counts elsewhere."""
    sums = Sums()
    for trip, cost in pairs:
        sums.add(trip, cost)
    return sums


def told_again(spans: Iterable[Span]) -> set[int]:
    """Which trips another source of the same vehicle told better: a car drives once at a time.

    Two trips of different sources that share half of the shorter one's time are one drive; more readings win.
    """
    lesser: set[int] = set()
    ordered = sorted(spans, key=lambda span: (span.vehicle_id, span.started_at, span.pk))
    for number, one in enumerate(ordered):
        for other in ordered[number + 1 :]:
            if other.vehicle_id != one.vehicle_id or other.started_at >= one.ended_at:
                break
            if other.source_id != one.source_id and shared(one, other) * 2 >= min(lasts(one), lasts(other)):
                lesser.add(min(one, other, key=lambda span: (span.readings, -span.pk)).pk)
    return lesser


def lasts(span: Span) -> timedelta:
    return span.ended_at - span.started_at


def shared(one: Span, other: Span) -> timedelta:
    return min(one.ended_at, other.ended_at) - max(one.started_at, other.started_at)
