"""In which zone a vehicle's owner reads it."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vehicles.models import Vehicle


def zone_of(vehicle: Vehicle) -> ZoneInfo:
    """The vehicle's zone; UTC where the name is none that this system knows."""
    try:
        return ZoneInfo(vehicle.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local_time(moment: datetime, vehicle: Vehicle) -> datetime:
    """A moment by the vehicle's clock, without a zone: templates would turn an aware one to the reader's own clock."""
    return moment.astimezone(zone_of(vehicle)).replace(tzinfo=None)
