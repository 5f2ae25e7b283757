"""How a file may tell its moments, and what a cell then says. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

ISO, DAY_FIRST, MONTH_FIRST, SECONDS, MILLISECONDS = "iso", "day_first", "month_first", "seconds", "milliseconds"
WORDS: Mapping[str, str] = MappingProxyType(
    {
        ISO: "Year first: 2026-11-23 14:05:00",
        DAY_FIRST: "Day first: 23.11.2026 14:05",
        MONTH_FIRST: "Month first: 11/23/2026 2:05 PM",
        SECONDS: "Seconds since 1970",
        MILLISECONDS: "Milliseconds since 1970",
    }
)
WRITTEN = re.compile(
    r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?\s*([AaPp]\.?[Mm]\.?)?"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 0.8  # a bad cell here and there does not hide what a column is


def read(cell: str, clock: str) -> datetime:
    """The moment in a cell, in UTC; without a zone where the cell names none and its time is local.

    Raises:
        ValueError, OverflowError
    """
    if clock in (SECONDS, MILLISECONDS):
        return EPOCH + timedelta(seconds=float(cell) / (1000 if clock == MILLISECONDS else 1))
    if clock == ISO:
        moment = datetime.fromisoformat(cell)
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    return written(cell, day_first=clock == DAY_FIRST)


def written(cell: str, *, day_first: bool) -> datetime:
    """A local moment with day and month in the order said, on a clock of 12 or 24 hours.

    Raises:
        ValueError
    """
    match = WRITTEN.fullmatch(cell.strip())
    if match is None:
        raise ValueError(cell)
    first, second, year, hour, minute = map(int, match.group(1, 2, 3, 4, 5))
    day, month = (first, second) if day_first else (second, first)
    if half := match[8]:
        if not 1 <= hour <= 12:
            raise ValueError(cell)
        hour = hour % 12 + (12 if half[0] in "Pp" else 0)
    micros = int((match[7] or "").ljust(6, "0"))
    return datetime(year, month, day, hour, minute, int(match[6] or 0), micros)  # noqa: DTZ001 - local, zone unknown


def clock_of(cells: Sequence[str]) -> str | None:
    """How nearly all of these cells tell a moment; day before month where both would do; None: they do not."""
    for clock in (SECONDS, MILLISECONDS, ISO, DAY_FIRST, MONTH_FIRST):
        if cells and sum(tells(cell, clock) for cell in cells) >= MOST * len(cells):
            return clock
    return None


def tells(cell: str, clock: str) -> bool:
    """Whether a cell tells a moment this way; numbers only where they are of this century."""
    try:
        moment = read(cell, clock)
    except (ValueError, OverflowError):
        return False
    return clock not in (SECONDS, MILLISECONDS) or 2000 <= moment.year < 2100
