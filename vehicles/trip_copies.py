"""Each drive counts once: trips whose points were known before are marked as duplicates, however drivers cut them."""

from collections.abc import Sequence
from datetime import datetime

from vehicles import cutting
from vehicles.drive_points import read_points
from vehicles.models import Trip


def mark_copies(trip: Trip) -> None:
    """Find trips with the same points: those known longer count, the others are their duplicates.

    A trip is held against all longer known ones together: a copy stays one when either side was split or merged.
    """
    if not trip.marks:
        return
    within = Trip.objects.filter(started_at__lte=trip.ended_at, ended_at__gte=trip.started_at)
    sources = set(within.filter(marks__overlap=trip.marks).values_list("source", flat=True)) - {trip.source_id}
    if not sources:
        return
    every = sorted((*within.filter(source__in=sources), trip), key=known)
    places = {one.pk: places_of(one) for one in every}
    for number, later in enumerate(every):
        earlier = [one for one in every[:number] if one.source_id != later.source_id]
        seen = set().union(*(places[one.pk] for one in earlier))
        if later.duplicate_of_id is None and cutting.is_copy(places[later.pk], seen):
            first = max(earlier, key=lambda one, later=later: len(places[one.pk] & places[later.pk]))  # type: ignore[misc]
            later.duplicate_of = first.duplicate_of or first
            later.save(update_fields=["duplicate_of"])
            later.duplicates.update(duplicate_of=later.duplicate_of)


def known(trip: Trip) -> tuple[datetime, int, int]:
    """Since when a trip's points are known; splitting makes nothing older or younger."""
    return trip.known_at, trip.source_id, trip.pk


def places_of(trip: Trip) -> set[int]:
    """A trip's points, each as one number."""
    return cutting.place_marks(
        read_points(vehicle_id=trip.vehicle_id, source_id=trip.source_id, since=trip.started_at, until=trip.ended_at)
    )


def forget(trips: Sequence[Trip]) -> None:
    """Delete rows of trips; the first copy of a deleted trip takes its place as the one that counts."""
    for trip in trips:
        copies = list(trip.duplicates.order_by("pk"))
        if copies:
            Trip.objects.filter(pk__in=[copy.pk for copy in copies]).update(duplicate_of=copies[0])
            Trip.objects.filter(pk=copies[0].pk).update(duplicate_of=None)
        trip.delete()
