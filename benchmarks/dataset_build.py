"""Building a dataset, from messages in PostgreSQL to a Parquet file with consent joined, against DuckDB's plain sort.

The yardstick sorts and writes the very rows that were delivered, out of memory and in the order in which they were
measured, in the same format: no reading from PostgreSQL, no consent, no pseudonyms, no counting. It is measured twice:
plainly, with text as text, and with text as dictionary codes, which is how the build itself gets ahead of the first.
"""

import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from benchmarks.database import database
from benchmarks.report import record

VEHICLES = int(os.environ.get("BENCH_VEHICLES", "100"))
MESSAGES = int(os.environ.get("BENCH_MESSAGES", "8000"))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = NOW - timedelta(days=9)
SIGNALS = {  # two of ten signals are not licensed, as in life
    6: "speed",
    18: "powertrainFuelSystemRelativeLevel",
    21: "obdFuelRate",
    22: "powertrainCombustionEngineSpeed",
    24: "powertrainCombustionEngineTPS",
    43: "powertrainTractionBatteryStateOfChargeCurrent",
    47: "powertrainTractionBatteryCurrentPower",
    48: "powertrainTractionBatteryCurrentVoltage",
}
FILL = """
INSERT INTO message (ts, vehicle_id, source_id, sig, val)
SELECT timestamptz '{start}' + i * interval '{step} milliseconds', v, 1, '{{6,18,21,22,24,37,43,47,48,36}}',
  ARRAY[round(random() * 90), round(random() * 100), round((random() * 9)::numeric, 1), round(800 + random() * 2000),
        round(random() * 100), round(random() * 30), round((random() * 100)::numeric, 1), round(random() * 40000),
        round(random() * 400), 12.6]
FROM generate_series(0, {messages} - 1) i, unnest(%(vehicles)s::int4[]) v
"""
CLASSES = ("behavior", "energy", "battery")
FLOOR = 0.4


def main() -> None:
    with database() as postgres, tempfile.TemporaryDirectory() as name:
        from django.conf import settings

        settings.LAKE_URL = name
        license = market()
        fill(postgres, license)
        rows, seconds = build(license)
        plain, coded = sort_and_write(license, Path(name))
    record("dataset build, rows", rows, "rows")
    ratio = plain / seconds
    record("dataset build", rows / seconds, "rows/s", FLOOR, ratio)
    record("dataset build, against a sort of dictionary codes", rows / seconds, "rows/s", None, coded / seconds)
    if ratio < FLOOR:
        raise SystemExit(f"{ratio:.2f} of DuckDB's plain sort and write, {FLOOR} promised")


def market():
    """A union of consenting drivers, an offer and a bought license, made by the rules."""
    from tests.licensing import factories as make
    from tests.unions import factories as unions

    prices = {name: {"pseudonymous_rows": "1000"} for name in CLASSES}
    union = make.union(prices=prices)
    for _ in range(VEHICLES):
        row = unions.member(union)
        for name in CLASSES:
            unions.allow(row, name, "exact", now=NOW - timedelta(hours=3), include_history=True)
    return make.license(
        union,
        offer_signals=tuple(SIGNALS.values()),
        signals=tuple(SIGNALS.values()),
        period=(START, NOW - timedelta(days=1)),
    )


def fill(postgres, license) -> None:
    """Messages of ten signals, in the order in which they would arrive."""
    vehicles = list(license.union.memberships.values_list("vehicle_id", flat=True))
    step = int(timedelta(days=7) / timedelta(milliseconds=1) / MESSAGES)
    with postgres.connect() as session:
        session.execute("SELECT ensure_message_partitions(%s::date, %s::date)", [START, NOW])
        session.execute(FILL.format(start=START.isoformat(), step=step, messages=MESSAGES), {"vehicles": vehicles})
        session.execute("VACUUM ANALYZE message") if session.autocommit else session.commit()


def build(license) -> tuple[int, float]:
    from licensing.datasets.build import build_dataset

    began = perf_counter()
    build_dataset(license_id=license.pk, clock=lambda: NOW)
    seconds = perf_counter() - began
    license.refresh_from_db()
    if license.state != "delivered":
        raise SystemExit(f"not delivered: {license.state} {license.failure}")
    return license.datasets.get().rows, seconds


def sort_and_write(license, folder: Path) -> tuple[float, float]:
    """Seconds of both yardsticks, over the delivered rows put back into the order of measurement."""
    import duckdb

    from licensing.datasets.query import PARQUET

    delivered = folder / license.datasets.get().folder / "rows.parquet"
    spent = []
    with duckdb.connect() as link:
        link.execute(f"SET timezone = 'UTC'; CREATE VIEW delivered AS FROM read_parquet('{delivered}')")
        for name in ("pid", "signal", "precision"):
            link.execute(f"CREATE TYPE {name}_code AS ENUM (SELECT DISTINCT {name} FROM delivered ORDER BY 1)")
        for codes in (
            "",
            "pid::pid_code AS pid, signal::signal_code AS signal, precision::precision_code AS precision",
        ):
            columns = f"* REPLACE ({codes})" if codes else "*"
            link.execute(f"CREATE OR REPLACE TABLE measured AS SELECT {columns} FROM delivered ORDER BY ts, hash(pid)")
            began = perf_counter()
            link.execute(f"COPY (FROM measured ORDER BY ALL) TO '{folder / 'plain.parquet'}' {PARQUET}")
            spent.append(perf_counter() - began)
    return spent[0], spent[1]


if __name__ == "__main__":
    main()
