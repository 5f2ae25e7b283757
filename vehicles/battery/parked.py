"""Parked stretches of a vehicle with the levels at their ends, found once and kept, for what is lost while parked.

They lie between drives and charges. Each night takes up where the last stopped; where readings come late, what was
found from there on is forgotten and found anew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from vehicles.battery import drain
from vehicles.battery.drain import Busy, Drain, Gap, Loss
from vehicles.models import BatteryHealth, ChargingSession, ParkedStretch, Trip, Vehicle
from vehicles.signals import BATTERY_LEVEL
from vehicles.store import curves, reading
from vehicles.store.cold import Told

OUTSIDE = 37
AT_ONCE = 200  # drives and charges a step
FURTHEST = timedelta(days=400)
NEAR = timedelta(hours=1)  # a level told later after parking, or earlier before leaving, is not that of the end
HOUR = 3600
LATELY = timedelta(days=90)
MICROSECOND = timedelta(microseconds=1)


@transaction.atomic
def derive(*, vehicle: Vehicle, now: datetime) -> bool:
    """Find the stretches after those that are known, up to 200 drives and charges on; whether more remain.

    Reads at most two hours of messages a stretch, at its ends, and hourly means of the air outside.
    """
    kept = known(vehicle)
    if kept.owner_epoch != vehicle.owner_epoch:
        kept.owner_epoch, kept.shared_since, kept.parked_until = vehicle.owner_epoch, None, None
    begin = kept.parked_until or max(now - FURTHEST, vehicle.owned_since or now - FURTHEST)
    busy = times(vehicle, begin)
    if not busy:
        return False
    end = max(each.until for each in busy)
    found = drain.gaps(busy, since=begin, until=end)
    ParkedStretch.objects.bulk_create(stretches(vehicle, found), ignore_conflicts=True)
    kept.parked_until = end
    kept.save(update_fields=["owner_epoch", "shared_since", "parked_until"])
    return len(busy) == AT_ONCE


def known(vehicle: Vehicle) -> BatteryHealth:
    """The vehicle's row, locked."""
    kept, _ = BatteryHealth.objects.select_for_update().get_or_create(
        vehicle=vehicle, defaults={"owner_epoch": vehicle.owner_epoch}
    )
    return kept


@transaction.atomic
def forget(*, vehicle: Vehicle, since: datetime) -> None:
    """Forget what was found from a moment on, as readings came for it; the next night finds it anew."""
    mine = ParkedStretch.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch)
    late = BatteryHealth.objects.filter(
        vehicle=vehicle, owner_epoch=vehicle.owner_epoch, parked_until__gt=since
    ).select_for_update()
    if not late:
        return
    first = mine.filter(until__gte=since).order_by("since").values_list("since", flat=True).first()
    mine.filter(until__gte=since).delete()
    late.update(parked_until=min(since, first or since))


def times(vehicle: Vehicle, begin: datetime) -> list[Busy]:
    """When the vehicle was driven or charged from a moment on, under its owner of now; hidden trips are drives too."""
    own = Q(vehicle=vehicle, owner_epoch=vehicle.owner_epoch, ended_at__gte=begin)
    found = [
        Busy(*row)
        for rows in (Trip.objects.filter(own), ChargingSession.objects.filter(own, still_open=False))
        for row in rows.order_by("started_at").values_list("started_at", "ended_at")[:AT_ONCE]
    ]
    return sorted(found)[:AT_ONCE]


def stretches(vehicle: Vehicle, found: Sequence[Gap]) -> list[ParkedStretch]:
    """The gaps whose ends tell a level; one that was charged in unseen is none."""
    if not found:
        return []
    ends = [each for gap in found for each in ((gap.since, gap.since + NEAR), (gap.until - NEAR, until(gap)))]
    told = reading.messages(vehicle_id=vehicle.pk, stretches=ends, signal_ids=[BATTERY_LEVEL])
    air = curves.means(
        vehicle_id=vehicle.pk, signal_ids=[OUTSIDE], since=found[0].since, until=found[-1].until, step=HOUR
    )
    losses = [(gap, loss) for gap in found if (loss := loss_of(gap, told)) is not None]
    return [
        ParkedStretch(
            vehicle=vehicle,
            owner_epoch=vehicle.owner_epoch,
            since=loss.since,
            until=loss.until,
            before_pct=loss.before,
            after_pct=loss.after,
            celsius=mean([value for _, at, value in air if gap.since <= at < gap.until]),
        )
        for gap, loss in losses
    ]


def until(gap: Gap) -> datetime:
    """Up to and with the reading that ends a gap."""
    return gap.until + MICROSECOND


def loss_of(gap: Gap, told: Sequence[Told]) -> Loss | None:
    """The levels at a gap's ends, where both were told and six hours lie between; None where it rose."""
    first = [each for each in told if gap.since <= each.ts <= gap.since + NEAR and BATTERY_LEVEL in each.sig]
    last = [each for each in told if gap.until - NEAR <= each.ts <= gap.until and BATTERY_LEVEL in each.sig]
    if not first or not last or last[-1].ts - first[0].ts < drain.LEAST:
        return None
    loss = Loss(first[0].ts, last[-1].ts, level(first[0]), level(last[-1]))
    return loss if loss.after - loss.before <= drain.RISE_PCT else None


def level(told: Told) -> float:
    return float(told.val[list(told.sig).index(BATTERY_LEVEL)])


def mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None


def lately(*, vehicle: Vehicle, epochs: Sequence[int], now: datetime) -> tuple[list[ParkedStretch], Drain | None]:
    """One person's stretches of the last 90 days, newest first, and what they say together.

    None where they are fewer than three or too short for the drain to be told from the reading's own error.
    """
    rows = list(
        ParkedStretch.objects.filter(vehicle=vehicle, owner_epoch__in=epochs, until__gte=now - LATELY).order_by(
            "-since"
        )
    )
    said = drain.drain([Loss(row.since, row.until, row.before_pct, row.after_pct) for row in rows])
    return rows, said if said is not None and said.gaps >= drain.FEW else None
