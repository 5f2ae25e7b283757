"""Erasing from all tiers: hot rows, what came late, roll-ups, and the lake's files with every older version of them."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Any, Final

import psycopg
import structlog
from deltalake import DeltaTable
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from vehicles.models import LakeErasure, SealedDay
from vehicles.signals import charted
from vehicles.store import cold, days, five_minutes, late, link, seal, table

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
WAIT_FOR_READERS: Final = 20.0  # seconds; an erasure outranks a build, which begins anew
State = SealedDay.State
log = structlog.get_logger(__name__)


def delete_vehicle(
    *, vehicle_id: int, since: datetime | None = None, until: datetime | None = None, source_ids: Iterable[int] = ()
) -> int:
    """Delete what was measured of a vehicle in `[since, until)` from every tier; how many values the lake lost.

    `source_ids` limits it to these sources. From the first commit on nobody reads the rows; one that is killed after it
    is finished by the sealer's next pass, or by repeating it. Minutes and last values are the caller's
    (`rollups.rebuild`, `latest.rebuild`). Old versions of the Delta table cannot be read any more. Waits for a
    sealer at work, and no longer than 20 s for readers. Not inside a transaction: files do not roll back.
    """
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("Files do not roll back; ask within, delete after the commit.")
    ask(vehicle_id=vehicle_id, since=since, until=until, source_ids=source_ids)
    with days.sealing_alone(wait=True) as holder:
        return finish_erasures(holder)


def ask(
    *,
    vehicle_id: int,
    since: datetime | None = None,
    until: datetime | None = None,
    source_ids: Iterable[int] = (),
    signal_ids: Iterable[int] = (),
) -> LakeErasure:
    """Take rows from every reader now; they leave the tiers by `delete_vehicle` or the sealer's next pass."""
    return LakeErasure.objects.create(
        vehicle_id=vehicle_id,
        source_ids=sorted(set(source_ids)),
        signal_ids=sorted(set(signal_ids)),
        since=since or ALWAYS[0],
        until=until or ALWAYS[1],
    )


def finish_soon() -> None:
    """Carry out what was asked, unless a sealer is at work; its next pass does it then."""
    with suppress(days.SealerBusy), days.sealing_alone() as holder:
        finish_erasures(holder)


def finish_erasures(holder: Any, reached: seal.Reached = seal.nothing) -> int:
    """Carry out all that was asked, oldest first, where the caller is the only sealer; values the lake lost.

    What readers keep from being taken out of a closed day stays asked for until the next time. `reached` hears:
    hot erased, lake erased, files recorded, vacuumed.
    """
    asked = list(LakeErasure.objects.order_by("pk"))
    if not asked:
        return 0
    finish_late(holder)
    done = [group for group in alike(asked) if forgotten(group)]
    reached("hot erased")
    opened = table.open_table()
    gone = 0
    if opened is not None and done:
        gone = sum(
            int(opened.delete(predicate(group), writer_properties=table.LAYOUT)["num_deleted_rows"] or 0)
            for group in done
        )
        reached("lake erased")
        touched = record_files(opened)
        for erasure in (each for group in done for each in group):
            rebuild_five_minutes(erasure)
        reached("files recorded")
        vacuum(holder)
        log.info("lake_erased", rows=gone, days=touched)
    reached("vacuumed")
    LakeErasure.objects.filter(pk__in=[erasure.pk for group in done for erasure in group]).delete()
    return gone


def alike(asked: Iterable[LakeErasure]) -> list[list[LakeErasure]]:
    """Erasures of some signals that differ in vehicle and sources alone, together: their files are rewritten once."""
    groups: dict[tuple[object, ...], list[LakeErasure]] = {}
    for erasure in asked:
        together = bool(erasure.signal_ids and erasure.source_ids)
        key = (erasure.since, erasure.until, *erasure.signal_ids) if together else (erasure.pk,)
        groups.setdefault(key, []).append(erasure)
    return list(groups.values())


def forgotten(group: Sequence[LakeErasure]) -> bool:
    """Delete from PostgreSQL's messages; False where somebody holds a closed day for long."""
    try:
        forget_hot(group)
    except OperationalError as error:
        if not seal.waits_for_a_lock(error):
            raise
        log.info("erasure_delayed", vehicles=len(group))
        return False
    return True


def predicate(group: Sequence[LakeErasure]) -> str:
    """The rows that go, in Delta's SQL; days as numbers, so that only files of these days are opened."""
    erasure = group[0]
    text = f"vehicle_id IN ({','.join(str(each.vehicle_id) for each in group)})"
    if erasure.since > ALWAYS[0] or erasure.until < ALWAYS[1]:
        first, last = days.span(erasure.since, erasure.until)
        text += f" AND day >= {days.number(first)} AND day <= {days.number(last)}"
        text += f" AND ts >= '{erasure.since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'"
        text += f" AND ts < '{erasure.until.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}'"
    if erasure.signal_ids:
        text += f" AND signal_id IN ({','.join(str(signal) for signal in erasure.signal_ids)})"
    if sources := sources_of(group):
        text += f" AND source_id IN ({','.join(map(str, sources))})"
    return text


def sources_of(group: Sequence[LakeErasure]) -> list[int]:
    """Their sources; each is of one vehicle, so those of all may be named together. None: all of the one vehicle."""
    return [source for erasure in group for source in erasure.source_ids]


def finish_late(holder: Any) -> None:
    """Record what was committed and not recorded, so that the newest version of the table is what PostgreSQL means."""
    begun = SealedDay.objects.filter(late_until__isnull=False).order_by("day")
    for day in begun.values_list("day", flat=True):
        late.move(day=day, reached=seal.nothing, holder=holder)


@transaction.atomic
def forget_hot(group: Sequence[LakeErasure]) -> None:
    """Delete from PostgreSQL's messages, of open days and of closed ones: whole ones, or some signals out of them."""
    erasure = group[0]
    if erasure.signal_ids:
        vehicles = [each.vehicle_id for each in group]
        which: list[Any] = [vehicles, sources_of(group), erasure.signal_ids, erasure.since, erasure.until]
        with connection.cursor() as cursor:
            cursor.execute("SELECT forget_signals(%s::int4[], %s::int4[], %s::int2[], %s, %s)", which)
        return
    facts: list[Any] = [erasure.vehicle_id, erasure.since, erasure.until]
    also = ""
    if erasure.source_ids:
        also, facts = " AND source_id = ANY(%s)", [*facts, erasure.source_ids]
    with connection.cursor() as cursor:
        for name in ("message", "late_message"):
            cursor.execute(f"DELETE FROM {name} WHERE vehicle_id = %s AND ts >= %s AND ts < %s{also}", facts)  # noqa: S608


@transaction.atomic
def record_files(opened: DeltaTable) -> int:
    """Let readers read the files without the deleted rows; how many days have other files now."""
    opened.update_incremental()
    touched = 0
    for row in SealedDay.objects.exclude(state=State.SEALING).order_by("day").iterator():
        files = table.day_files(opened, days.number(row.day))
        if files == sorted(row.files):
            continue
        with link.workbench() as bench:
            row.rows, row.checksum = table.summed(table.digest_of_files(bench, files))
        row.files, row.delta_version = files, opened.version()
        row.save(update_fields=["files", "rows", "checksum", "delta_version"])
        touched += 1
    return touched


@transaction.atomic
def rebuild_five_minutes(erasure: LakeErasure) -> None:
    """Derive the vehicle's buckets anew on the days where some of its rows went."""
    vehicle = erasure.vehicle_id
    if erasure.signal_ids and not charted & set(erasure.signal_ids):
        return
    if erasure.since <= ALWAYS[0] and erasure.until >= ALWAYS[1] and not erasure.source_ids:
        five_minutes.forget(vehicle_id=vehicle, since=ALWAYS[0], until=ALWAYS[1])
        return
    closed = SealedDay.objects.exclude(state=State.SEALING).filter(day__range=days.span(erasure.since, erasure.until))
    five_minutes.forget(vehicle_id=vehicle, since=erasure.since, until=erasure.until)
    for row in closed:
        if not row.files:
            continue
        start, end = days.midnight(row.day), days.midnight(row.day) + days.ONE
        values = cold.in_lake(row.files, [vehicle], [], [(start, end)])
        with link.workbench() as bench:
            bench.register("left_values", values)
            buckets = five_minutes.rolled(bench, "left_values", day=row.day)
        five_minutes.write(buckets=buckets)


def vacuum(holder: "psycopg.Connection[Any]") -> None:
    """Remove every file that the newest version does not name, once readers are done or have had their time."""
    end = monotonic() + WAIT_FOR_READERS
    free = False
    while not free and monotonic() < end:
        asked = holder.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [days.STORE_LOCKS, days.READERS])
        found = asked.fetchone()
        # Asked again and again rather than waited for: new readers would queue behind a waiting lock.
        free = bool(found and found[0]) or Event().wait(0.05)
    if not free:
        log.warning("vacuum_beside_readers", seconds=WAIT_FOR_READERS, at=timezone.now().isoformat())
    opened = table.open_table()
    if opened is not None:
        opened.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)
