"""What the session cutter looks at, and what it finds. Pure records."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Point(NamedTuple):
    """One message of one source. `soc`, `soh` in percent, powers in kW, energies in kWh, distances in km."""

    at: datetime
    soc: float | None = None
    charging: bool | None = None
    plugged: bool | None = None
    charger_kw: float | None = None
    battery_kw: float | None = None
    added: float | None = None
    current_ac: float | None = None
    speed: float | None = None
    odometer: float | None = None
    cell: float | None = None
    stored: float | None = None
    capacity: float | None = None
    soh: float | None = None
    range_km: float | None = None


class Span(NamedTuple):
    """First and last reading of a session, as indices, both included; which of its ends nobody saw."""

    first: int
    last: int
    start_unseen: bool = False
    end_unseen: bool = False
    still_open: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """One session. `energy_method` says how `energy_kwh` is known; what is unknown is None or empty.

    `curve` holds (seconds since the start, percent, kW), at most 150 of them; `marks` are the smallest hashes of its
    readings, by which a copy under another vehicle is known.
    """

    started_at: datetime
    ended_at: datetime
    still_open: bool
    readings: int
    soc_from: float | None
    soc_to: float | None
    energy_kwh: float | None
    energy_method: str
    peak_kw: float | None
    mean_kw: float | None
    current: str
    cell: str
    odometer_km: float | None
    soh_pct: float | None
    full_range_km: float | None
    capacity_kwh: float | None
    curve: list[tuple[int, float | None, float | None]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
