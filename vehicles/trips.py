"""Trips of a vehicle: cut from what a source measured, kept private at the owner's wish, each drive counted once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from dimo.errors import DomainError
from vehicles import cutting, signals
from vehicles.cutting import Cut, Point
from vehicles.models import Source, Trip, Vehicle
from vehicles.ownership_selectors import by_tenure, epoch_at, tenures_of
from vehicles.quality import Flag
from vehicles.store import reading

REACH = timedelta(hours=6)  # how far a stretch without gaps is followed back to its beginning
POSITION_DOUBTED = Flag.TELEPORT | Flag.FROZEN
FIELDS = {
    signals.SPEED: "speed",
    signals.IGNITION: "ignition",
    signals.ODOMETER: "odometer",
    signals.BATTERY_LEVEL: "soc",
    signals.FUEL_USED: "fuel_used",
    signals.FUEL_RATE: "fuel_rate",
}


class UnknownTag(DomainError):
    """A trip is tagged business or private use, or not at all."""

    status = 400


@transaction.atomic
def cut_trips(*, vehicle: Vehicle, source: Source, since: datetime, until: datetime, now: datetime) -> list[Trip]:
    """Cut what a source measured in `[since, until]` into trips; returns the trips that lie there now.

    Idempotent: trips found again keep their identity, tag and privacy, and a trip that takes the place of private
    ones is private. Widens the stretch to whole drives, none of which passes from one owner's time into the next.
    A trip whose points nearly all lie in an earlier trip, of whichever vehicle, is marked as its duplicate.
    """
    Source.objects.select_for_update().get(pk=source.pk, vehicle=vehicle)
    since, until = whole_drives(source=source, since=since, until=until)
    points = read_points(vehicle_id=vehicle.pk, source_id=source.pk, since=since, until=until)
    tenures = tenures_of(vehicle=vehicle)
    cuts = [piece for part in by_tenure(points, tenures) for piece in cutting.cut(part)]
    old = list(source.trips.filter(ended_at__gte=since, started_at__lte=until).order_by("started_at"))
    kept = match(cuts, old)
    forget([trip for trip in old if trip not in kept.values()])
    trips = [
        save(
            kept.get(number) or Trip(source=source, vehicle=vehicle),
            piece,
            epoch_at(tenures, piece.started_at),
            overlapping(piece, old),
        )
        for number, piece in enumerate(cuts)
    ]
    for trip in trips:
        mark_copies(trip)
    cut = Source.objects.filter(pk=source.pk, uncut_since__gte=since, uncut_until__lte=until)
    cut.update(uncut_since=None, uncut_until=None)
    return trips


def whole_drives(*, source: Source, since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """The stretch, widened to trips it touches and back to the last gap."""
    near = source.trips.filter(ended_at__gte=since - cutting.GAP, started_at__lte=until + cutting.GAP)
    for started, ended in near.values_list("started_at", "ended_at"):
        since, until = min(since, started), max(until, ended)
    before = reading.messages(vehicle_id=source.vehicle_id, source_id=source.pk, stretches=[(since - REACH, since)])
    for told in reversed(before):
        if since - told.ts > cutting.GAP:
            break
        since = told.ts
    return since, until


def read_points(*, vehicle_id: int, source_id: int, since: datetime, until: datetime) -> list[Point]:
    """What the cutter looks at, in order; positions that are doubted are left out."""
    points = []
    stretch = (since, until + timedelta(microseconds=1))
    for ts, _, sig, val, flag in reading.messages(vehicle_id=vehicle_id, source_id=source_id, stretches=[stretch]):
        at = dict(zip(sig, val, strict=True))
        facts: dict[str, float] = {name: at[signal] for signal, name in FIELDS.items() if signal in at}
        if "ignition" in facts:
            facts["ignition"] = bool(facts["ignition"])
        if signals.LATITUDE in at and signals.LONGITUDE in at:
            place = sig.index(signals.LATITUDE)
            if not (flag and flag[place] & POSITION_DOUBTED):
                facts |= {"lat": at[signals.LATITUDE], "lon": at[signals.LONGITUDE]}
        points.append(Point(at=ts, **facts))  # type: ignore[arg-type]
    return points


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


def save(trip: Trip, piece: Cut, epoch: int, replaced: Sequence[Trip]) -> Trip:
    """Write a drive into its trip, as its owner's of then: it may be cut long after."""
    trip.owner_epoch = epoch
    for name in Cut.__slots__:
        setattr(trip, name, getattr(piece, name))
    trip.private = trip.private or any(other.private for other in replaced)
    trip.duplicate_of = None
    trip.save()
    return trip


def forget(trips: Sequence[Trip]) -> None:
    """Delete trips; the first copy of a deleted trip takes its place as the one that counts."""
    for trip in trips:
        copies = list(trip.duplicates.order_by("pk"))
        if copies:
            Trip.objects.filter(pk__in=[copy.pk for copy in copies]).update(duplicate_of=copies[0])
            Trip.objects.filter(pk=copies[0].pk).update(duplicate_of=None)
        trip.delete()


@transaction.atomic
def forget_trips(*, source: Source) -> int:
    """Delete a source's trips, as when its import is undone; how many there were."""
    trips = list(source.trips.select_for_update())
    forget(trips)
    return len(trips)


def mark_copies(trip: Trip) -> None:
    """Find trips with the same points: the one known longer counts, the other is its duplicate."""
    if not trip.marks:
        return
    twins = Trip.objects.filter(marks__overlap=trip.marks, started_at__lte=trip.ended_at, ended_at__gte=trip.started_at)
    others = list(twins.exclude(pk=trip.pk).order_by("pk"))
    own = places_of(trip) if others else set()
    for twin in others:
        earlier, later = (twin, trip) if twin.pk < trip.pk else (trip, twin)
        places = {twin.pk: places_of(twin), trip.pk: own}
        if later.duplicate_of_id is None and cutting.is_copy(places[later.pk], places[earlier.pk]):
            later.duplicate_of = earlier.duplicate_of or earlier
            later.save(update_fields=["duplicate_of"])
            later.duplicates.update(duplicate_of=later.duplicate_of)


def places_of(trip: Trip) -> set[int]:
    """A trip's points, each as one number."""
    return cutting.place_marks(
        read_points(vehicle_id=trip.vehicle_id, source_id=trip.source_id, since=trip.started_at, until=trip.ended_at)
    )


def set_private(*, trip: Trip, private: bool) -> Trip:
    """Take a trip out of every dataset built from now on, or let it back in. Idempotent."""
    trip.private = private
    trip.save(update_fields=["private"])
    return trip


def set_tag(*, trip: Trip, tag: str) -> Trip:
    """Tag a trip `business`, `private` or, with an empty tag, not at all. Idempotent.

    Raises:
        UnknownTag
    """
    choices = {choice for choice, _ in Trip._meta.get_field("tag").choices or []}
    if tag and tag not in choices:
        raise UnknownTag(f"A trip has no tag {tag!r}; use business, private or nothing.", field="tag")
    trip.tag = tag
    trip.save(update_fields=["tag"])
    return trip
