"""A driver with a car and drives of a known month."""

from datetime import UTC, datetime, timedelta

from tests.vehicles.factories import drive, make_source, make_user, make_vehicle
from vehicles import telemetry, trips
from vehicles.models import Source, Trip
from vehicles.signals import ALTITUDE, BATTERY_LEVEL, BATTERY_POWER, ODOMETER

MONTH = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
LATE = datetime(2026, 11, 20, tzinfo=UTC)


def car(**fields) -> Source:
    fields = {"nickname": "Kumo", "powertrain": "electric", "timezone": "Europe/Helsinki", **fields}
    return make_source(make_vehicle(owner=fields.pop("owner", None) or make_user(), **fields))


def drives(source: Source, *starts: datetime, lat: float = 10.0, seconds: int = 600) -> list[Trip]:
    """Drives of ten minutes and 6 km each, with battery, power, elevation and odometer; oldest first."""
    for number, start in enumerate(starts):
        path = drive(start, lat=lat, seconds=seconds)
        told = [
            message._replace(
                values=message.values
                | {
                    BATTERY_LEVEL: 80 - i / 60,
                    BATTERY_POWER: -9_000.0,
                    ALTITUDE: 20.0 + i % 7,
                    ODOMETER: 1_000 + 10 * number + i / 20,
                }
            )
            for i, message in enumerate(path)
        ]
        telemetry.store_readings(vehicle=source.vehicle, source=source, readings=told, now=LATE)
    first, last = min(starts), max(starts) + timedelta(seconds=seconds)
    trips.cut_trips(vehicle=source.vehicle, source=source, since=first, until=last, now=LATE)
    return list(source.trips.filter(started_at__gte=first, started_at__lte=last).order_by("started_at"))
