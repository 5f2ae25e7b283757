"""The air of Sorrel Bay: seasons, days and a whim per day. Pure."""

from datetime import datetime
from functools import lru_cache
from math import cos, pi

from vehicles.simulator.habits import dice


@lru_cache(maxsize=4096)
def whim(ordinal: int) -> float:
    return float(dice(0, 9, ordinal).normal(0, 2.5))


def celsius(moment: datetime, seed: int = 0) -> float:
    """Outside temperature; `seed` shifts it a little, as no two sensors agree."""
    season = 10.5 - 8.5 * cos(2 * pi * (moment.timetuple().tm_yday - 20) / 365.25)
    hour = moment.hour + moment.minute / 60
    return round(season - 3.5 * cos(2 * pi * (hour - 3.5) / 24) + whim(moment.toordinal()) + (seed % 7 - 3) * 0.1, 1)
