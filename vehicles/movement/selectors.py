"""Reads of verdicts, for their owner's page and for rewards; always the newest revision."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, QuerySet

from vehicles.models import MovementVerdict, Vehicle
from vehicles.movement.streaks import Streak, streak_of


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
