"""Which role may do what in a union: one table, applied as object permissions in one place."""

from datetime import datetime
from typing import Final

from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from dimo import tenancy
from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from unions.models import Seat, Union

PERMISSIONS: Final[dict[str, frozenset[str]]] = {
    Seat.Role.FOUNDER: frozenset({"edit_policy", "admit_members", "view_treasury", "manage_offers"}),
    Seat.Role.STEWARD: frozenset({"edit_policy", "admit_members", "view_treasury", "manage_offers"}),
    Seat.Role.AUDITOR: frozenset({"view_treasury"}),
    Seat.Role.ANALYST: frozenset(),
}


class LastSteward(DomainError):
    """A union keeps at least one founder or steward."""


@transaction.atomic
def give_seat(*, union: Union, user: User, role: str, actor: User, now: datetime) -> Seat:
    """Seat a person in a role and give them what the role may do; seating again returns the seat."""
    Union.objects.select_for_update().get(pk=union.pk)
    with tenancy.unions(union.pk):
        seat, new = Seat.objects.get_or_create(
            union=union, user=user, role=Seat.Role(role).value, until=None, defaults={"since": now}
        )
    if new:
        _apply(union=union, user=user)
        _record(union=union, actor=actor, user=user, action="seat.given", role=seat.role, now=now)
    return seat


@transaction.atomic
def end_seat(*, seat: Seat, actor: User, now: datetime) -> Seat:
    """End a seat and take away what no other seat of the person gives; ending again changes nothing.

    Raises:
        LastSteward: nobody would be left to run the union.
    """
    union = Union.objects.select_for_update().get(pk=seat.union_id)
    seat = Seat.objects.get(pk=seat.pk)
    if seat.until is not None:
        return seat
    running = Seat.objects.filter(union=union, until=None, role__in=[Seat.Role.FOUNDER, Seat.Role.STEWARD])
    if not running.exclude(pk=seat.pk).exists():
        raise LastSteward
    seat.until = now
    with tenancy.unions(union.pk):
        seat.save(update_fields=["until"])
    _apply(union=union, user=seat.user)
    _record(union=union, actor=actor, user=seat.user, action="seat.ended", role=seat.role, now=now)
    return seat


def may(user: User, permission: str, union: Union) -> bool:
    """Whether a person's seats let them do this in this union; never whether a row is theirs."""
    return bool(user.is_authenticated and user.has_perm(f"unions.{permission}", union))


def _apply(*, union: Union, user: User) -> None:
    roles = Seat.objects.filter(union=union, user=user, until=None).values_list("role", flat=True)
    due = frozenset().union(*(PERMISSIONS[role] for role in roles))
    for permission in sorted(frozenset().union(*PERMISSIONS.values())):
        change = assign_perm if permission in due else remove_perm
        change(f"unions.{permission}", user, union)


def _record(*, union: Union, actor: User, user: User, action: str, role: str, now: datetime) -> None:
    trail.record(
        actor=actor,
        action=action,
        object_kind="union",
        object_id=str(union.pk),
        union_id=union.pk,
        detail={"role": role, "person": str(user.public_id)},
        now=now,
    )
