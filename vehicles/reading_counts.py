"""How many readings of a source were stored, and how many of those doubted, by the UTC day of their arrival.

Beside `RejectionCount`, which counts what was refused: together they say how plausible a vehicle's readings are.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection

from vehicles.models import Source, Vehicle
from vehicles.statements import Write

ADD = """
INSERT INTO reading_count AS c (source_id, day, stored, flagged)
SELECT source_id, %s::date, stored, flagged
FROM unnest(%s::int4[], %s::int4[], %s::int4[]) t(source_id, stored, flagged)
ON CONFLICT (source_id, day) DO UPDATE SET stored = c.stored + excluded.stored, flagged = c.flagged + excluded.flagged
"""


def adding(*, counts: Iterable[tuple[int, int, int]], now: datetime) -> list[Write]:
    """What counts readings that are stored in the same transaction, by (source, stored, doubted); a source once."""
    told = [count for count in counts if count[1]]
    if not told:
        return []
    return [Write(ADD, (now.astimezone(UTC).date(), *map(list, zip(*told, strict=True))))]


def forget(*, source: Source) -> None:
    """A source's readings are gone, so they count no more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM reading_count WHERE source_id = %s", [source.pk])


def delete(*, vehicle: Vehicle) -> int:
    """Erase a vehicle's counts; how many days there were."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM reading_count c USING vehicles_source s WHERE s.id = c.source_id AND s.vehicle_id = %s",
            [vehicle.pk],
        )
        return int(cursor.rowcount)
