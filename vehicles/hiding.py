"""What drivers withhold is remembered as stretches of time, so that no cutting brings a moment of it back."""

from collections.abc import Iterable
from datetime import datetime

from vehicles.models import HiddenStretch, Trip


def withhold(*, trip: Trip, reason: str, now: datetime) -> None:
    """Remember a trip's whole time; the caller holds its source's lock. Idempotent."""
    own = HiddenStretch.objects.filter(source_id=trip.source_id, reason=reason)
    if own.filter(starts_at__lte=trip.started_at, ends_at__gte=trip.ended_at).exists():
        return
    own.filter(starts_at__gte=trip.started_at, ends_at__lte=trip.ended_at).delete()
    HiddenStretch.objects.create(
        vehicle_id=trip.vehicle_id,
        source_id=trip.source_id,
        reason=reason,
        starts_at=trip.started_at,
        ends_at=trip.ended_at,
        made_at=now,
    )


def release(*, trip: Trip, reason: str, now: datetime) -> None:
    """Forget the stretches that meet a trip's time, except what other withheld trips of the source lie in."""
    HiddenStretch.objects.filter(
        source_id=trip.source_id, reason=reason, starts_at__lte=trip.ended_at, ends_at__gte=trip.started_at
    ).delete()
    others = Trip.objects.filter(source_id=trip.source_id).exclude(pk=trip.pk)
    others = others.filter(private=True) if reason == "private" else others.filter(deleted_at__isnull=False)
    for other in others:
        withhold(trip=other, reason=reason, now=other.deleted_at or now)


def keep_withheld(*, trips: Iterable[Trip], now: datetime) -> None:
    """Remember whichever of these trips are private."""
    for trip in trips:
        if trip.private:
            withhold(trip=trip, reason="private", now=now)


def deleted_since(*, source_id: int, begins: datetime, ends: datetime) -> datetime | None:
    """Since when a drive is deleted: since its time was, if it lies in such a time."""
    stretches = HiddenStretch.objects.filter(
        source_id=source_id, reason="deleted", starts_at__lte=begins, ends_at__gte=ends
    )
    return stretches.values_list("made_at", flat=True).order_by("made_at").first()
