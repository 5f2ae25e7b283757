"""What a driver is shown before cutting anew: both parts of a split, the neighbors of a trip, and how to undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from vehicles import cutting, trip_edits
from vehicles.drive_points import capacity_kwh, read_points, said_by_driver
from vehicles.figures import Cut
from vehicles.models import Trip, TripSeam
from vehicles.trip_edits import APART, LEAST_PART, NotSplit, SplitOutside


@dataclass(frozen=True, slots=True)
class Beside:
    """The trip that can be joined at one end. Without one, `deleted` says whether a deleted trip lies there.

    `parted_at`: where the driver split the two, so that joining undoes it.
    """

    trip: Trip | None
    deleted: bool = False
    parted_at: datetime | None = None


def split_parts(*, trip: Trip, moment: datetime) -> list[Cut]:
    """What splitting at `moment` (aware) would give, in order; nothing is changed.

    Raises:
        SplitOutside, NotSplit
    """
    if not trip.started_at + LEAST_PART <= moment <= trip.ended_at - LEAST_PART:
        raise SplitOutside(field="moment")
    stretch = {"since": trip.started_at, "until": trip.ended_at}
    points = read_points(vehicle_id=trip.vehicle_id, source_id=trip.source_id, **stretch)
    said = said_by_driver(source=trip.source, **stretch)
    joins = [(a, b) for a, b in said.joins if not a < moment <= b]
    seams = said._replace(joins=joins, splits=[*said.splits, moment])
    parts = cutting.cut(points, seams, capacity_kwh(vehicle_id=trip.vehicle_id))
    if len(parts) < 2:
        raise NotSplit
    return parts


def beside(*, trip: Trip, later: bool, seams: Sequence[TripSeam]) -> Beside:
    """What lies before a trip, or after it; `seams` are those around it."""
    found = trip_edits.neighbor_of(trip=trip, later=later)
    if found is None:
        gone = Trip.objects.filter(source_id=trip.source_id, owner_epoch=trip.owner_epoch, deleted_at__isnull=False)
        if later:
            gone = gone.filter(started_at__gt=trip.ended_at, started_at__lte=trip.ended_at + APART)
        else:
            gone = gone.filter(ended_at__lt=trip.started_at, ended_at__gte=trip.started_at - APART)
        return Beside(None, deleted=gone.exists())
    first, second = (trip, found) if later else (found, trip)
    splits = [
        seam.starts_at
        for seam in seams
        if seam.kind == TripSeam.Kind.SPLIT and first.ended_at < seam.starts_at <= second.started_at
    ]
    return Beside(found, parted_at=splits[-1] if splits else None)


def seams_around(*, trip: Trip) -> list[TripSeam]:
    """Where the driver joined or parted drives within a trip and beside it, in order."""
    seams = TripSeam.objects.filter(
        source_id=trip.source_id, ends_at__gte=trip.started_at - APART, starts_at__lte=trip.ended_at + APART
    )
    return list(seams.order_by("starts_at", "pk"))


def joins_within(*, trip: Trip, seams: Sequence[TripSeam]) -> list[TripSeam]:
    """The stops that the driver made part of this trip."""
    return [
        seam
        for seam in seams
        if seam.kind == TripSeam.Kind.JOIN and trip.started_at <= seam.starts_at and seam.ends_at <= trip.ended_at
    ]


def moment_of(*, trip: Trip, local: datetime, zone: ZoneInfo) -> datetime:
    """A moment told by the clock of a zone; where the clock was set back, the one that lies in the trip."""
    told = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return next((at for at in told if trip.started_at <= at <= trip.ended_at), told[0])
