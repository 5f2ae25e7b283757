"""Days of invented telemetry, long past, to be sealed; and what of them can be read."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from tests.vehicles.factories import make_source
from vehicles import partitions, telemetry
from vehicles.models import Source
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, ODOMETER, SPEED, by_id
from vehicles.store import reading

DAY = date(2025, 3, 5)
START = datetime(2025, 3, 5, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPAN = (datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 20, tzinfo=UTC))
AFTER_GRACE = NOW + timedelta(hours=2)


def messages(start: datetime = START, count: int = 40, step: int = 60) -> list[Message]:
    return [
        Message(start + timedelta(seconds=step * i), {SPEED: i % 50 + 0.5, ODOMETER: 1000 + i / 4, BATTERY_LEVEL: 80.0})
        for i in range(count)
    ]


def store(source: Source, told: list[Message]) -> telemetry.Outcome:
    return telemetry.store_readings(vehicle=source.vehicle, source=source, readings=told, now=NOW)


def fleet(count: int = 3, *, days: int = 1) -> list[Source]:
    """Sources of as many vehicles, each with messages on as many days from DAY on."""
    sources = [make_source() for _ in range(count)]
    for number, source in enumerate(sources):
        for day in range(days):
            store(source, messages(START + timedelta(days=day, seconds=number)))
    return sources


def everything(sources: list[Source], since: datetime = SPAN[0], until: datetime = SPAN[1]) -> pa.Table:
    vehicles = [source.vehicle_id for source in sources]
    return reading.read(vehicle_ids=vehicles, signal_ids=list(by_id), since=since, until=until)


def twice(found: pa.Table) -> list[tuple]:
    """Values that are there more than once."""
    keys = zip(
        *(found.column(name).to_pylist() for name in ("vehicle_id", "signal_id", "ts", "source_id")), strict=True
    )
    return [key for key, count in Counter(keys).items() if count > 1]


def forget_partitions() -> None:
    partitions._known.clear()
