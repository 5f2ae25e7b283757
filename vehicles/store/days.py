"""Which days are open: the states of a day, and the locks by which writers and the sealer agree on them.

    open ──close──▶ sealing ──record──▶ sealed ──drop──▶ dropped

A writer holds the shared lock of each day it writes until its transaction ends, and looks at the state under it; the
sealer takes the lock alone to close the day, so it waits for writers in flight and those after it see the day closed.

Days that cannot be due yet are neither locked nor looked up, which is nearly all that devices send. That is safe for
two reasons. A day is closed only when its lateness window is over by the sealer's clock, and a writer skips the lock
only while at least an hour of the window is left by its own. Should clocks or settings differ by more than that, the
closed partition itself refuses the row (CHECK), so the writer fails and nothing is lost.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from dimo.errors import DomainError
from vehicles import partitions
from vehicles.models import SealedDay
from vehicles.store import conf

DAY_LOCKS, STORE_LOCKS = 0x5EA1DA, 0x5EA10C  # classes of advisory locks
SEALER, READERS = 1, 2
EPOCH = date(1970, 1, 1)
MARGIN = timedelta(hours=1)
ONE = timedelta(days=1)
State = SealedDay.State
LOCK_SHARED = "SELECT count(pg_advisory_xact_lock_shared(%s, d)) FROM unnest(%s::int4[]) d"
OLDEST = (
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'message'::regclass"
)


class SealerBusy(DomainError):
    """Another process seals or erases; try again later."""


class DayNotDue(DomainError):
    """The day may still be written to, so it cannot be sealed."""


def number(day: date) -> int:
    """Days since 1970, as the lake's partitions are named."""
    return (day - EPOCH).days


def midnight(day: date) -> datetime:
    """The moment a UTC day begins."""
    return datetime.combine(day, time(), UTC)


def due_at(day: date) -> datetime:
    """From when on a day may be sealed."""
    return midnight(day) + ONE + conf.lateness()


def span(since: datetime, until: datetime) -> tuple[date, date]:
    """First and last UTC day of `[since, until)`."""
    return since.astimezone(UTC).date(), (until.astimezone(UTC) - timedelta(microseconds=1)).date()


def may_be_closed(day: date) -> bool:
    """Whether a sealer might have closed the day; by the clock alone, an hour early."""
    return timezone.now() >= due_at(day) - MARGIN


def closed_among(*, days: Iterable[date]) -> set[date]:
    """Which of these days are closed to ingest; the answer holds until the caller's transaction ends."""
    old = sorted(day for day in set(days) if may_be_closed(day))
    if not old:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SHARED, [DAY_LOCKS, [number(day) for day in old]])
        # A statement of its own: the one that waited for the lock sees the state as it was before it.
        cursor.execute("SELECT day FROM sealed_day WHERE day = ANY(%s)", [old])
        return {day for (day,) in cursor.fetchall()}


@contextmanager
def sealing_alone(*, wait: bool = False) -> "Iterator[psycopg.Connection[Any]]":
    """Be the only process that changes the lake. The connection holds the lock, and is lost with it.

    Raises:
        SealerBusy, unless told to wait
    """
    with psycopg.connect(**connection.get_connection_params()) as holder:
        holder.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        if wait:
            holder.execute("SELECT pg_advisory_xact_lock(%s, %s)", [STORE_LOCKS, SEALER])
        else:
            found = holder.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [STORE_LOCKS, SEALER]).fetchone()
            if not (found and found[0]):
                raise SealerBusy("Another process seals days or erases from the lake.")
        yield holder
        holder.execute("SELECT 1")  # a lock that was lost on the way is an error, not a success


@transaction.atomic
def close(*, day: date, now: datetime) -> SealedDay:
    """Close a day to ingest, or take up one that another attempt left closed; waits for writers in flight.

    Raises:
        DayNotDue; OperationalError where writers or readers keep the partition for more than seconds
    """
    if now < due_at(day):
        raise DayNotDue(f"{day} stays open until {due_at(day):%Y-%m-%d %H:%M} UTC.", field="day")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [DAY_LOCKS, number(day)])
        row, _ = SealedDay.objects.get_or_create(day=day, defaults={"state": State.SEALING, "attempt": uuid.uuid4()})
        if row.state == State.SEALING:
            row.attempt = uuid.uuid4()
            row.save(update_fields=["attempt"])
            cursor.execute("SELECT close_message_partition(%s)", [day])
    return row


@transaction.atomic
def drop_partition(*, row: SealedDay, now: datetime) -> bool:
    """Drop the partition of a day sealed longer than the grace ago; False: too early, or somebody reads it."""
    if row.state != State.SEALED or row.sealed_at is None or now < row.sealed_at + conf.grace():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT drop_message_partition(%s)", [row.day])
        (dropped,) = cursor.fetchone()
    if dropped:
        SealedDay.objects.filter(pk=row.day, state=State.SEALED).update(state=State.DROPPED, dropped_at=now)
        transaction.on_commit(lambda: partitions.forget(days=[row.day]))
    return bool(dropped)


def due_days(*, now: datetime) -> list[date]:
    """Days to be sealed, oldest first: partitions whose lateness window is over, and what was begun."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST)
        made = {day_of(name) for (name,) in cursor.fetchall()}
    done = set(SealedDay.objects.exclude(state=State.SEALING).values_list("day", flat=True))
    return sorted(day for day in made - done if now >= due_at(day))


def day_of(partition: str) -> date:
    """The day that a partition's name says."""
    return datetime.strptime(partition.removeprefix("message_"), "%Y%m%d").replace(tzinfo=UTC).date()


def stretches(since: datetime, until: datetime, sealed: Collection[date]) -> list[tuple[datetime, datetime]]:
    """The parts of `[since, until)` that lie on other days than these, neighbors joined."""
    found: list[tuple[datetime, datetime]] = []
    start = since
    for day in sorted(sealed):
        if midnight(day) > start:
            found.append((start, min(midnight(day), until)))
        start = max(start, midnight(day) + ONE)
    if start < until:
        found.append((start, until))
    return [(low, high) for low, high in found if low < high]
