"""What privacy zones cost: a dataset's build with none, with some and with every vehicle zoned, and ingest.

Ratios within one run, by the processor time of this process and of PostgreSQL: the machine may have other work. Ingest
keeps what a zone hides for its driver and so looks at no zone; measuring it guards that.
"""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from benchmarks.database import database
from benchmarks.report import record
from benchmarks.store import Spent, cost

VEHICLES = int(os.environ.get("BENCH_ZONES_VEHICLES", "60"))
MESSAGES = int(os.environ.get("BENCH_ZONES_MESSAGES", "6000"))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = NOW - timedelta(days=9)
SIGNALS = (
    "currentLocationLatitude",
    "currentLocationLongitude",
    "speed",
    "powertrainFuelSystemRelativeLevel",
    "powertrainCombustionEngineSpeed",
    "powertrainTractionBatteryStateOfChargeCurrent",
)
FILL = """
INSERT INTO message (ts, vehicle_id, source_id, sig, val)
SELECT timestamptz '{start}' + i * interval '{step} milliseconds', v, 1, '{{1,2,6,18,22,43}}',
  ARRAY[56 + 0.03 * sin(i / 300.0), 10 + 0.03 * cos(i / 500.0), round(random() * 90), round(random() * 100),
        round(800 + random() * 2000), round(random() * 100)]
FROM generate_series(0, {messages} - 1) i, unnest(%(vehicles)s::int4[]) v
"""
CLASSES = ("behavior", "energy", "battery", "location")
ROUNDS = 30


def main() -> None:
    with database() as postgres, tempfile.TemporaryDirectory() as name:
        from django.conf import settings

        settings.LAKE_URL = name
        union = fleet()
        members = list(union.memberships.select_related("member", "vehicle"))
        with postgres.connect() as session:
            fill(session, [row.vehicle_id for row in members])
        build(union)  # what only a process's first build costs
        plain = build(union)
        record("zones, dataset build, rows without zones", plain.values, "rows")
        taking_in(members)
        for word, zoned in (("a tenth", members[: len(members) // 10]), ("every", members)):
            hide(zoned)
            spent = build(union)
            kept = spent.values / plain.values
            ratio = spent.processor / plain.processor
            record(f"zones, dataset build, {word} vehicle zoned, rows left", kept, "of those without")
            record(f"zones, dataset build, {word} vehicle zoned", spent.processor, "s of processors", None, ratio)


def fleet() -> Any:
    """A union whose drivers license where they drive."""
    from tests.licensing import factories as make
    from tests.unions import factories as unions

    union = make.union(prices={name: {"pseudonymous_rows": "1000"} for name in CLASSES})
    for _ in range(VEHICLES):
        row = unions.member(union)
        for name in CLASSES:
            unions.allow(row, name, "exact", now=NOW - timedelta(hours=3), include_history=True)
    return union


def fill(session: Any, vehicles: list[int]) -> None:
    """Drives in circles of 7 km, in the order in which they would arrive."""
    step = int(timedelta(days=7) / timedelta(milliseconds=1) / MESSAGES)
    session.execute("SELECT ensure_message_partitions(%s::date, %s::date)", [START, NOW])
    session.execute(FILL.format(start=START.isoformat(), step=step, messages=MESSAGES), {"vehicles": vehicles})
    session.commit()


def hide(rows: list[Any]) -> None:
    """Two zones for each of these drivers that has none."""
    from vehicles.zones import drawing

    for row in rows:
        if not row.member.privacy_zones.exists():
            for label, lat in (("Home", 56.02), ("Work", 55.98)):
                place = drawing.Place(lat, 10.0)
                drawing.draw_zone(owner=row.member, label=label, place=place, radius_m=1000, now=NOW)


def build(union: Any) -> Spent:
    """A license's dataset; rows, and what they took."""
    from licensing.datasets.build import build_dataset
    from tests.licensing import factories as make

    license = make.license(union, offer_signals=SIGNALS, signals=SIGNALS, period=(START, NOW - timedelta(days=1)))
    spent = cost(lambda: build_dataset(license_id=license.pk, clock=lambda: NOW), 0)
    license.refresh_from_db()
    if license.state != "delivered":
        raise SystemExit(f"not delivered: {license.state} {license.failure}")
    return spent._replace(values=license.datasets.get().rows)


def taking_in(members: list[Any]) -> None:
    """Ten minutes of a second's messages, of a driver with zones and of one without, in turns."""
    from vehicles import telemetry
    from vehicles.models import Source
    from vehicles.readings import Message

    pair = members[0], members[-1]
    hide([pair[0]])
    sources = [Source.objects.create(vehicle=row.vehicle, kind=Source.Kind.SIMULATOR) for row in pair]
    ratios = []
    for turn in range(ROUNDS):
        start = NOW - timedelta(days=1) + timedelta(minutes=10 * turn)
        told = [Message(start + timedelta(seconds=i), {1: 56.0, 2: 10.0, 6: float(i % 90)}) for i in range(600)]
        order = (0, 1) if turn % 2 else (1, 0)
        took = {}
        for which in order:
            row, source = pair[which], sources[which]
            facts = {"vehicle": row.vehicle, "source": source, "readings": told, "now": NOW}
            took[which] = cost(lambda facts=facts: telemetry.store_readings(**facts), len(told)).processor
        ratios.append(took[0] / took[1])
    record("zones, ingest of a driver with zones against one without", median(ratios), "times", 1.1)


if __name__ == "__main__":
    main()
