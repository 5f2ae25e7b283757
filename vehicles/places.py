"""In which zone a vehicle's owner reads it."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vehicles.models import Vehicle


def zone_of(vehicle: Vehicle) -> ZoneInfo:
    """The vehicle's zone; UTC where the name is none that this system knows."""
    try:
        return ZoneInfo(vehicle.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
