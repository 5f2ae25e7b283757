"""Trips of a vehicle: cut from what a source measured, kept private at the owner's wish, each drive counted once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from dimo.errors import DomainError
from vehicles import cutting, hiding
from vehicles.cutting import Cut
from vehicles.drive_points import capacity_kwh, read_points, said_by_driver, whole_drives
from vehicles.models import Source, Trip, Vehicle
from vehicles.ownership_selectors import by_tenure, epoch_at, tenures_of
from vehicles.retention.selectors import removed_until
from vehicles.trip_copies import forget, mark_copies


class UnknownTag(DomainError):
    """A trip is tagged business or private use, or not at all."""

    status = 400


class NoteTooLong(DomainError):
    """A note has at most 500 characters."""

    status = 400


class TripChanged(DomainError):
    """This trip was changed meanwhile. Look at the trips again and repeat what is still wanted."""


@transaction.atomic
def cut_trips(*, vehicle: Vehicle, source: Source, since: datetime, until: datetime, now: datetime) -> list[Trip]:
    """Cut what a source measured in `[since, until]` into trips; returns the trips that lie there now.

    Idempotent: trips found again keep their identity, tag and privacy, and a trip that takes the place of private
    ones is private. What the driver merged, split or deleted stays so. Widens the stretch to whole drives, none of
    which passes from one owner's time into the next. A trip whose points nearly all lie in earlier trips, of
    whichever vehicle, is marked as their duplicate.
    """
    Source.objects.select_for_update().get(pk=source.pk, vehicle=vehicle)
    asked_since = since
    since, until = whole_drives(source=source, since=since, until=until)
    since = after_removal(source, since)
    points = read_points(vehicle_id=vehicle.pk, source_id=source.pk, since=since, until=until)
    tenures = tenures_of(vehicle=vehicle)
    said = said_by_driver(source=source, since=since, until=until)
    capacity = capacity_kwh(vehicle_id=vehicle.pk)
    cuts = [piece for part in by_tenure(points, tenures) for piece in cutting.cut(part, said, capacity)]
    old = list(source.trips.filter(ended_at__gte=since, started_at__lte=until).order_by("started_at"))
    kept = match(cuts, old)
    forget([trip for trip in old if trip not in kept.values()])
    replaced = [overlapping(piece, old) for piece in cuts]  # before a trip that goes on is moved
    trips = [
        save(
            kept.get(number) or begun(source, vehicle, replaced[number]),
            piece,
            epoch_at(tenures, piece.started_at),
            replaced[number],
            now,
        )
        for number, piece in enumerate(cuts)
    ]
    hiding.keep_withheld(trips=trips, now=now)
    for trip in trips:
        mark_copies(trip)
    cut = Source.objects.filter(pk=source.pk, uncut_since__gte=min(since, asked_since), uncut_until__lte=until)
    cut.update(uncut_since=None, uncut_until=None)
    return trips


def after_removal(source: Source, since: datetime) -> datetime:
    """The moment, or the first after the drives whose exact positions are gone: these keep their figures."""
    gone = removed_until(source_id=source.pk)
    if gone is None or since >= gone:
        return since
    last = source.trips.filter(started_at__lt=gone).order_by("-ended_at").values_list("ended_at", flat=True).first()
    return gone if last is None else max(gone, last + timedelta(microseconds=1))


def overlapping(piece: Cut, trips: Iterable[Trip]) -> list[Trip]:
    """Trips that share a moment with a drive."""
    return [trip for trip in trips if trip.started_at <= piece.ended_at and trip.ended_at >= piece.started_at]


def match(cuts: Sequence[Cut], old: Sequence[Trip]) -> dict[int, Trip]:
    """Which earlier trip goes on as which cut: one that starts at the same moment, else the first it overlaps."""
    kept: dict[int, Trip] = {}
    for number, piece in enumerate(cuts):
        candidates = [trip for trip in overlapping(piece, old) if trip not in kept.values()]
        candidates.sort(key=lambda trip, start=piece.started_at: (trip.started_at != start, trip.started_at))  # type: ignore[misc]
        if candidates:
            kept[number] = candidates[0]
    return kept


def save(trip: Trip, piece: Cut, epoch: int, replaced: Sequence[Trip], now: datetime) -> Trip:
    """Write a drive into its trip, as its owner's of then: it may be cut long after."""
    trip.owner_epoch = epoch
    for name in Cut.__slots__:
        setattr(trip, name, getattr(piece, name))
    trip.private = trip.private or any(other.private for other in replaced)
    trip.known_at = max((other.known_at for other in replaced), default=now)
    trip.deleted_at = hiding.deleted_since(source_id=trip.source_id, begins=piece.started_at, ends=piece.ended_at)
    trip.duplicate_of = None
    trip.save()
    return trip


def begun(source: Source, vehicle: Vehicle, replaced: Sequence[Trip]) -> Trip:
    """A new trip, tagged as all that it takes the place of."""
    tags = {other.tag for other in replaced}
    return Trip(source=source, vehicle=vehicle, tag=tags.pop() if len(tags) == 1 else "")


@transaction.atomic
def forget_trips(*, source: Source) -> int:
    """Delete a source's trips, as when its import is undone; how many there were."""
    trips = list(source.trips.select_for_update())
    forget(trips)
    source.hidden_stretches.all().delete()
    source.seams.all().delete()
    return len(trips)


def held(trip: Trip) -> Trip:
    """The trip as it stands, with its source locked: the cutter and two edits never meet. Call in a transaction.

    Raises:
        TripChanged
    """
    Source.objects.select_for_update().get(pk=trip.source_id)
    found = Trip.objects.select_related("vehicle", "source").filter(pk=trip.pk, deleted_at=None).first()
    if found is None:
        raise TripChanged
    return found


@transaction.atomic
def set_private(*, trip: Trip, private: bool, now: datetime | None = None) -> Trip:
    """Take a trip out of every dataset built from now on, or let it back in. Idempotent.

    Raises:
        TripChanged
    """
    trip, moment = held(trip), now or timezone.now()
    trip.private = private
    trip.save(update_fields=["private"])
    if private:
        hiding.withhold(trip=trip, reason="private", now=moment)
    else:
        hiding.release(trip=trip, reason="private", now=moment)
    return trip


@transaction.atomic
def set_tag(*, trip: Trip, tag: str, now: datetime | None = None) -> Trip:
    """Tag a trip `business`, `private` or, with an empty tag, not at all. Idempotent.

    Raises:
        UnknownTag, TripChanged
    """
    choices = {choice for choice, _ in Trip._meta.get_field("tag").choices or []}
    if tag and tag not in choices:
        raise UnknownTag(f"A trip has no tag {tag!r}; use business, private or nothing.", field="tag")
    trip = held(trip)
    if trip.tag != tag:
        trip.tag, trip.edited_at = tag, now or timezone.now()
        trip.save(update_fields=["tag", "edited_at"])
    return trip


@transaction.atomic
def set_note(*, trip: Trip, note: str, now: datetime | None = None) -> Trip:
    """Write a trip's note; an empty one takes it away. Idempotent.

    Raises:
        NoteTooLong, TripChanged
    """
    note = " ".join(note.replace("\x00", "").split())
    if len(note) > 500:
        raise NoteTooLong(field="note")
    trip = held(trip)
    if trip.note != note:
        trip.note, trip.edited_at = note, now or timezone.now()
        trip.save(update_fields=["note", "edited_at"])
    return trip
