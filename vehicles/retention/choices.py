"""An owner's choice of how long exact positions are kept. Longer counts at once; shorter after a week to undo it."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db import transaction

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles.models import ExactWish

FOREVER: Final = None  # as long as they own the vehicle
CHOICES: Final[tuple[int | None, ...]] = (30, 90, 365, 730, 1825, FOREVER)
UNDO: Final = timedelta(days=7)


class TimeUnknown(DomainError):
    """Keep exact positions 30, 90, 365, 730 or 1825 days, or as long as you own the vehicle."""

    status = 422


class NothingToUndo(DomainError):
    """No shorter time waits to take effect."""


class Choice(NamedTuple):
    """`days` in force; a shorter time that waits, and from when on it counts. None of days: as long as they own it."""

    days: int | None
    next_days: int | None = None
    next_at: datetime | None = None


def choice_of(*, owner: User, now: datetime) -> Choice:
    """What counts now, and what waits."""
    wish = ExactWish.objects.filter(owner=owner).first()
    return Choice(ExactWish.DEFAULT_DAYS) if wish is None else in_force(wish, now)


def in_force(wish: ExactWish, now: datetime) -> Choice:
    """A stored wish as it counts at a moment; no job is needed to bring it into force."""
    if wish.next_at is not None and wish.next_at <= now:
        return Choice(wish.next_days)
    return Choice(wish.days, wish.next_days, wish.next_at)


@transaction.atomic
def choose(*, owner: User, days: int | None, now: datetime) -> Choice:
    """Keep exact positions so long. A longer time counts at once and brings nothing back. Idempotent.

    Raises:
        TimeUnknown
    """
    if days not in CHOICES:
        raise TimeUnknown(field="days")
    wish, stands = held(owner, now)
    shorter = days is not None and (stands.days is None or days < stands.days)
    if (shorter and days == stands.next_days) or (not shorter and days == stands.days and stands.next_at is None):
        return stands
    wish.days = stands.days if shorter else days
    wish.next_days, wish.next_at = (days, now + UNDO) if shorter else (None, None)
    return saved(wish, "exact_positions.time_chosen", now)


@transaction.atomic
def undo(*, owner: User, now: datetime) -> Choice:
    """Take back a shorter time before it takes effect.

    Raises:
        NothingToUndo
    """
    wish, stands = held(owner, now)
    if stands.next_at is None:
        raise NothingToUndo
    wish.days, wish.next_days, wish.next_at = stands.days, None, None
    return saved(wish, "exact_positions.time_kept", now)


def held(owner: User, now: datetime) -> tuple[ExactWish, Choice]:
    """The owner's row, locked, and what counts of it."""
    ExactWish.objects.bulk_create([ExactWish(owner=owner, chosen_at=now)], ignore_conflicts=True)
    wish = ExactWish.objects.select_for_update().get(owner=owner)
    return wish, in_force(wish, now)


def saved(wish: ExactWish, action: str, now: datetime) -> Choice:
    """Write it, and into the trail that the owner can read."""
    wish.chosen_at = now
    wish.save()
    trail.record(
        actor=wish.owner,
        action=action,
        object_kind="exact_positions",
        object_id=str(wish.owner.public_id),
        subject=wish.owner,
        detail={"days": wish.next_days or wish.days or "while owned"},
        now=now,
    )
    return in_force(wish, now)
