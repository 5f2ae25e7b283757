"""A vehicle joins a union, is admitted, and leaves. What it earned stays its owner's."""

from datetime import datetime

from django.db import IntegrityError, transaction

from dimo import tenancy
from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from unions import consent
from unions.models import ConsentEvent, Membership, Union
from unions.notices import Notice, notice
from vehicles.models import Vehicle
from vehicles.ownership_selectors import in_garage


class NotYourVehicle(DomainError):
    """There is no such vehicle of yours."""

    status = 404


class UnionNotOpen(DomainError):
    """This union does not take members now."""


class VehicleNotEligible(DomainError):
    """This union takes only vehicles with certain kinds of drive, and this is not one of them."""

    status = 422


class AlreadyMember(DomainError):
    """This vehicle is in the union or has asked to join."""


class NothingToDecide(DomainError):
    """This request was already answered or taken back."""


@transaction.atomic
def join_union(*, union: Union, vehicle: Vehicle, member: User, now: datetime) -> Membership:
    """Join, or ask to where a steward approves. Joining allows nothing: every kind of data starts at Off.

    Raises:
        NotYourVehicle, UnionNotOpen, VehicleNotEligible, AlreadyMember
    """
    owned = in_garage(owner=member).select_for_update().filter(pk=vehicle.pk, retired_at=None).first()
    if owned is None:
        raise NotYourVehicle
    if Union.objects.filter(pk=union.pk).values_list("state", flat=True).first() != Union.State.OPEN:
        raise UnionNotOpen
    if union.powertrains and owned.powertrain not in union.powertrains:
        raise VehicleNotEligible(field="vehicle", takes=union.powertrains)
    waits = union.admission == Union.Admission.APPROVAL
    try:
        with transaction.atomic():
            return Membership.objects.create(
                union=union,
                vehicle=owned,
                member=member,
                owner_epoch=owned.owner_epoch,
                state=Membership.State.REQUESTED if waits else Membership.State.ACTIVE,
                joined_at=now,
            )
    except IntegrityError as error:
        if "a_vehicle_is_in_a_union_once" in str(error):
            raise AlreadyMember from None
        raise


@transaction.atomic
def admit(*, membership: Membership, actor: User, now: datetime) -> Membership:
    """Answer a request with yes; the membership begins now.

    Raises:
        NothingToDecide
    """
    row = _requested(membership)
    row.state, row.joined_at = Membership.State.ACTIVE, now
    row.save(update_fields=["state", "joined_at"])
    _record(row, actor=actor, action="member.admitted", now=now)
    return row


@transaction.atomic
def refuse(*, membership: Membership, actor: User, reason: str, now: datetime) -> Membership:
    """Answer a request with no and a reason that the driver reads.

    Raises:
        NothingToDecide
    """
    row = _requested(membership)
    row.state, row.left_at = Membership.State.REFUSED, now
    row.save(update_fields=["state", "left_at"])
    _record(row, actor=actor, action="member.refused", now=now, reason=reason[:200])
    return row


@transaction.atomic
def leave_union(*, membership: Membership, actor: User, notice: Notice, now: datetime) -> Membership:
    """Leave: every grant is withdrawn and the membership ends, together. Leaving again changes nothing.

    Balances are untouched: what is earned and what is still to be settled for delivered rows stays the driver's.

    Raises:
        NotYourMembership
    """
    row = consent.locked(membership=membership, actor=actor, active=False)
    if row.state in (Membership.State.LEFT, Membership.State.REFUSED):
        return row
    consent.withdraw_everything(membership=row, kind=ConsentEvent.Kind.WITHDRAW, notice=notice, now=now)
    return end(row, now=now)


@transaction.atomic
def end_for_new_owner(*, vehicle: Vehicle, now: datetime) -> int:
    """Make void what earlier owners allowed and end their memberships; returns how many ended."""
    shown = notice("owner-1", screen_id="owner-change")
    running = [Membership.State.REQUESTED, Membership.State.TRIAL, Membership.State.ACTIVE]
    ended = 0
    with tenancy.everything():  # whoever takes the car over sees no row of who had it
        rows = Membership.objects.select_for_update().filter(vehicle=vehicle, state__in=running).order_by("pk")
        for row in rows:
            consent.withdraw_everything(membership=row, kind=ConsentEvent.Kind.INVALIDATE, notice=shown, now=now)
            end(row, now=now)
            ended += 1
    return ended


def _requested(membership: Membership) -> Membership:
    row = Membership.objects.select_for_update().get(pk=membership.pk)
    if row.state != Membership.State.REQUESTED:
        raise NothingToDecide
    return row


def end(row: Membership, *, now: datetime) -> Membership:
    """End a membership whose row the caller holds locked."""
    row.state, row.left_at = Membership.State.LEFT, now
    row.save(update_fields=["state", "left_at"])
    return row


def _record(row: Membership, *, actor: User, action: str, now: datetime, **detail: str) -> None:
    trail.record(
        actor=actor,
        action=action,
        object_kind="membership",
        object_id=str(row.pk),
        union_id=row.union_id,
        subject=row.member,
        detail=detail,
        now=now,
    )
