"""Drives that are told again: candidates by an index of prints, then an exact comparison of each."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection

from vehicles.models import Trip, TripPrint
from vehicles.movement import evidence, shapes
from vehicles.movement.matching import match
from vehicles.movement.shapes import Fix

MOST_CANDIDATES = 8
LEAST_SHARED = 0.07  # of the smaller number of prints
SAME_PLACES = 0.6
CANDIDATES = """
SELECT trip_id FROM (
    SELECT p.trip_id, cardinality(p.prints) AS size,
           (SELECT count(*) FROM unnest(p.prints) one WHERE one = ANY(%(probes)s::int8[])) AS shared
    FROM vehicles_tripprint p JOIN vehicles_trip t ON t.id = p.trip_id
    WHERE p.prints && %(probes)s::int8[] AND (t.known_at, t.id) < (%(known_at)s, %(trip)s)
      AND NOT (t.vehicle_id = %(vehicle)s AND t.started_at <= %(ended_at)s AND t.ended_at >= %(started_at)s)
) found WHERE shared >= %(share)s * least(size, %(size)s) ORDER BY shared DESC, trip_id LIMIT %(most)s
"""


def keep_prints(*, week: date) -> int:
    """Print the drives of a week that have no fresh prints; how many. Safe twice."""
    trips = evidence.unprinted(week=week)
    for trip in trips:
        fixes = evidence.fixes_of(trip=trip)
        found = {"ended_at": trip.ended_at, "readings": trip.readings}
        found["prints"] = shapes.prints(shapes.track_of(fixes), fixes)
        TripPrint.objects.update_or_create(trip=trip, defaults=found)
    return len(trips)


def original_of(*, trip: Trip, fixes: Sequence[Fix]) -> Trip | None:
    """The drive known before this one, of whichever vehicle, that this one tells again; None for a drive of its own.

    What another source of the same vehicle tells of the same moments is not a copy but the same drive.
    """
    if trip.duplicate_of is not None:
        return trip.duplicate_of
    track = shapes.track_of(fixes)
    if len(track.t) < 3:
        return None
    stays = shapes.runs(track)
    for other in candidates(trip=trip, probes=shapes.probes(track, fixes), size=len(shapes.prints(track, fixes))):
        theirs = evidence.fixes_of(trip=other)
        if shapes.same_places(fixes, theirs) >= SAME_PLACES:
            return other
        their_track = shapes.track_of(theirs)
        found = match(track, their_track, stays, shapes.runs(their_track))
        if found is not None and found.is_copy:
            return other
    return None


def candidates(*, trip: Trip, probes: Sequence[int], size: int) -> list[Trip]:
    """The few earlier known drives that share most prints."""
    facts: dict[str, Any] = {
        "probes": list(probes),
        "known_at": trip.known_at,
        "trip": trip.pk,
        "vehicle": trip.vehicle_id,
        "started_at": trip.started_at,
        "ended_at": trip.ended_at,
        "share": LEAST_SHARED,
        "size": size,
        "most": MOST_CANDIDATES,
    }
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, facts)
        order = [pk for (pk,) in cursor.fetchall()]
    found = Trip.objects.select_related("vehicle").in_bulk(order)
    return [found[pk] for pk in order]


def code_of(*, trip: Trip, original: Trip) -> str:
    """Why a copy is refused: whose drive it repeats."""
    if original.vehicle_id == trip.vehicle_id:
        return "replayed"
    return "one_track_two_vehicles" if owner_of(original) == owner_of(trip) else "track_of_another_owner"


def owner_of(trip: Trip) -> tuple[int, int]:
    """Whoever owned the vehicle then; in another epoch it was somebody else."""
    current = trip.owner_epoch == trip.vehicle.owner_epoch
    return (trip.vehicle.owner_id, 0) if current else (-trip.vehicle_id, trip.owner_epoch)
