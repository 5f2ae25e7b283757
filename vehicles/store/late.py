"""What came for a day after it was closed: kept in `late_message`, and moved into the lake by a later pass.

Which messages a pass takes is noted before it writes, so that a pass after a crash takes the same ones.
"""

import uuid
from datetime import date
from typing import Any, Final

import duckdb
import structlog
from django.db import connection, transaction

from vehicles.models import SealedDay
from vehicles.store import days, five_minutes, link, seal, table

MOST_FILES: Final = 24  # a day of more files is written anew, as one
WAITING: Final = """
SELECT day FROM sealed_day s WHERE state <> 'sealing' AND (late_until IS NOT NULL OR EXISTS (
    SELECT FROM late_message m
    WHERE m.ts >= s.day::timestamp AT TIME ZONE 'UTC' AND m.ts < (s.day + 1)::timestamp AT TIME ZONE 'UTC'))
ORDER BY day
"""
NEWEST: Final = "SELECT max(id) FROM late_message WHERE ts >= %s AND ts < %s"
MESSAGES: Final = """
SELECT vehicle_id, ts, source_id, sig, val, flag FROM late_message
WHERE ts >= '{since}' AND ts < '{until}' AND id <= {last}
"""
FORGET: Final = "DELETE FROM late_message WHERE ts >= %s AND ts < %s AND id <= %s"
log = structlog.get_logger(__name__)
State = SealedDay.State


def waiting_days() -> list[date]:
    """Sealed days for which something came since, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return [day for (day,) in cursor.fetchall()]


def seal_late(*, day: date, reached: seal.Reached = seal.nothing) -> seal.Moved | None:
    """Move what came late for a sealed day into the lake; None where nothing did. Safe to repeat, to kill and to race.

    `reached` hears: late noted, late written, late verified, late recorded.

    Raises:
        SealerBusy, SealDiffers
    """
    with days.sealing_alone() as holder:
        return move(day=day, reached=reached, holder=holder)


def move(*, day: date, reached: seal.Reached, holder: Any) -> seal.Moved | None:
    """As `seal_late`, where the caller is the only sealer already."""
    row = note(day=day)
    if row is None or row.late_until is None:
        return None
    reached("late noted")
    since, until = days.midnight(day), days.midnight(day) + days.ONE
    with link.workbench() as bench:
        sql = MESSAGES.format(since=since.isoformat(), until=until.isoformat(), last=row.late_until)
        link.load(bench, sql, name=seal.MOVED)
        came = table.digest(bench, seal.MOVED)
        done = table.written_version(days.number(day))
        if came and done <= row.version:
            holder.execute("SELECT 1")  # still the only one
            done = write(bench, row, version=done + 1, anew=len(row.files) >= MOST_FILES)
        reached("late written")
        files = seal.current_files(day)
        if not agree(bench, row, files, came):
            log.warning("late_rewritten", day=str(day))
            done = write(bench, row, version=done + 1, anew=True)
            files = seal.current_files(day)
            if not agree(bench, row, files, came):
                raise seal.SealDiffers(str(day))
        reached("late verified")
        record(row, bench, files, came, version=max(done, row.version))
    reached("late recorded")
    rows, _ = table.summed(came)
    log.info("late_sealed", day=str(day), rows=rows, files=len(files))
    return seal.Moved(day, "late", rows)


@transaction.atomic
def note(*, day: date) -> SealedDay | None:
    """Note which messages are taken: those that are there once all writers in flight are done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [days.DAY_LOCKS, days.number(day)])
        row = SealedDay.objects.filter(pk=day).exclude(state=State.SEALING).first()
        if row is None or row.late_until is not None:
            return row
        cursor.execute(NEWEST, [days.midnight(day), days.midnight(day) + days.ONE])
        (row.late_until,) = cursor.fetchone()
    row.attempt = uuid.uuid4()
    row.save(update_fields=["late_until", "attempt"])
    return row


def write(bench: duckdb.DuckDBPyConnection, row: SealedDay, *, version: int, anew: bool) -> int:
    """Commit what came beside the day's files, or everything `anew` in their place; the transaction's number."""
    rows = seal.MOVED
    if anew and row.files:
        bench.register("recorded", table.dataset(row.files))
        rows = f"(FROM recorded UNION ALL FROM {seal.MOVED})"
    stream = seal.ordered(bench, rows, row.day)
    table.write_day(stream, day=days.number(row.day), version=version, attempt=row.attempt, added=not anew)
    return version


def agree(bench: duckdb.DuckDBPyConnection, row: SealedDay, files: list[str], came: table.Digest) -> bool:
    """Whether the files hold what was recorded and what came, each once."""
    if set(row.files) <= set(files):
        return table.digest_of_files(bench, sorted(set(files) - set(row.files))) == came
    before = table.digest_of_files(bench, row.files)
    return table.digest_of_files(bench, files) == together(before, came)


def together(one: table.Digest, other: table.Digest) -> table.Digest:
    """Counts and checksums of both."""
    found = dict(one)
    for vehicle, (rows, checksum) in other.items():
        known, total = found.get(vehicle, (0, "0"))
        found[vehicle] = (known + rows, str((int(total) + int(checksum)) % 2**64))
    return found


@transaction.atomic
def record(
    row: SealedDay,
    bench: duckdb.DuckDBPyConnection,
    files: list[str],
    came: table.Digest,
    *,
    version: int,
) -> None:
    """From here on readers find what came in the files, and nowhere else.

    Raises:
        SealerBusy
    """
    opened = table.open_table()
    rows, checksum = table.summed(came)
    mine = SealedDay.objects.filter(pk=row.day, attempt=row.attempt, late_until=row.late_until)
    found = mine.update(
        version=version,
        delta_version=opened.version() if opened is not None else 0,
        files=files,
        rows=row.rows + rows,
        checksum=f"{(int(row.checksum or '0', 16) + int(checksum, 16)) % 2**64:016x}",
        late_until=None,
    )
    if not found:
        raise days.SealerBusy(f"Another attempt seals {row.day}.")
    since, until = days.midnight(row.day), days.midnight(row.day) + days.ONE
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [since, until, row.late_until])
    five_minutes.add(buckets=five_minutes.rolled(bench, seal.MOVED, day=row.day))
