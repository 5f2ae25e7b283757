"""Drives with positions long past, and what of them is left in each tier."""

from datetime import timedelta

from django.db import connection

from tests.vehicles.factories import drive, make_source
from tests.vehicles.store import world
from vehicles import trips
from vehicles.models import Source
from vehicles.retention import sweeping
from vehicles.signals import CELL, LATITUDE, LONGITUDE, SPEED
from vehicles.store import passes, table

NOW, DAY, START = world.NOW, world.DAY, world.START
POSITIONS = (LATITUDE, LONGITUDE)
IN_POSTGRES = """
SELECT count(*) FROM (SELECT vehicle_id, sig FROM message UNION ALL SELECT vehicle_id, sig FROM late_message) m,
unnest(m.sig) s WHERE s = ANY(%s) AND vehicle_id = %s
"""


def driven(source: Source | None = None, *, days: int = 1, step: int = 1) -> Source:
    """A source with a drive of ten minutes on so many days, cut into trips."""
    source = source or make_source()
    for day in range(0, days * step, step):
        world.store(source, drive(START + timedelta(days=day)))
    trips.cut_trips(vehicle=source.vehicle, source=source, since=START, until=NOW, now=NOW)
    return source


def seal_first() -> None:
    passes.seal_due_days(now=NOW, day=DAY)


def left(source: Source, *signals: int) -> int:
    """How many values any reader finds."""
    found = world.everything([source])
    return sum(signal in signals for signal in found.column("signal_id").to_pylist())


def lying(source: Source) -> int:
    """How many exact positions lie anywhere at all, whatever readers are shown."""
    exact = sweeping.exact_signals()
    with connection.cursor() as cursor:
        cursor.execute(IN_POSTGRES, [exact, source.vehicle_id])
        (count,) = cursor.fetchone()
    opened = table.open_table()
    if opened is not None:
        rows = opened.to_pyarrow_table(columns=["vehicle_id", "signal_id"]).to_pylist()
        count += sum(row["vehicle_id"] == source.vehicle_id and row["signal_id"] in exact for row in rows)
    return count


def kept(source: Source) -> tuple[int, int]:
    return left(source, CELL), left(source, SPEED)
