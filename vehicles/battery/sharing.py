"""Comparing a battery with those of like cars: an owner's choice, off by default, and figures made on a schedule.

A figure is never made because somebody came or went: all are made at one time, of whole tens of owners, and one that
stands is left as it is until ten owners have come or gone since, a quarter at most. So nobody sees a single car join
or leave. Who leaves is in no figure made from then on, and sees none.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles.battery import peers
from vehicles.battery.parked import known
from vehicles.battery.peers import K, Peer
from vehicles.models import BatteryHealth, ErasedTime, PeerMedian, Vehicle

FRESH = timedelta(days=365)
STANDS = timedelta(days=90)


class OwnerChanged(DomainError):
    """The vehicle belongs to somebody else by now."""

    status = 404


class Like(NamedTuple):
    """Cars that are compared: make and model in small letters, and the age band of the model year."""

    make: str
    model: str
    band: str
    simulated: bool


@transaction.atomic
def set_shared(*, vehicle: Vehicle, shared: bool, actor: User, now: datetime) -> BatteryHealth:
    """Let a battery be compared, or take that back at once. Void with another owner. Idempotent.

    Raises:
        OwnerChanged
    """
    vehicle = Vehicle.objects.select_for_update(of=("self",), no_key=True).get(pk=vehicle.pk)
    if vehicle.owner_id != actor.pk:
        raise OwnerChanged
    kept = known(vehicle)
    if kept.owner_epoch != vehicle.owner_epoch:
        kept.owner_epoch, kept.shared_since, kept.parked_until = vehicle.owner_epoch, None, None
    if (kept.shared_since is not None) != shared:
        kept.shared_since = now if shared else None
        trail.record(
            actor=actor,
            action="battery.shared" if shared else "battery.unshared",
            object_kind="vehicle",
            object_id=str(vehicle.public_id),
            subject=actor,
            now=now,
        )
    kept.save()
    return kept


def like(vehicle: Vehicle, *, now: datetime) -> Like | None:
    """Which cars a vehicle is compared with; None where make, model or year is not told."""
    make, model = vehicle.make.strip().lower(), vehicle.model.strip().lower()
    if not make or not model or vehicle.year is None:
        return None
    return Like(make, model, peers.band_of(vehicle.year, this_year=now.year), vehicle.simulated)


def shares(*, vehicle: Vehicle) -> bool:
    """Whether the owner of now lets the battery be compared."""
    given = BatteryHealth.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch, shared_since__isnull=False)
    return given.exists()


def median_for(*, vehicle: Vehicle, now: datetime) -> PeerMedian | None:
    """The figure of like cars, for an owner who shares; None where there are fewer than ten owners."""
    these = like(vehicle, now=now)
    if these is None or not shares(vehicle=vehicle):
        return None
    return PeerMedian.objects.filter(**these._asdict()).first()


@transaction.atomic
def refresh_medians(*, now: datetime) -> int:
    """Make every figure that is due, all at one time; how many stand afterwards. Called on a schedule alone."""
    standing = {
        Like(row.make, row.model, row.band, row.simulated): row
        for row in PeerMedian.objects.select_for_update().order_by("pk")
    }
    sharing = by_likeness(now=now)
    for these in {*standing, *sharing}:
        refresh(these, standing.get(these), sharing.get(these, []), now)
    return PeerMedian.objects.count()


def by_likeness(*, now: datetime) -> dict[Like, list[Peer]]:
    """Every car whose owner of now shares, with a figure of the last year, by what it is compared with."""
    leaving = ErasedTime.objects.filter(vehicle_id=OuterRef("vehicle"), epoch=OuterRef("owner_epoch"))
    rows = (
        BatteryHealth.objects.filter(
            owner_epoch=F("vehicle__owner_epoch"),
            shared_since__isnull=False,
            health_pct__isnull=False,
            as_of__gte=now - FRESH,
            vehicle__retired_at=None,
        )
        .exclude(Exists(leaving))
        .select_related("vehicle")
    )
    found: dict[Like, list[Peer]] = defaultdict(list)
    for row in rows:
        if (these := like(row.vehicle, now=now)) and row.shared_since and row.health_pct is not None:
            found[these].append(Peer(row.shared_since, row.vehicle.owner_id, row.health_pct))
    return found


def refresh(these: Like, stands: PeerMedian | None, told: Iterable[Peer], now: datetime) -> None:
    told = list(told)
    members = {peer.owner for peer in told}
    if stands and now - stands.computed_at < STANDS and 0 < len(members ^ set(stands.members)) < K:
        return
    made = peers.compare(told)
    if made is None:
        PeerMedian.objects.filter(**these._asdict()).delete()
        return
    PeerMedian.objects.update_or_create(
        **these._asdict(),
        defaults={
            "median_pct": made.median_pct,
            "owners": made.owners,
            "members": sorted(members),
            "computed_at": now,
        },
    )
