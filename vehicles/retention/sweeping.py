"""Take exact positions out of every tier once they are older than their owner keeps them.

A batch is a promise in one transaction (what goes, up to when, which trips lose their points), then the store's own
erasing, which any later pass of the sealer finishes. So a sweep may be killed anywhere and repeated. Areas (signal 57),
roll-ups, trips and everything else stay.

The age of what a device told counts from its moment; that of what a file brought in from the day it was brought in:
who imports ten years of drives wants to see them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final, NamedTuple

import structlog
from django.db import connection, transaction

from vehicles import latest, statements
from vehicles.models import ExactRemoval, ExactWish, SealedDay, Trip
from vehicles.signals import catalog
from vehicles.store import days, lake
from vehicles.store.seal import Reached, nothing

BATCH: Final = 500
MOST_DAYS: Final = 31  # of the lake, rewritten by one batch
BUDGET_SECONDS: Final = 240.0
log = structlog.get_logger(__name__)
DUE: Final = """
SELECT s.id, s.vehicle_id, o.epoch, greatest(r.until, lower(o.period)), least(upper(o.period), h.horizon)
FROM vehicles_source s
JOIN vehicles_vehicleownership o ON o.vehicle_id = s.vehicle_id
LEFT JOIN vehicles_exactwish w ON w.owner_id = o.owner_id
LEFT JOIN vehicles_importbatch b ON b.id = s.batch_id
LEFT JOIN vehicles_exactremoval r ON r.source_id = s.id AND r.owner_epoch = o.epoch
CROSS JOIN LATERAL (SELECT CASE WHEN w.owner_id IS NULL THEN %(default)s WHEN w.next_at <= %(now)s THEN w.next_days
    ELSE w.days END AS days) wish
CROSS JOIN LATERAL (SELECT CASE WHEN wish.days IS NOT NULL OR NOT upper_inf(o.period)
    THEN %(today)s - make_interval(days => coalesce(wish.days, %(default)s)) END AS horizon) h
WHERE (b.id IS NULL OR coalesce(b.finished_at, b.created_at) < h.horizon)
  AND least(upper(o.period), h.horizon) > coalesce(greatest(r.until, lower(o.period)), '-infinity')
ORDER BY s.vehicle_id, s.id, o.epoch LIMIT %(most)s
"""


class Due(NamedTuple):
    """Exact positions of a source in `[since, until)` of one owner's time are to go; since None: all before."""

    source_id: int
    vehicle_id: int
    epoch: int
    since: datetime | None
    until: datetime


def exact_signals() -> list[int]:
    """Signals that tell an exact position, or as good as (altitude, heading): those that leave only with one."""
    return sorted(signal.id for signal in catalog if signal.signal_class == "location")


def sweep(*, now: datetime, seconds: float = BUDGET_SECONDS, reached: Reached = nothing) -> int:
    """Remove what is due, in batches, and begin none after `seconds`; of how many sources. Safe to repeat and to kill.

    `reached` hears of each batch: last values cleared, asked, hot erased, lake erased, files recorded, vacuumed.

    Raises:
        SealerBusy
    """
    end, swept = monotonic() + seconds, 0
    with days.sealing_alone() as holder:
        lake.finish_erasures(holder)  # what a sweep before this one promised and did not come to
        while monotonic() < end and (batch := due(now=now)):
            clear_last_values(batch)
            reached("last values cleared")
            ask(batch, now=now)
            reached("asked")
            lake.finish_erasures(holder, reached)
            swept += len(batch)
            log.info("exact_positions_removed", sources=len(batch))
    return swept


def due(*, now: datetime, most: int = BATCH) -> list[Due]:
    """The next sources to sweep, each no further than one batch may rewrite of the lake."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    facts: dict[str, Any] = {"now": now, "today": today, "default": ExactWish.DEFAULT_DAYS, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(DUE, facts)
        found = [Due._make(row) for row in cursor.fetchall()]
    if not found:
        return []
    first = None if any(each.since is None for each in found) else min(each.since for each in found if each.since)
    end = within_reach(first)
    return [each._replace(until=min(each.until, end)) for each in found if each.since is None or each.since < end]


def within_reach(since: datetime | None) -> datetime:
    """The moment up to which no more than MOST_DAYS days of the lake lie."""
    closed = SealedDay.objects.exclude(files=[]).order_by("day")
    if since is not None:
        closed = closed.filter(day__gte=since.astimezone(UTC).date())
    reach = list(closed.values_list("day", flat=True)[: MOST_DAYS + 1])
    return days.midnight(reach[-1]) if len(reach) > MOST_DAYS else lake.ALWAYS[1]


@transaction.atomic
def ask(batch: Sequence[Due], *, now: datetime) -> None:
    """Promise it: from this commit on nobody reads these positions in the lake, and their trips say that they went."""
    by_window: dict[tuple[int, datetime | None, datetime], list[int]] = {}
    for each in batch:
        by_window.setdefault((each.vehicle_id, each.since, each.until), []).append(each.source_id)
        trips = Trip.objects.filter(source_id=each.source_id, owner_epoch=each.epoch, points_removed_at=None)
        trips.filter(started_at__lt=each.until).update(points_removed_at=now)
    for (vehicle, since, until), sources in by_window.items():
        lake.ask(vehicle_id=vehicle, since=since, until=until, source_ids=sources, signal_ids=exact_signals())
    ExactRemoval.objects.bulk_create(
        [
            ExactRemoval(source_id=each.source_id, owner_epoch=each.epoch, until=each.until, asked_at=now)
            for each in batch
        ],
        update_conflicts=True,
        unique_fields=["source", "owner_epoch"],
        update_fields=["until", "asked_at"],
    )


def clear_last_values(batch: Sequence[Due]) -> None:
    """Forget positions among the last values, and where a track stood, of cars that have told nothing since."""
    windows: dict[int, list[Due]] = {}
    for each in batch:
        windows.setdefault(each.vehicle_id, []).append(each)
    for vehicle, wanted in sorted(windows.items()):
        with transaction.atomic():
            state = latest.lock(vehicle_id=vehicle)
            if forgotten(state, wanted):
                statements.run([latest.saving(states={vehicle: state})])


def forgotten(state: latest.State, wanted: Sequence[Due]) -> bool:
    """Take out of a state what is due; whether anything was."""
    gone = False
    for signal in exact_signals():
        told = state.last.get(signal)
        if told and any(covers(each, told.source_id, told.ts) for each in wanted):
            del state.last[signal]
            gone = True
    for source, track in list(state.tracks.items()):
        for fix in filter(None, (track.fix, track.last, *track.suspects)):
            if any(covers(each, source, datetime.fromtimestamp(fix.t, UTC)) for each in wanted):
                state.tracks.pop(source, None)
                gone = True
    return gone


def covers(each: Due, source_id: int, moment: datetime) -> bool:
    """Whether a source's moment lies in what is due."""
    return each.source_id == source_id and (each.since is None or each.since <= moment) and moment < each.until
