"""Judging weeks: who is due, one verdict per vehicle and owner epoch, a new revision only where something changed."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from dimo.errors import DomainError
from vehicles.models import MovementVerdict, Trip, Vehicle
from vehicles.movement import copies, evidence
from vehicles.movement.evidence import Gathered
from vehicles.movement.streaks import monday_of
from vehicles.movement.verdict import Reason, Verdict, judge

CORRECTION = timedelta(days=2)  # after a week's end, for what devices still hold
LOOK_BACK = 5  # weeks: a device's queue may be 30 days old
A_CHUNK = 50
SAME = (
    "proved",
    "earns",
    "kind",
    "km",
    "gps_km",
    "odometer_km",
    "trips",
    "days",
    "witnesses",
    "reasons",
    "trips_digest",
)

# Vehicles with drives, a paired device or a verdict in the week, whose drives are not those last judged.
DUE = """
WITH driven AS (
    SELECT vehicle_id, md5(string_agg(id || ':' || readings || ':' || extract(epoch FROM ended_at), ',' ORDER BY id))
        AS digest
    FROM vehicles_trip WHERE started_at >= %(since)s AND started_at < %(until)s AND deleted_at IS NULL GROUP BY 1
), judged AS (
    SELECT DISTINCT ON (vehicle_id) vehicle_id, trips_digest FROM vehicles_movementverdict
    WHERE week = %(week)s ORDER BY vehicle_id, judged_at DESC, id DESC
), known AS (
    SELECT vehicle_id FROM driven UNION SELECT vehicle_id FROM judged
    UNION SELECT vehicle_id FROM vehicles_pairing WHERE period && tstzrange(%(since)s, %(until)s)
)
SELECT k.vehicle_id FROM known k LEFT JOIN driven d USING (vehicle_id) LEFT JOIN judged j USING (vehicle_id)
WHERE j.trips_digest IS DISTINCT FROM coalesce(d.digest, '') AND k.vehicle_id > %(after)s
ORDER BY 1 LIMIT %(most)s
"""


class WeekOpen(DomainError):
    """The week is not over yet, or its corrections are still awaited."""


def closed(*, week: date, now: datetime) -> bool:
    """Whether a week is over, with its window for corrections."""
    return evidence.bounds_of(week)[1] + CORRECTION <= now


def due_vehicles(*, week: date, after: int = 0, most: int = A_CHUNK) -> list[int]:
    """Vehicles beyond `after` whose week was not judged, or not with the drives it has now; in order."""
    since, until = evidence.bounds_of(week)
    facts: dict[str, Any] = {"since": since, "until": until, "week": week, "after": after, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(DUE, facts)
        return [pk for (pk,) in cursor.fetchall()]


def due_weeks(*, now: datetime) -> list[date]:
    """Closed weeks that may have something due: the last five, and those of drives that were known lately."""
    this = monday_of(now)
    weeks = {this - timedelta(weeks=back) for back in range(1, LOOK_BACK + 1)}
    lately = Trip.objects.filter(known_at__gte=now - timedelta(weeks=1)).dates("started_at", "week")
    return sorted(week for week in weeks | set(lately) if closed(week=week, now=now))


def judge_week(*, week: date, now: datetime) -> int:
    """Judge every vehicle that is due; how many revisions were made. Resumable, and safe twice and at once.

    Raises:
        WeekOpen
    """
    if not closed(week=week, now=now):
        raise WeekOpen(f"The week of {week} can be judged two days after its end.", field="week")
    copies.keep_prints(week=week)
    made, after = 0, 0
    while vehicle_ids := due_vehicles(week=week, after=after):
        made += judge_vehicles(vehicle_ids=vehicle_ids, week=week, now=now)
        after = vehicle_ids[-1]
    return made


@transaction.atomic
def judge_vehicles(*, vehicle_ids: Sequence[int], week: date, now: datetime) -> int:
    """Judge some vehicles' weeks, whose prints are kept; how many revisions were made.

    The vehicles are locked in order, so that two workers on one week make one revision between them.
    """
    vehicles = list(Vehicle.objects.select_for_update().filter(pk__in=vehicle_ids).order_by("pk"))
    digests = digests_of(vehicle_ids=vehicle_ids, week=week)
    newest = current(vehicle_ids=vehicle_ids, week=week)
    fresh: list[MovementVerdict] = []
    judged: dict[int, list[tuple[Gathered, Verdict, dict[int, str]]]] = {}
    for found in evidence.gather(vehicles=vehicles, week=week):
        originals = originals_of(found)
        drives = [replace(drive, copy=originals.get(drive.trip_id, ("", ""))[0]) for drive in found.week.drives]
        verdict = judge(replace(found.week, drives=drives))
        copied = {trip: public for trip, (_, public) in originals.items()}
        judged.setdefault(found.vehicle.pk, []).append((found, verdict, copied))
    for found_ones in judged.values():
        for found, verdict, copied in one_epoch_earns(found_ones):
            row = row_of(found, verdict, copied, week, digests.get(found.vehicle.pk, ""), now)
            before = newest.get((found.vehicle.pk, found.epoch))
            row.revision = before.revision + 1 if before else 1
            if before is None or any(getattr(row, name) != getattr(before, name) for name in SAME):
                fresh.append(row)
    MovementVerdict.objects.bulk_create(fresh)
    return len(fresh)


def originals_of(found: Gathered) -> dict[int, tuple[str, str]]:
    """Drives that are copies: by trip, why, and which drive of their owner's own it repeats."""
    copied: dict[int, tuple[str, str]] = {}
    for trip in found.trips:
        original = copies.original_of(trip=trip, fixes=found.fixes[trip.pk])
        if original is not None:
            code = copies.code_of(trip=trip, original=original)
            # Whose drive it is stays between the platform and its owner.
            copied[trip.pk] = code, "" if code == "track_of_another_owner" else str(original.public_id)
    return copied


def one_epoch_earns(
    judged: list[tuple[Gathered, Verdict, dict[int, str]]],
) -> list[tuple[Gathered, Verdict, dict[int, str]]]:
    """In a week with two owners the one who drove more earns: a vehicle earns once a week."""
    earning = [verdict for _, verdict, _ in judged if verdict.earns]
    best = max(earning, key=lambda verdict: verdict.km, default=None)
    return [
        (found, verdict, copied)
        if not verdict.earns or verdict is best
        else (
            found,
            replace(verdict, earns=False, reasons=[*verdict.reasons, Reason("another_epoch_earns")]),
            copied,
        )
        for found, verdict, copied in judged
    ]


def digests_of(*, vehicle_ids: Sequence[int], week: date) -> dict[int, str]:
    """What `DUE` compares, of the drives as they are now."""
    parts: dict[int, list[str]] = {}
    since, until = evidence.bounds_of(week)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT vehicle_id, id || ':' || readings || ':' || extract(epoch FROM ended_at) FROM vehicles_trip"
            " WHERE vehicle_id = ANY(%s) AND started_at >= %s AND started_at < %s AND deleted_at IS NULL ORDER BY id",
            [list(vehicle_ids), since, until],
        )
        for vehicle_id, part in cursor.fetchall():
            parts.setdefault(vehicle_id, []).append(part)
    return {pk: hashlib.md5(",".join(told).encode(), usedforsecurity=False).hexdigest() for pk, told in parts.items()}


def current(*, vehicle_ids: Sequence[int], week: date) -> dict[tuple[int, int], MovementVerdict]:
    """The newest revision by vehicle and owner epoch."""
    rows = MovementVerdict.objects.filter(vehicle__in=vehicle_ids, week=week).order_by("revision")
    return {(row.vehicle_id, row.owner_epoch): row for row in rows}


def row_of(
    found: Gathered, verdict: Verdict, copied: dict[int, str], week: date, digest: str, now: datetime
) -> MovementVerdict:
    names = {trip.pk: str(trip.public_id) for trip in found.trips}
    drives = [
        {
            "trip": names[drive.trip_id],
            "kind": drive.kind,
            "signed": drive.signed,
            "gps_km": round(drive.gps_km, 3),
            "wheel_km": None if drive.wheel_km is None else round(drive.wheel_km, 3),
            "fixes": drive.fixes,
            "doubted": drive.doubted,
            "tow_km": round(drive.tow_km, 3),
            "refused": verdict.refused.get(drive.trip_id, ""),
            "copy_of": copied.get(drive.trip_id, ""),
        }
        for drive in found.week.drives
    ]
    return MovementVerdict(
        vehicle=found.vehicle,
        owner_epoch=found.epoch,
        week=week,
        powertrain=found.vehicle.powertrain,
        evidence={"drives": drives, "tow_km": round(found.week.tow_km, 3), "readings": found.week.readings},
        trips_digest=digest,
        judged_at=now,
        reasons=[asdict(reason) for reason in verdict.reasons],
        **{name: getattr(verdict, name) for name in (*SAME[:9], "signed_share")},
    )


def erase(*, vehicle: Vehicle) -> int:
    """Take out every verdict on a vehicle, as when its owner is erased; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_movement(%s)", [vehicle.pk])
        return int(cursor.fetchone()[0])
