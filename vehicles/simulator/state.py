"""Where a simulated car is in its life. Pure."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(slots=True)
class State:
    """Where a car is in its life; carried from leg to leg."""

    odometer_km: float
    soc: float
    fuel_pct: float
    fuel_used_l: float
    place: int
    soh: float
    tires: tuple[float, float, float, float]
    fault_since: date | None = None
    mil_km: float = 0.0
    free_at: datetime | None = None
