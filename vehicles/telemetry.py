"""The hot tier: what was measured, one row per message, written by COPY and never by the ORM."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from vehicles import copying, latest, quality, reading_counts, rollups, sheets, statements
from vehicles.latest import State
from vehicles.models import Source, Vehicle
from vehicles.partitions import ensure_days
from vehicles.quality import Compared, Refusal, Row, Stored
from vehicles.readings import Outcome, Readings
from vehicles.sheets import Sheet
from vehicles.signals import CELL, by_id
from vehicles.statements import Write
from vehicles.store import days, lake, reading, tiers

CONTEXT = timedelta(seconds=120)  # a frozen position takes a minute to show
APART = timedelta(minutes=10)
MAX_NAMES = 50
NEIGHBORS = """
SELECT m.ts, m.source_id, m.sig, m.val
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS stretch(first, last)
JOIN message m ON m.vehicle_id = %(vehicle)s AND m.ts BETWEEN stretch.first AND stretch.last
WHERE m.ts BETWEEN %(first)s AND %(last)s
ORDER BY m.ts
"""
COUNT = """
INSERT INTO vehicles_rejectioncount AS c (source_id, day, signal, code, count, sample)
SELECT %s, %s, * FROM unnest(%s::text[], %s::text[], %s::int4[], %s::jsonb[])
ON CONFLICT (source_id, day, signal, code) DO UPDATE SET count = c.count + excluded.count
"""
AWAIT_CUT = """
UPDATE vehicles_source s SET
    uncut_since = least(s.uncut_since, new.first), uncut_until = greatest(s.uncut_until, new.last),
    uncharged_since = least(s.uncharged_since, new.first), uncharged_until = greatest(s.uncharged_until, new.last)
FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::int4[]) new(first, last, source_id) WHERE s.id = new.source_id
"""


@transaction.atomic
def store_readings(
    *, vehicle: Vehicle, source: Source, readings: Readings, now: datetime, max_age: timedelta | None = None
) -> Outcome:
    """Check and store what a source measured, in one transaction; the same readings again are `duplicate`.

    Messages need not be sorted; units and ranges are the catalog's. A reading that fails a check is counted
    in `Outcome.rejected` and in RejectionCount with its reason; the rest of its message lives. `max_age` None
    admits readings of any age (files); a device is given 30 days. Creates the days' partitions, and leaves the
    stretch to be cut into trips noted on the source.
    """
    screened = quality.screen(readings, now=now, max_age=max_age)
    compared = write(vehicle_id=vehicle.pk, source_id=source.pk, moments=screened.moments)
    refused = screened.refused + compared.refused
    count_refusals(source_id=source.pk, refused=refused, now=now)
    stored, flagged = tally(compared.rows)
    statements.run(reading_counts.adding(counts=[(source.pk, stored, flagged)], now=now))
    return Outcome(
        stored=stored,
        duplicate=len(screened.duplicates) + len(compared.duplicates),
        flagged=flagged,
        rejected=Counter((name_of(refusal.signal), refusal.code) for refusal in refused),
    )


class Placed(NamedTuple):
    """Rows to be copied, the vehicle's locked state, and which days are closed; `settling` says what must follow."""

    vehicle_id: int
    source_id: int
    compared: Compared
    state: State | None = None
    closed: Collection[date] = ()


def write(*, vehicle_id: int, source_id: int, moments: Mapping[datetime, dict[int, float]]) -> Compared:
    """Store screened readings, in order, with roll-ups and last values; inside the caller's transaction."""
    placed = place(vehicle_id=vehicle_id, source_id=source_id, moments=moments)
    copy([placed])
    statements.run(settling([placed]))
    return placed.compared


def place(
    *, vehicle_id: int, source_id: int, moments: Mapping[datetime, dict[int, float]], state: State | None = None
) -> Placed:
    """Make rows of screened readings, for `copy`; the vehicle stays locked until the transaction ends.

    `state` is the vehicle's where the caller has it locked already; it is brought up to the readings.
    """
    if not moments:
        return Placed(vehicle_id, source_id, Compared())
    order = list(moments)
    closed = opened(order)
    state = latest.lock(vehicle_id=vehicle_id) if state is None else state
    track = state.track_of(source_id, before=order[0])
    # Nearly always readings are newer than all that is stored; then there is nothing to compare them with.
    stored = [] if state.follows(order[0]) else neighbors(vehicle_id=vehicle_id, order=order)
    compared = quality.compare(moments, source_id=source_id, stored=stored, track=track)
    if compared.rows:
        state.remember(source_id, compared.rows, track)
    return Placed(vehicle_id, source_id, compared, state, closed)


def place_sheet(
    *, vehicle_id: int, source_id: int, sheet: Sheet, state: State, now: datetime, max_age: timedelta
) -> Placed | None:
    """As `place`, for a sheet that nothing speaks against; None: `quality` must look at each of its messages."""
    if not state.follows(sheet.moments[0]):
        return None
    track = state.track_of(source_id, before=sheet.moments[0])
    rows = sheets.believed(sheet, track=track, now=now, oldest=max(quality.EARLIEST, now - max_age))
    if rows is None:
        return None
    closed = opened(sheet.moments)
    state.remember(source_id, rows, track)
    return Placed(vehicle_id, source_id, Compared(rows), state, closed)


def opened(moments: Iterable[datetime]) -> set[date]:
    """Have partitions for the days of these moments; which of the days are closed."""
    told = {ts.date() for ts in moments}
    closed = days.closed_among(days=told)
    ensure_days(days=told - closed)
    return closed


def settling(every: Iterable[Placed]) -> list[Write]:
    """What brings minutes, last values and the trip cutter up to copied rows; reads nothing."""
    fresh = [placed for placed in every if placed.compared.rows]
    if not fresh:
        return []
    states = {placed.vehicle_id: placed.state for placed in fresh if placed.state is not None}
    stretches = [(placed.compared.rows[0].ts, placed.compared.rows[-1].ts, placed.source_id) for placed in fresh]
    return [
        *rollups.addition(told=[(placed.vehicle_id, placed.compared.rows) for placed in fresh]),
        latest.saving(states=states),
        Write(AWAIT_CUT, tuple(map(list, zip(*stretches, strict=True)))),
    ]


def counting(every: Iterable[Placed], *, now: datetime) -> list[Write]:
    """What adds copied rows to the day's counts."""
    counts = [(placed.source_id, *tally(placed.compared.rows)) for placed in every]
    return reading_counts.adding(counts=counts, now=now)


def neighbors(*, vehicle_id: int, order: Sequence[datetime]) -> list[Stored]:
    """The vehicle's stored rows among and shortly before these ordered moments."""
    starts, ends = [order[0] - CONTEXT], [order[0]]
    for ts in order:
        if ts - ends[-1] > APART:
            starts.append(ts - CONTEXT)
            ends.append(ts)
        ends[-1] = ts
    if days.may_be_closed(starts[0].date()):
        wanted = [(start, end + timedelta(microseconds=1)) for start, end in zip(starts, ends, strict=True)]
        told = reading.messages(vehicle_id=vehicle_id, stretches=wanted)
        return [Stored(each.ts, each.source_id, dict(zip(each.sig, each.val, strict=True))) for each in told]
    with connection.cursor() as cursor:
        cursor.execute(
            NEIGHBORS,
            {"vehicle": vehicle_id, "starts": starts, "ends": ends, "first": starts[0], "last": ends[-1]},
        )
        return [
            Stored(ts.astimezone(UTC), source_id, dict(zip(sig, val, strict=True)))
            for ts, source_id, sig, val in cursor.fetchall()
        ]


def copy(every: Iterable[Placed]) -> None:
    """Write placed rows by binary COPY; those of closed days among what came late for them."""
    parts: dict[str, list[bytes]] = {copying.STATEMENT: [], copying.LATE: []}
    for placed in every:
        rows, late = placed.compared.rows, []
        if placed.closed:
            late = [row for row in rows if row.ts.date() in placed.closed]
            rows = [row for row in rows if row.ts.date() not in placed.closed]
        for statement, part in ((copying.STATEMENT, rows), (copying.LATE, late)):
            if part:
                data = copying.encode(part, vehicle_id=placed.vehicle_id, source_id=placed.source_id)
                parts[statement].append(data)
    for statement, encoded in parts.items():
        if encoded:
            statements.copy(statement, b"".join([copying.HEADER, *encoded, copying.TRAILER]))


def count_refusals(*, source_id: int, refused: Sequence[Refusal], now: datetime) -> None:
    """Add refused readings to the day's counts by signal and reason, keeping the first as a sample."""
    samples: dict[tuple[str, str], str] = {}
    for refusal in refused:
        key = (name_of(refusal.signal), refusal.code)
        if key not in samples:
            samples[key] = json.dumps({"at": refusal.ts.isoformat(), "value": str(refusal.value)})
    names = [(name_of(refusal.signal), refusal.code) for refusal in refused]
    count_names(source_id=source_id, names=names, now=now, samples=samples)


def count_names(
    *,
    source_id: int,
    names: Iterable[tuple[str, str]],
    now: datetime,
    samples: Mapping[tuple[str, str], str] | None = None,
) -> None:
    """Add (name, code) pairs to the day's counts; beyond fifty names in one go the rest is counted without name."""
    counts: Counter[tuple[str, str]] = Counter()
    for name, code in names:
        counts[(name, code) if (name, code) in counts or len(counts) < MAX_NAMES else ("", code)] += 1
    if not counts:
        return
    keys = sorted(counts)  # one order for all, so that two writers never wait for each other
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT,
            [
                *(source_id, now.astimezone(UTC).date()),
                *([name for name, _ in keys], [code for _, code in keys], [counts[key] for key in keys]),
                [(samples or {}).get(key, "{}") for key in keys],
            ],
        )


def tally(rows: Iterable[Row]) -> tuple[int, int]:
    """How many readings these rows hold and how many of them are flagged; derived cells are not counted."""
    stored = flagged = 0
    for row in rows:
        derived = CELL in row.signals
        stored += len(row.signals) - derived
        if any(row.flags):
            flagged += sum(1 for flag in row.flags if flag) - (derived and row.flags[-1] > 0)
    return stored, flagged


def name_of(signal: int) -> str:
    """A signal's name, or its number where the catalog has none."""
    return by_id[signal].name if signal in by_id else str(signal)


@transaction.atomic
def delete_readings(*, source: Source) -> int:
    """Delete every row of a source, with what was derived from it except trips; the number of rows deleted."""
    latest.lock(vehicle_id=source.vehicle_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH gone AS (DELETE FROM message WHERE vehicle_id = %s AND source_id = %s RETURNING ts),"
            " late AS (DELETE FROM late_message WHERE vehicle_id = %s AND source_id = %s RETURNING ts),"
            " every AS (TABLE gone UNION ALL TABLE late) SELECT count(*), min(ts), max(ts) FROM every",
            [source.vehicle_id, source.pk] * 2,
        )
        rows, first, last = cursor.fetchone()
    sealed = tiers.extent(vehicle_id=source.vehicle_id, source_id=source.pk)
    if sealed is not None:
        first, last = min(first or sealed.first, sealed.first), max(last or sealed.last, sealed.last)
        rows += sealed.moments
        lake.ask(vehicle_id=source.vehicle_id, source_ids=[source.pk])
        transaction.on_commit(lake.finish_soon)
    reading_counts.forget(source=source)
    if rows:
        rollups.rebuild(vehicle_id=source.vehicle_id, since=first, until=last + timedelta(minutes=1))
        latest.rebuild(vehicle_id=source.vehicle_id)
    return int(rows)
