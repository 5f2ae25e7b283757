"""How a coarse release blurs each signal: over which time, to which step. Pure data, from docs and the signal catalog.

Location is always blurred unless the exact leaf was granted; other classes as the driver's consent says.
"""

from dataclasses import dataclass
from typing import Final, Literal

from vehicles.signals import CELL, ODOMETER, Signal

Way = Literal["mean", "last", "share", "each", "none"]
QUARTER: Final = 15 * 60 * 1_000_000
HOUR: Final = 4 * QUARTER
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Blur:
    """One row per vehicle and bin of `microseconds`: the mean, the day's last value, the share of ones, or each value
    once. `step` rounds it. `none`: never released coarse. `always`: released coarse whatever was granted."""

    way: Way
    microseconds: int = DAY
    step: float = 1.0
    always: bool = False


def blur(signal: Signal) -> Blur:
    """The blur of a signal by the catalog's letter; an unknown letter is never released coarse."""
    if signal.id == CELL:
        return Blur("each", QUARTER, always=True)
    match signal.coarse:
        case "K":
            return Blur("mean", QUARTER, 5.0)
        case "G":
            battery = signal.signal_class.startswith("battery")
            return Blur("mean", HOUR, 5.0 if signal.unit == "%" and not battery else 1.0)
        case "C":
            return Blur("last", DAY, 10.0)
        case "F":
            return Blur("share", DAY, 0.01)
        case "S" | "D":
            return Blur("last", DAY, 1.0)
    return Blur("none")


def exact_step(signal: Signal) -> float | None:
    """The step that even exact rows keep: an odometer to the kilometer joins two purchases of one car."""
    return 10.0 if signal.id == ODOMETER else None
