"""Asking for an erasure, and calling an account's back within a week."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dimo.api.models import ApiKey
from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import registry
from vehicles.erasure.steps import Room, Subject, Time, topmost_first
from vehicles.models import ErasedTime, Erasure, TransferOffer, Vehicle, VehicleOwnership
from vehicles.ownership_selectors import STANDING

COOLING_OFF = timedelta(days=7)
State, Scope = Erasure.State, Erasure.Scope


class NothingToErase(DomainError):
    """There is no such vehicle of yours."""

    status = 404


class AlreadyAsked(DomainError):
    """This is being erased already."""


class NotCalledBack(DomainError):
    """The erasure has begun, or was called back before."""


@transaction.atomic
def erase_vehicle(*, owner: User, vehicle: Vehicle, now: datetime) -> Erasure:
    """Ask that all of a person's time with a vehicle be erased, theirs still or not. Nobody reads it from now on.

    Other owners' times stay theirs. Devices are unpaired, memberships end and consents are withdrawn at once.

    Raises:
        NothingToErase, AlreadyAsked
    """
    rows = list(VehicleOwnership.objects.filter(vehicle=vehicle, owner=owner).order_by("epoch"))
    if not rows:
        raise NothingToErase
    erasure = Erasure.objects.create(person=owner, scope=Scope.VEHICLE, state=State.DUE, asked_at=now, due_at=now)
    begin(erasure, rows, now)
    return erasure


@transaction.atomic
def erase_account(*, person: User, now: datetime) -> Erasure:
    """Ask that an account be erased in a week. Vehicles, keys, memberships and consents end now, the rest then.

    Raises:
        AlreadyAsked; what a room has against it, such as LastSteward
    """
    User.objects.select_for_update().get(pk=person.pk)
    for room in topmost_first():
        if room.refuses:
            room.refuses(person)
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                person=person, scope=Scope.ACCOUNT, state=State.WAITING, asked_at=now, due_at=now + COOLING_OFF
            )
    except IntegrityError as error:
        raise AlreadyAsked from error
    begin(erasure, left(person), now)
    ApiKey.objects.filter(user=person, revoked_at=None).update(revoked_at=now)
    transaction.on_commit(lambda: warn(person.email), robust=True)
    return erasure


def warn(address: str) -> None:
    """Tell the person, in case it was not they who asked."""
    page = f"{settings.BASE_URL}/account/erase/"
    text = _(
        "Your account will be erased in %(days)s days. Until then you can keep it, on this page:\n\n%(page)s\n\n"
        "If it was not you who asked, keep it and change how you sign in.\n"
    )
    facts = {"days": COOLING_OFF.days, "page": page}
    send_mail(_("Your account will be erased"), text % facts, None, [address])


def left(person: User) -> QuerySet[VehicleOwnership]:
    """A person's times that are not being erased already; one bought back after an erasure is among them."""
    return VehicleOwnership.objects.filter(STANDING, owner=person).order_by("vehicle", "epoch")


def begin(erasure: Erasure, rows: Iterable[VehicleOwnership], now: datetime) -> None:
    """Mark the times, and end what would go on measuring or licensing them."""
    rows = list(rows)
    try:
        with transaction.atomic():
            mark(erasure, rows)
    except IntegrityError as error:
        raise AlreadyAsked from error
    for vehicle in Vehicle.objects.filter(pk__in=[row.vehicle_id for row in rows], owner=erasure.person).order_by("pk"):
        registry.unpair_all(vehicle=registry.locked(vehicle=vehicle), now=now)
        TransferOffer.objects.filter(vehicle=vehicle, accepted_at=None, withdrawn_at=None).update(withdrawn_at=now)
    subject = subject_of(erasure, now=now)
    for room in topmost_first():
        end(room, subject)
    note(erasure, "asked", now=now)


def end(room: Room, subject: Subject) -> None:
    if room.ends:
        room.ends(subject)


def mark(erasure: Erasure, rows: Iterable[VehicleOwnership]) -> None:
    """From the commit of these rows on no reader is shown the times."""
    ErasedTime.objects.bulk_create(
        ErasedTime(
            erasure=erasure,
            vehicle_id=row.vehicle_id,
            epoch=row.epoch,
            since=row.period.lower,
            until=row.period.upper,
        )
        for row in rows
    )


def subject_of(erasure: Erasure, *, now: datetime) -> Subject:
    """An erasure as the rooms are told of it."""
    marks = list(erasure.times.order_by("vehicle_id", "epoch"))
    every = VehicleOwnership.objects.filter(vehicle__in=[mark.vehicle_id for mark in marks])
    shared = set(every.exclude(owner=erasure.person).values_list("vehicle_id", flat=True))
    times = tuple(
        Time(mark.vehicle_id, mark.epoch, mark.since, mark.until, mark.vehicle_id not in shared) for mark in marks
    )
    return Subject(erasure, erasure.person, times, now)


@transaction.atomic
def call_back(*, erasure: Erasure, now: datetime) -> Erasure:
    """Keep an account whose week is not over. Its data can be read again; devices, keys and consents stay ended.

    Raises:
        NotCalledBack
    """
    erasure = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if erasure.state != State.WAITING or now >= erasure.due_at:
        raise NotCalledBack
    erasure.times.all().delete()
    erasure.state = State.CANCELED
    erasure.save(update_fields=["state"])
    note(erasure, "called_back", now=now)
    return erasure


def note(erasure: Erasure, act: str, *, now: datetime) -> None:
    """Write the fact down; it names no vehicle."""
    trail.record(
        actor=erasure.person,
        action=f"erasure.{act}",
        object_kind="erasure",
        object_id=str(erasure.pk),
        subject=erasure.person,
        detail={"scope": erasure.scope},
        now=now,
    )
