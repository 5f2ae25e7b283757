"""What was measured in a time, out of every tier; and the lake's files with every older version of them."""

from datetime import UTC, datetime, timedelta

import pyarrow.dataset as ds
from django.db import connection, transaction
from django.utils import timezone

from vehicles import latest, rollups
from vehicles.erasure.steps import Subject, Time, count
from vehicles.models import Erasure, Vehicle
from vehicles.store import cold, days, five_minutes, lake, table, tiers

MINUTE = timedelta(minutes=1)
HOT = ("message", "late_message")
COUNT = """
SELECT count(*), coalesce(sum(cardinality(sig)), 0) FROM {table} WHERE vehicle_id = %s AND ts >= %s AND ts < %s
"""


def span(time: Time) -> tuple[datetime, datetime]:
    """The time as the store's tables and files are asked for it."""
    if time.alone:
        return lake.ALWAYS
    return time.since or lake.ALWAYS[0], time.until or lake.ALWAYS[1]


def erase_measured(subject: Subject) -> None:
    """Delete messages, what came late, minutes, last values and the lake's rows, then every older file.

    What is there is counted and noted before any of it goes, so that a crash in between loses no count.
    """
    with days.sealing_alone(wait=True) as holder:
        note_counts(subject.erasure, subject.times)
        with transaction.atomic():
            for time in subject.times:
                since, until = span(time)
                lake.ask(vehicle_id=time.vehicle_id, since=since, until=until)
                count(erasure=subject.erasure, counts=forget_minutes(time))
        lake.finish_erasures(holder)
    opened = table.open_table()
    with transaction.atomic():
        for time in subject.times:
            if not time.alone:
                settle_edges(time)
        Erasure.objects.filter(pk=subject.erasure.pk).update(
            lake_after=None if opened is None else opened.version(),
            vacuumed_at=None if opened is None else timezone.now(),
        )


def note_counts(erasure: Erasure, times: tuple[Time, ...]) -> None:
    """Write down how much lies in each tier, once. Files are counted outside a transaction, which would idle long."""
    if "lake values" in Erasure.objects.get(pk=erasure.pk).counts:
        return
    opened = table.open_table()
    counts = {"lake values": sum(sealed_values(time) for time in times)}
    with connection.cursor() as cursor:
        for name in HOT:
            messages = values = 0
            for time in times:
                cursor.execute(COUNT.format(table=name), [time.vehicle_id, *span(time)])
                rows, held = cursor.fetchone()
                messages, values = messages + rows, values + int(held)
            counts |= {name: messages, f"{name} values": values}
    with transaction.atomic():
        Erasure.objects.filter(pk=erasure.pk).update(lake_before=None if opened is None else opened.version())
        count(erasure=erasure, counts=counts)


def sealed_values(time: Time) -> int:
    """How many of a time's values lie in the lake."""
    since, until = span(time)
    files = tiers.sealed_files(since=since, until=until) if not time.alone else tiers.sealed_files()
    if not files:
        return 0
    where = ds.field("vehicle_id") == time.vehicle_id
    if not time.alone:
        where &= (ds.field("ts") >= since) & (ds.field("ts") < until)
    return cold.again_if_gone(lambda: int(table.dataset(files).count_rows(filter=where)))


def forget_minutes(time: Time) -> dict[str, int]:
    """Delete minutes, the ledger of events taken in, and last values; how many rows of each there were."""
    since, until = span(time)
    minute = since.replace(second=0, microsecond=0)
    found = {}
    with connection.cursor() as cursor:
        for name, column, first in (
            ("rollup_1m", "bucket", minute),
            ("ingest_event", "received_at", since),
        ):
            cursor.execute(
                f"DELETE FROM {name} WHERE vehicle_id = %s AND {column} >= %s AND {column} < %s",  # noqa: S608
                [time.vehicle_id, first, until],
            )
            found[name] = int(cursor.rowcount)
    # Whole days; what others keep of them is derived anew once the lake's rows are gone.
    found["rollup_5m"] = five_minutes.forget(vehicle_id=time.vehicle_id, since=since, until=until)
    if time.alone:
        latest.forget(vehicle_id=time.vehicle_id)
    return found


def settle_edges(time: Time) -> None:
    """Make anew what other owners of the vehicle share with the erased time: its edges' minutes, and last values."""
    for edge in (time.since, time.until):
        if edge is not None:
            start = edge.astimezone(UTC).replace(second=0, microsecond=0)
            rollups.rebuild(vehicle_id=time.vehicle_id, since=start, until=start + MINUTE)
    if Vehicle.objects.filter(pk=time.vehicle_id).exists():
        latest.lock(vehicle_id=time.vehicle_id)
        latest.rebuild(vehicle_id=time.vehicle_id)
