"""Moving a day from PostgreSQL into the lake, exactly once, wherever it is killed.

The partition is closed, read, written as the day's whole content, read back and compared, and only then recorded; from
that moment readers use the files. Each step may be repeated: a day's first commit takes the place of whatever an
attempt before it left, and what is committed but not recorded is not read by anybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import duckdb
import structlog
from django.db import OperationalError, transaction

from vehicles.models import SealedDay
from vehicles.store import conf, days, five_minutes, link, table

MOVED: Final = "moved"
PARTITION: Final = """
SELECT vehicle_id, ts, source_id, sig, val, flag FROM message WHERE ts >= '{since}' AND ts < '{until}'
"""
SORTED: Final = """
SELECT vehicle_id, signal_id, ts, value, source_id, flag, {day}::INTEGER AS day,
  (vehicle_id % {buckets})::INTEGER AS bucket
FROM {rows} ORDER BY bucket, signal_id, vehicle_id, ts, source_id
"""
log = structlog.get_logger(__name__)
Reached = Callable[[str], None]
State = SealedDay.State


class SealDiffers(Exception):
    """What lies in the lake is not what was read, even after writing it anew; the day stays where it was."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one day: `step` is sealed, late or dropped; `rows` were moved by it."""

    day: date
    step: str
    rows: int


def nothing(step: str) -> None:
    """Nobody listens."""


def seal_day(*, day: date, now: datetime, reached: Reached = nothing) -> Moved | None:
    """Move one day into the lake; None where it lies there already. Safe to repeat, to kill and to race.

    `reached` hears each step after it is done: closed, read, written, verified, recorded.

    Raises:
        DayNotDue, SealerBusy, SealDiffers; OperationalError where the partition is held for long
    """
    with days.sealing_alone() as holder:
        return move(day=day, now=now, reached=reached, holder=holder)


def move(*, day: date, now: datetime, reached: Reached, holder: Any) -> Moved | None:
    """As `seal_day`, where the caller is the only sealer already."""
    row = days.close(day=day, now=now)
    if row.state != State.SEALING:
        return None
    reached("closed")
    with link.workbench() as bench:
        since, until = days.midnight(day), days.midnight(day) + days.ONE
        link.load(bench, PARTITION.format(since=since.isoformat(), until=until.isoformat()), name=MOVED)
        content = table.digest(bench, MOVED)
        reached("read")
        done = table.written_version(days.number(day))
        if content and done <= row.version:
            holder.execute("SELECT 1")  # still the only one
            done = write(bench, row, version=done + 1, reached=reached)
        files = current_files(day)
        if table.digest_of_files(bench, files) != content:
            # Left by a commit whose rows were erased meanwhile, or by a sealer that lost its lock: write over it.
            log.warning("seal_rewritten", day=str(day))
            done = write(bench, row, version=done + 1, reached=reached)
            files = current_files(day)
            if table.digest_of_files(bench, files) != content:
                raise SealDiffers(str(day))
        reached("verified")
        record(row, bench, content, files, version=max(done, 1), now=now)
    reached("recorded")
    rows, _ = table.summed(content)
    log.info("day_sealed", day=str(day), rows=rows, files=len(files))
    return Moved(day, "sealed", rows)


def write(bench: duckdb.DuckDBPyConnection, row: SealedDay, *, version: int, reached: Reached) -> int:
    """Commit the moved rows as the day's whole content; the transaction's number."""
    table.write_day(ordered(bench, MOVED, row.day), day=days.number(row.day), version=version, attempt=row.attempt)
    reached("written")
    return version


def ordered(bench: duckdb.DuckDBPyConnection, rows: str, day: date) -> Any:
    """Rows in the lake's order, as an Arrow stream."""
    return bench.sql(SORTED.format(rows=rows, day=days.number(day), buckets=conf.buckets())).to_arrow_reader(
        table.BATCH
    )


def current_files(day: date) -> list[str]:
    """The day's files in the newest version of the table."""
    opened = table.open_table()
    return table.day_files(opened, days.number(day)) if opened is not None else []


@transaction.atomic
def record(
    row: SealedDay,
    bench: duckdb.DuckDBPyConnection,
    content: table.Digest,
    files: list[str],
    *,
    version: int,
    now: datetime,
) -> None:
    """From here on readers use the files. An attempt that was taken over records nothing.

    Raises:
        SealerBusy
    """
    opened = table.open_table()
    rows, checksum = table.summed(content)
    mine = SealedDay.objects.filter(pk=row.day, state=State.SEALING, attempt=row.attempt)
    found = mine.update(
        state=State.SEALED,
        version=version,
        delta_version=opened.version() if opened is not None else 0,
        files=files,
        rows=rows,
        checksum=checksum,
        sealed_at=now,
    )
    if not found:
        raise days.SealerBusy(f"Another attempt seals {row.day}.")
    five_minutes.write(buckets=five_minutes.rolled(bench, MOVED, day=row.day))


def waits_for_a_lock(error: OperationalError) -> bool:
    """Whether somebody held what was needed for longer than a sealer may wait."""
    return getattr(error.__cause__, "sqlstate", None) == "55P03"
