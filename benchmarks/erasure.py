"""A vehicle's year leaves: exported in little memory, then erased from every tier, with the certificate.

The vehicle tells 30 signals a second for an hour a day (39 million values in a year); neighbors share its files. The
last 40 days are still in PostgreSQL too, as by default. Sizes: BENCH_ERASURE_DAYS (365), BENCH_ERASURE_NEIGHBORS (20).
Nothing is recorded below 30 million values, so that a trial run changes no figures.
"""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.database import database
from benchmarks.store import copy, noting, roll_up

DAYS = int(os.environ.get("BENCH_ERASURE_DAYS", "365"))
NEIGHBORS = int(os.environ.get("BENCH_ERASURE_NEIGHBORS", "20"))
SIGNALS, SECONDS, A_DAY, HOT_DAYS, FIRST = 30, 3600, 11, 40, date(2025, 9, 1)
FIRST_MOMENT = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
ENOUGH = 30_000_000
LIMIT_SECONDS, LIMIT_MB = 60, 512
BUILD = """
import django, sys
from dimo import tenancy
django.setup()
tenancy.work_for_the_platform()
from datetime import datetime
from django.conf import settings
from uuid import UUID
settings.LAKE_URL, settings.EMAIL_BACKEND = sys.argv[3], "django.core.mail.backends.dummy.EmailBackend"
from vehicles.exports import building
building.build_export(export_id=UUID(sys.argv[1]), now=datetime.fromisoformat(sys.argv[2]))
"""


def main() -> None:
    os.environ["SEAL_GRACE_MINUTES"] = "0"
    with database() as postgres, tempfile.TemporaryDirectory() as name:
        from django.conf import settings

        settings.LAKE_URL = name
        with postgres.connect() as session:
            over = measure(session, Path(name))
    if over:
        raise SystemExit(1)


def measure(session: Any, folder: Path) -> bool:
    from vehicles.models import Vehicle

    values = SIGNALS * SECONDS * DAYS
    note = noting(values >= ENOUGH)
    vehicle = Vehicle.objects.get(pk=drive(session))
    note("erasure, values of the vehicle", values, "values", None, None)
    seconds, megabytes = export(vehicle, str(folder))
    note("export of a vehicle-year", seconds, "s", None, None)
    note("export of a vehicle-year, most memory", megabytes, "MB", 1, megabytes / LIMIT_MB)
    took, counts = erase(vehicle)
    if counts["lake values"] < values:
        raise SystemExit(f"only {counts['lake values']} of {values} values were erased")
    note("erasure of a vehicle-year", took, "s", 1, took / LIMIT_SECONDS)
    return took > LIMIT_SECONDS or megabytes > LIMIT_MB


def drive(session: Any) -> int:
    """Make the vehicle's year and its neighbors', seal it, and drop what would be dropped; the vehicle's number."""
    from dimo.users.models import User
    from vehicles import copying
    from vehicles.models import SealedDay, Source, Vehicle
    from vehicles.quality import Row
    from vehicles.store import days, seal

    owner = User.objects.create_user("driver@example.org")
    fleet = [Vehicle.objects.create(owner=owner) for _ in range(1 + NEIGHBORS)]
    Vehicle.objects.filter(pk__in=[each.pk for each in fleet[1:]]).update(nickname="neighbor")
    sources = [Source.objects.create(vehicle=each, kind="simulator") for each in fleet]
    random, numbers, clean = np.random.default_rng(7), list(range(1, SIGNALS + 1)), [0] * SIGNALS
    session.execute("SELECT ensure_message_partitions(%s::date, %s::date)", [FIRST, FIRST + timedelta(days=DAYS)])
    values = np.round(random.normal(50, 20, (SECONDS, SIGNALS)), 1).tolist()
    for number in range(DAYS):
        start = datetime(FIRST.year, FIRST.month, FIRST.day, 7, tzinfo=UTC) + timedelta(days=number)
        data = b""
        for place, source in enumerate(sources):
            count, step = (SECONDS, 1) if place == 0 else (A_DAY, 300)
            told = [Row(start + timedelta(seconds=step * i), numbers, values[i], clean) for i in range(count)]
            data += copying.encode(told, vehicle_id=source.vehicle_id, source_id=source.pk)
        copy(session, copying.STATEMENT, copying.HEADER + data + copying.TRAILER)
    session.execute("ANALYZE message")
    roll_up(session, FIRST_MOMENT, FIRST_MOMENT + timedelta(days=DAYS))
    trips(fleet[0], sources[0])
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        seal.seal_day(day=day, now=NOW)
        if number < DAYS - HOT_DAYS:
            days.drop_partition(row=SealedDay.objects.get(pk=day), now=NOW)
    return int(fleet[0].pk)


def trips(vehicle: Any, source: Any) -> None:
    """Two drives a day."""
    from vehicles.models import Trip

    start = datetime(FIRST.year, FIRST.month, FIRST.day, 7, tzinfo=UTC)
    Trip.objects.bulk_create(
        Trip(
            vehicle=vehicle,
            owner_epoch=1,
            source=source,
            started_at=start + timedelta(days=n // 2, minutes=30 * (n % 2)),
            ended_at=start + timedelta(days=n // 2, minutes=30 * (n % 2) + 29),
            distance_km=20,
            readings=1740,
            marks=list(range(n * 100, n * 100 + 100)),
        )
        for n in range(2 * DAYS)
    )


def export(vehicle: Any, lake: str) -> tuple[float, float]:
    """Seconds, and the most megabytes that the building process had."""
    from vehicles.exports import building
    from vehicles.models import DataExport

    asked = building.start_export(owner=vehicle.owner, now=NOW)
    began = perf_counter()
    process = subprocess.Popen([sys.executable, "-c", BUILD, str(asked.pk), NOW.isoformat(), lake])
    _, status, used = os.wait4(process.pid, 0)
    took = perf_counter() - began
    if status or DataExport.objects.get(pk=asked.pk).state != "ready":
        raise SystemExit("the export failed")
    return took, used.ru_maxrss / 1024


def erase(vehicle: Any) -> tuple[float, dict[str, int]]:
    """Seconds from asking to the certificate, and what went."""
    from vehicles.erasure import asking, running

    began = perf_counter()
    asked = asking.erase_vehicle(owner=vehicle.owner, vehicle=vehicle, now=NOW)
    done = running.run_erasure(erasure_id=asked.pk, now=NOW)
    return perf_counter() - began, done.counts


if __name__ == "__main__":
    main()
