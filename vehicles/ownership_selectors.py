"""Who owned a vehicle when: the seller keeps their time with it to read, and the buyer sees none of that time."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from dimo.users.models import User
from vehicles.models import ErasedTime, Trip, Vehicle, VehicleOwnership

# A time that is to be erased is nobody's to read, from the moment that was asked.
STANDING = ~Exists(ErasedTime.objects.filter(vehicle_id=OuterRef("vehicle"), epoch=OuterRef("epoch")))
Stretch = tuple[datetime, datetime]
EVER, NEVER_ENDING = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Tenure(NamedTuple):
    """One owner's time with a vehicle, `[since, until)`."""

    epoch: int
    owner_id: int
    since: datetime
    until: datetime

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment < self.until


class Timed(Protocol):
    """Whatever has a moment."""

    @property
    def at(self) -> datetime: ...


T = TypeVar("T", bound=Timed)


def tenure(row: VehicleOwnership) -> Tenure:
    """A stored ownership with its open ends filled."""
    return Tenure(row.epoch, row.owner_id, row.period.lower or EVER, row.period.upper or NEVER_ENDING)


def tenures_of(*, vehicle: Vehicle) -> list[Tenure]:
    """Everybody's time with a vehicle, oldest first; for rules, never for a page."""
    return [tenure(row) for row in VehicleOwnership.objects.filter(vehicle=vehicle).order_by("epoch")]


def owned_by(*, owner: User, vehicle: Vehicle) -> list[Tenure]:
    """One person's time with a vehicle, oldest first; nothing for a stranger."""
    rows = VehicleOwnership.objects.filter(STANDING, vehicle=vehicle, owner=owner).order_by("epoch")
    return [tenure(row) for row in rows]


def former_of(*, owner: User) -> QuerySet[VehicleOwnership]:
    """A person's ended times with vehicles that now are somebody else's, the last first."""
    ended = VehicleOwnership.objects.filter(STANDING, owner=owner, period__endswith__isnull=False)
    return ended.exclude(vehicle__owner=owner).select_related("vehicle").order_by("-period__endswith", "-pk")


def in_own_time(trips: QuerySet[Trip], *, owner: User) -> QuerySet[Trip]:
    """Trips of the times in which they were this person's to read."""
    time = {"vehicle": OuterRef("vehicle"), "epoch": OuterRef("owner_epoch")}
    own = VehicleOwnership.objects.filter(STANDING, owner=owner, **time)
    return trips.filter(Exists(own))


def known_to(*, owner: User) -> QuerySet[Vehicle]:
    """Vehicles that a person owns or owned, as that person knows them.

    Each carries `called` (their name for it; what a later owner calls it is not theirs to read), `seen_times`, all
    their times with it, to which `measurements` keeps, and `seen_since` and `seen_until`, the last of these; where one
    is None, that end is open.
    """
    own = VehicleOwnership.objects.filter(STANDING, vehicle=OuterRef("pk"), owner=owner).order_by("-epoch")
    then = Coalesce(Subquery(own.values("nickname")[:1]), Value(""))
    return Vehicle.objects.filter(Exists(own)).annotate(
        called=Case(When(owner=owner, then=F("nickname")), default=then),
        seen_times=times_of(owner),
        seen_since=Subquery(own.values("period__startswith")[:1]),
        seen_until=Subquery(own.values("period__endswith")[:1]),
    )


def in_garage(*, owner: User) -> QuerySet[Vehicle]:
    """Vehicles of which a person is the owner now, less those that are to be erased, with all their times with each."""
    leaving = ErasedTime.objects.filter(vehicle_id=OuterRef("pk"), epoch=OuterRef("owner_epoch"))
    return Vehicle.objects.filter(~Exists(leaving), owner=owner).annotate(seen_times=times_of(owner))


def times_of(owner: User) -> ArraySubquery:
    """A person's times with the vehicle of a query, oldest first."""
    own = VehicleOwnership.objects.filter(STANDING, vehicle=OuterRef("pk"), owner=owner).order_by("epoch")
    return ArraySubquery(own.values("period"))


def own_times(*, vehicle: Vehicle) -> list[Stretch]:
    """When a vehicle was its reader's, `[since, until)` each, oldest first: of whom `known_to` or `in_garage` means.

    Of a vehicle that no reader was named for, the time of its owner of now; of one narrowed for an app, that alone.
    """
    if periods := getattr(vehicle, "seen_times", None):
        return [(period.lower or EVER, period.upper or NEVER_ENDING) for period in periods]
    since = getattr(vehicle, "seen_since", vehicle.owned_since)
    return [(since or EVER, getattr(vehicle, "seen_until", None) or NEVER_ENDING)]


def in_times(times: Iterable[Stretch], *, moment: str) -> Q:
    """Rows whose moment lies in one of these times."""
    found = Q(pk__in=())
    for since, until in times:
        found |= Q(**{f"{moment}__gte": since, f"{moment}__lt": until})
    return found


def as_known_to(*, owner: User) -> Prefetch:
    """The vehicles of trips, as this person knows them."""
    return Prefetch("vehicle", queryset=known_to(owner=owner))


def by_tenure(points: Iterable[T], tenures: list[Tenure]) -> list[list[T]]:
    """Ordered points, parted where the vehicle changed hands."""
    if len(tenures) < 2:
        return [list(points)]
    parts: dict[int, list[T]] = {}
    for point in points:
        parts.setdefault(epoch_at(tenures, point.at), []).append(point)
    return list(parts.values())


def epoch_at(tenures: list[Tenure], moment: datetime) -> int:
    """The owner epoch of a moment; before the first, the first one's."""
    return next((each.epoch for each in reversed(tenures) if each.since <= moment), tenures[0].epoch)
