"""Who takes part in an erasure: each room says what it ends, what it deletes, and what it keeps and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from dimo.users.models import User
from vehicles.models import Erasure

Counts = Mapping[str, int]


class Time(NamedTuple):
    """One owner's time with a vehicle, `[since, until)`; `alone`: nobody else ever had it, so that all of it goes."""

    vehicle_id: int
    epoch: int
    since: datetime | None
    until: datetime | None
    alone: bool

    def covers(self, name: str) -> dict[str, object]:
        """A filter: a moment of this name lies within."""
        limits: dict[str, object] = {}
        if not self.alone and self.since is not None:
            limits[f"{name}__gte"] = self.since
        if not self.alone and self.until is not None:
            limits[f"{name}__lt"] = self.until
        return limits


class Subject(NamedTuple):
    """What a step is told: whose, which times, and whether the account itself goes."""

    erasure: Erasure
    person: User
    times: tuple[Time, ...]
    now: datetime

    @property
    def whole(self) -> bool:
        return self.erasure.scope == Erasure.Scope.ACCOUNT


@dataclass(frozen=True)
class Room:
    """A room's part. `ends` runs in the transaction of asking, `erases` later and again after a crash.

    `refuses` raises what stands in the way of an account's erasure. `erased` and `kept` name database tables; what is
    kept has its reason, which people read on the page and in the certificate. `kept_of_account` has no vehicle's rows;
    `kept_of_vehicle` goes with the account, and stays where a vehicle alone is erased.
    """

    name: str
    erased: tuple[str, ...] = ()
    kept: dict[str, str] = field(default_factory=dict)
    kept_of_account: dict[str, str] = field(default_factory=dict)
    kept_of_vehicle: dict[str, str] = field(default_factory=dict)
    ends: Callable[[Subject], None] | None = None
    erases: Callable[[Subject], Counts] | None = None
    refuses: Callable[[User], None] | None = None


_rooms: dict[str, Room] = {}


def register(room: Room) -> None:
    """Take a room in; called in `AppConfig.ready`, from the ground up. The room registered last runs first."""
    _rooms[room.name] = room


def topmost_first() -> list[Room]:
    """All rooms, in the order in which they run."""
    return list(reversed(_rooms.values()))


def reasons(*, whole: bool) -> list[str]:
    """Why something stays of an account (`whole`) or a vehicle, each reason once, in the rooms' order."""
    every = (room.kept | (room.kept_of_account if whole else room.kept_of_vehicle) for room in _rooms.values())
    return list(dict.fromkeys(reason for kept in every for reason in kept.values()))


@transaction.atomic
def count(*, erasure: Erasure, counts: Counts) -> None:
    """Add to what an erasure has deleted; called in the transaction that deletes."""
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    row.counts = {name: row.counts.get(name, 0) + counts.get(name, 0) for name in sorted({*row.counts, *counts})}
    row.save(update_fields=["counts"])
