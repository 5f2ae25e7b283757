"""Carrying an erasure out: step by step, each safe to repeat, so that a worker killed anywhere is taken over."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import connection, transaction

from dimo.errors import DomainError
from vehicles import imports, latest
from vehicles.erasure import asking, certificate, person, rows, tiers
from vehicles.erasure.steps import Subject, Time, count, topmost_first
from vehicles.models import Device, Erasure, Pairing, Vehicle

LOCK: Final = 1_480_677_973  # a number of our own for the advisory lock, beside the person's id
State = Erasure.State
Reached = Callable[[str], None]
log = structlog.get_logger(__name__)


class ErasureBusy(DomainError):
    """Another worker carries out an erasure of this person."""


def nothing(step: str) -> None:
    """Nobody listens."""


def run_erasure(*, erasure_id: UUID, now: datetime, reached: Reached = nothing) -> Erasure:
    """Erase what was asked, if it is due, and sign a certificate. Safe to repeat, to kill and to race.

    `reached` hears each step after it is done: closed, rooms, trips, facts, sources, measured,
    vehicles, person, certified.
    Not inside a transaction: files do not roll back.

    Raises:
        Erasure.DoesNotExist, ErasureBusy, ImportBusy
    """
    erasure = Erasure.objects.select_related("person").get(pk=erasure_id)
    with alone(erasure.person_id), imports.one_at_a_time(erasure.person_id):
        erasure = take(erasure_id, now)
        if erasure.state != State.DUE:
            return erasure
        subject = asking.subject_of(erasure, now=now)
        for name, act in STEPS.items():
            act(subject)
            Erasure.objects.filter(pk=erasure.pk).update(step=name)
            reached(name)
        erasure.refresh_from_db()
    log.info("erased", erasure=str(erasure.pk), scope=erasure.scope)
    return erasure


@contextmanager
def alone(person_id: int) -> Iterator[None]:
    """Be the only one who erases anything of this person.

    Raises:
        ErasureBusy
    """
    key = [LOCK, person_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        if not cursor.fetchone()[0]:
            raise ErasureBusy
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


@transaction.atomic
def take(erasure_id: UUID, now: datetime) -> Erasure:
    """The erasure as it stands; one whose week is over becomes due, with all that came to the account meanwhile."""
    erasure = Erasure.objects.select_for_update(of=("self",)).select_related("person").get(pk=erasure_id)
    if erasure.state == State.WAITING and now >= erasure.due_at:
        erasure.state = State.DUE
        erasure.save(update_fields=["state"])
        asking.mark(erasure, asking.left(erasure.person))
    return erasure


def close(subject: Subject) -> None:
    """Refuse whatever devices go on sending, and end what a room would end.

    The locks are ingest's, in its order: a message being taken in is stored before this, and deleted, or refused.
    """
    for time in subject.times:
        with transaction.atomic():
            paired = Pairing.objects.filter(**rows.of_epoch(time))
            list(Device.objects.select_for_update().filter(pairings__in=paired).order_by("pk"))
            if Vehicle.objects.select_for_update().filter(pk=time.vehicle_id).exists():
                latest.lock(vehicle_id=time.vehicle_id)
            count(erasure=subject.erasure, counts={"vehicles_pairing": rows.gone(paired)})
    with transaction.atomic():
        for room in topmost_first():
            asking.end(room, subject)


def in_rooms(subject: Subject) -> None:
    """Let every room delete its own, the topmost first: pseudonyms cannot be derived once the vehicle is gone."""
    for room in topmost_first():
        if room.erases:
            with transaction.atomic():
                count(erasure=subject.erasure, counts=room.erases(subject))


def each(act: Callable[[Time, Subject], Mapping[str, int]]) -> Callable[[Subject], None]:
    """A step that does one thing for each time, and counts it."""

    def step(subject: Subject) -> None:
        for time in subject.times:
            with transaction.atomic():
                count(erasure=subject.erasure, counts=act(time, subject))

    return step


STEPS: Final[dict[str, Callable[[Subject], None]]] = {
    "closed": close,
    "rooms": in_rooms,
    "trips": each(lambda time, _: rows.erase_trips(time)),
    "facts": each(lambda time, subject: rows.erase_facts(time, subject.person)),
    "sources": each(lambda time, subject: rows.erase_sources(time, subject.person)),
    "measured": tiers.erase_measured,
    "vehicles": each(rows.erase_vehicle_row),
    "person": person.erase,
    "certified": certificate.issue,
}
