"""What drivers change about the cutting itself: merge, split, delete, and bring back within thirty days.

Each edit is stored as a word about time (`TripSeam`, `HiddenStretch`), and then the drives are found anew under it, so
that the next cutting, on whatever late data, finds the same. Deleting hides a trip from every page and sum and takes
its readings out of every dataset at once; the readings themselves stay in the archive until they are erased.
"""

from datetime import datetime, timedelta

from django.db import transaction

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import hiding
from vehicles.models import Source, Trip, TripSeam
from vehicles.trips import TripChanged, cut_trips, held

UNDO = timedelta(days=30)
APART = timedelta(hours=12)
LEAST_PART = timedelta(seconds=60)


class NotNeighbors(DomainError):
    """Only a trip and the very next one, measured by the same source within 12 hours, can be merged."""

    status = 400


class PointsRemoved(DomainError):
    """The exact positions of this trip were removed, so it cannot be cut anew."""


class SplitOutside(DomainError):
    """The moment of a split lies inside the trip, at least a minute from either end."""

    status = 400


class NotSplit(DomainError):
    """The readings there do not make two drives, so nothing was changed."""


class DeletionFinal(DomainError):
    """The trip was deleted more than 30 days ago, which is final."""


def neighbor_of(*, trip: Trip, later: bool) -> Trip | None:
    """The trip that can be merged with this one, before it or after it, if there is one."""
    near = Trip.objects.filter(source_id=trip.source_id, owner_epoch=trip.owner_epoch)
    if later:
        found = near.filter(started_at__gt=trip.ended_at, started_at__lte=trip.ended_at + APART).order_by("started_at")
    else:
        found = near.filter(ended_at__lt=trip.started_at, ended_at__gte=trip.started_at - APART).order_by("-started_at")
    other = found.first()
    return other if other is not None and other.deleted_at is None else None


@transaction.atomic
def merge_trips(*, trip: Trip, other: Trip, actor: User, now: datetime) -> Trip:
    """Make one drive of two neighbors; what was read between them belongs to it.

    Private if either was. Keeps the tag if both had the same or one had none, else there is no tag. Notes are joined.

    Raises:
        TripChanged, NotNeighbors, PointsRemoved
    """
    if trip.source_id != other.source_id:
        raise NotNeighbors(field="with")
    first, second = sorted((held(trip), held(other)), key=lambda one: one.started_at)
    if first.pk == second.pk or neighbor_of(trip=first, later=True) != second:
        raise NotNeighbors(field="with")
    if first.points_removed_at or second.points_removed_at:
        raise PointsRemoved
    source, begins, ends = first.source, first.started_at, second.ended_at
    source.seams.filter(kind="split", starts_at__gt=first.ended_at, starts_at__lte=second.started_at).delete()
    TripSeam.objects.create(
        source=source, kind="join", starts_at=first.ended_at, ends_at=second.started_at, made_at=now
    )
    tags = {one.tag for one in (first, second) if one.tag}
    note = " · ".join(one.note for one in (first, second) if one.note)[:500]
    merged = at(cut_trips(vehicle=first.vehicle, source=source, since=begins, until=ends, now=now), begins)
    merged.tag, merged.note, merged.edited_at = tags.pop() if len(tags) == 1 else "", note, now
    merged.save(update_fields=["tag", "note", "edited_at"])
    record("trip.merged", merged, actor, now, {"with": str(second.public_id)})
    return merged


@transaction.atomic
def split_trip(*, trip: Trip, moment: datetime, actor: User, now: datetime) -> tuple[Trip, Trip]:
    """Part a trip; the first reading at or after `moment` (aware) begins the later one. Both keep tag and privacy.

    Raises:
        TripChanged, SplitOutside, NotSplit, PointsRemoved
    """
    trip = held(trip)
    if trip.points_removed_at:
        raise PointsRemoved
    if not trip.started_at + LEAST_PART <= moment <= trip.ended_at - LEAST_PART:
        raise SplitOutside(field="moment")
    source = trip.source
    source.seams.filter(kind="join", starts_at__lt=moment, ends_at__gte=moment).delete()
    TripSeam.objects.create(source=source, kind="split", starts_at=moment, ends_at=moment, made_at=now)
    begins, ends = trip.started_at, trip.ended_at
    cut = cut_trips(vehicle=trip.vehicle, source=source, since=begins, until=ends, now=now)
    parts = [one for one in cut if one.started_at <= ends and one.ended_at >= begins]
    if len(parts) < 2:
        raise NotSplit
    for part in parts:
        part.edited_at = now
        part.save(update_fields=["edited_at"])
    record("trip.split", parts[0], actor, now, {"at": moment.isoformat(), "into": str(parts[1].public_id)})
    return parts[0], parts[1]


@transaction.atomic
def delete_trip(*, trip: Trip, actor: User, now: datetime) -> Trip:
    """Hide a trip everywhere and withhold its readings from every dataset; it can come back for 30 days.

    Raises:
        TripChanged
    """
    trip = held(trip)
    trip.deleted_at = now
    trip.save(update_fields=["deleted_at"])
    hiding.withhold(trip=trip, reason="deleted", now=now)
    record("trip.deleted", trip, actor, now, {})
    return trip


@transaction.atomic
def restore_trip(*, trip: Trip, actor: User, now: datetime) -> Trip:
    """Bring a deleted trip back as it was, private if it was private. Idempotent.

    Raises:
        DeletionFinal, TripChanged
    """
    Source.objects.select_for_update().get(pk=trip.source_id)
    found = Trip.objects.select_related("vehicle", "source").filter(pk=trip.pk).first()
    if found is None:
        raise TripChanged
    if found.deleted_at is None:
        return found
    if now - found.deleted_at > UNDO:
        raise DeletionFinal
    found.deleted_at = None
    found.save(update_fields=["deleted_at"])
    hiding.release(trip=found, reason="deleted", now=now)
    begins, ends = found.started_at, found.ended_at
    if found.points_removed_at:
        record("trip.restored", found, actor, now, {})
        return found
    back = at(cut_trips(vehicle=found.vehicle, source=found.source, since=begins, until=ends, now=now), begins)
    record("trip.restored", back, actor, now, {})
    return back


def at(trips: list[Trip], moment: datetime) -> Trip:
    """The trip of a moment.

    Raises:
        TripChanged, where cutting anew found none there
    """
    found = next((trip for trip in trips if trip.started_at <= moment <= trip.ended_at), None)
    if found is None:
        raise TripChanged
    return found


def record(action: str, trip: Trip, actor: User, now: datetime, detail: dict[str, object]) -> None:
    """Into the trail that the owner can read."""
    trail.record(
        actor=actor,
        action=action,
        object_kind="trip",
        object_id=str(trip.public_id),
        subject=actor,
        detail=detail,
        now=now,
    )
