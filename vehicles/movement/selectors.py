"""Reads of verdicts, for their owner's page and for rewards; always the newest revision."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncWeek

from vehicles.models import Device, MovementVerdict, Source, Trip, Vehicle
from vehicles.movement.streaks import Outlook, Streak, monday_of, outlook_of, streak_of
from vehicles.movement.verdict import Bounds

UNJUDGED = timedelta(weeks=5)  # drives of this long before may still be without a verdict


class Earned(NamedTuple):
    """One vehicle's week, as rewards count it; `km` by positions, of drives that count."""

    vehicle_id: int
    owner_epoch: int
    earns: bool
    kind: str
    powertrain: str
    km: float
    days: int
    witnesses: int
    revision: int


def newest(verdicts: QuerySet[MovementVerdict]) -> QuerySet[MovementVerdict]:
    later = MovementVerdict.objects.filter(
        week=OuterRef("week"),
        vehicle=OuterRef("vehicle"),
        owner_epoch=OuterRef("owner_epoch"),
        revision__gt=OuterRef("revision"),
    )
    return verdicts.filter(~Exists(later))


def verdicts(*, week: date) -> Iterator[Earned]:
    """Every verdict of a week (its Monday), by vehicle; read in chunks, so that any number fits."""
    rows = newest(MovementVerdict.objects.filter(week=week)).order_by("vehicle", "owner_epoch")
    for row in rows.values_list(*Earned._fields).iterator(chunk_size=5_000):
        yield Earned(*row)


def streak(*, vehicle: Vehicle, week: date) -> Streak:
    """The streak of a vehicle's present owner after a week; a week without verdict since the first one is missed."""
    rows = newest(MovementVerdict.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch, week__lte=week))
    earned = dict(rows.values_list("week", "earns"))
    if not earned:
        return Streak()
    first = min(earned)
    return streak_of(earned.get(first + timedelta(weeks=n), False) for n in range((week - first).days // 7 + 1))


def weeks_of(*, vehicle: Vehicle) -> QuerySet[MovementVerdict]:
    """What was judged of a vehicle under its present owner, newest week first."""
    own = MovementVerdict.objects.filter(vehicle=vehicle, owner_epoch=F("vehicle__owner_epoch"))
    return newest(own).order_by("-week", "-id")


def outlooks(*, vehicles: Sequence[Vehicle], now: datetime) -> dict[int, Outlook]:
    """What becomes of the streaks of vehicles that have one, in two queries whatever their number.

    A week without a verdict yet is taken as kept by enough signed drives: whether they are copies is judged later.
    """
    epochs = {vehicle.pk: vehicle.owner_epoch for vehicle in vehicles}
    earned: dict[int, dict[date, bool]] = defaultdict(dict)
    for pk, epoch, week, earns in newest(MovementVerdict.objects.filter(vehicle__in=epochs)).values_list(
        "vehicle", "owner_epoch", "week", "earns"
    ):
        if epoch == epochs[pk]:
            earned[pk][week] = earns
    this = monday_of(now)
    driven = driven_weeks(epochs=epochs, since=this - UNJUDGED)
    found = {}
    for pk, told in earned.items():
        first = min(told)
        weeks = [first + timedelta(weeks=n) for n in range((this - first).days // 7)]
        streak = streak_of(told.get(week, (pk, week) in driven) for week in weeks)
        if outlook := outlook_of(streak, this=this, driven=(pk, this) in driven):
            found[pk] = outlook
    return found


def driven_weeks(*, epochs: dict[int, int], since: date) -> set[tuple[int, date]]:
    """Vehicles and weeks with signed drives of the length that a week needs, under their present owner."""
    drives = Trip.objects.filter(
        vehicle__in=epochs,
        owner_epoch=F("vehicle__owner_epoch"),
        started_at__gte=datetime.combine(since, time(), UTC),
        deleted_at=None,
        duplicate_of=None,
        source__grade=Source.Grade.ENVELOPE,
        source__kind=Source.Kind.DEVICE,
        source__device__kind__in=Device.Kind.values,
        source__device__simulated=False,
        vehicle__simulated=False,
    )
    weeks = drives.annotate(week=TruncWeek("started_at", tzinfo=UTC)).values("vehicle", "week")
    enough = weeks.annotate(km=Sum("distance_km")).filter(km__gte=Bounds().least_km)
    return {(pk, week.date()) for pk, week in enough.values_list("vehicle", "week")}
