"""Whether a car is heard as usual, and why it may be silent. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from vehicles.cadence import Patience

LIVE = timedelta(minutes=2)
LOW_VOLT, LOW_CHARGE = 11.8, 5.0
CLOCK = frozenset({"signedat_out_of_window", "future_timestamp"})


class State(StrEnum):
    LIVELY = "lively"
    LATE = "late"
    QUIET = "quiet"
    NEVER = "never"


class Cause(StrEnum):
    """The likeliest first."""

    UNPAIRED = "unpaired"
    FLAGGED = "flagged"
    CLOCK = "clock"
    REFUSED = "refused"
    BATTERY = "battery"
    PARKED = "parked"
    UNKNOWN = "unknown"


class Evidence(NamedTuple):
    """What is known of a silent car."""

    paired: bool
    flagged: bool
    refused: frozenset[str] = frozenset()  # codes of what came since it was last heard
    volts: float | None = None
    charge_pct: float | None = None
    usual: timedelta | None = None  # the longest of its usual silences


def state_of(seen: datetime | None, now: datetime, patience: Patience) -> State:
    """How a car stands that was last heard at a moment."""
    if seen is None:
        return State.NEVER
    silent = now - seen
    return State.QUIET if silent > patience.quiet else State.LATE if silent > patience.late else State.LIVELY


def cause_of(evidence: Evidence, silent: timedelta) -> Cause:
    """The likely reason of a silence: what we know for sure first, what we only guess last."""
    if not evidence.paired:
        return Cause.UNPAIRED
    if evidence.flagged:
        return Cause.FLAGGED
    if evidence.refused & CLOCK:
        return Cause.CLOCK
    if evidence.refused:
        return Cause.REFUSED
    low_volts = evidence.volts is not None and evidence.volts < LOW_VOLT
    low_charge = evidence.charge_pct is not None and evidence.charge_pct < LOW_CHARGE
    if low_volts or low_charge:
        return Cause.BATTERY
    if evidence.usual is not None and silent <= evidence.usual:
        return Cause.PARKED
    return Cause.UNKNOWN
