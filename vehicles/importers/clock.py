"""From local wall-clock times, which do not name their zone, to moments; never guessed. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from vehicles.importers.parsed import ClockContradictsZone

Item = TypeVar("Item")
AN_HOUR_BACK = (timedelta(minutes=30), timedelta(minutes=90))


class Local(NamedTuple):
    """What became of a local time: its moment, or the code of the reason why it has none."""

    moment: datetime | None
    code: str


def ambiguous(naive: datetime, zone: ZoneInfo) -> bool:
    """Whether this local time came twice, as in the night when the clock is set back."""
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    return first.utcoffset() > second.utcoffset()  # type: ignore[operator]


def nonexistent(naive: datetime, zone: ZoneInfo) -> bool:
    """Whether this local time was skipped, as in the night when the clock is set forward."""
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    return first.utcoffset() < second.utcoffset()  # type: ignore[operator]


def moments(rows: Iterable[tuple[int, datetime, Item]], *, zone: ZoneInfo) -> Iterator[tuple[Local, Item]]:
    """The moment of each (line, local time, item), in order of lines.

    A time that came twice is told apart by the step back in the file: before it the first hour, after it the
    second. Without exactly one such step the hour stays `ambiguous_time`.

    Raises:
        ClockContradictsZone: the file's clock steps back by about an hour where the zone's does not
    """
    twice: list[tuple[datetime, Item]] = []
    last: datetime | None = None
    for line, naive, item in rows:
        if ambiguous(naive, zone):
            if twice and twice[-1][0].date() != naive.date():
                yield from told_apart(twice, zone)
                twice = []
            twice.append((naive, item))
            last = naive
            continue
        if last is not None and not twice and AN_HOUR_BACK[0] <= last - naive <= AN_HOUR_BACK[1]:
            raise ClockContradictsZone(
                f"In line {line} the clock steps back by about an hour, but {zone.key} has no clock change then. "
                "Choose the zone the car was in.",
                line=line,
                field="timezone",
            )
        yield from told_apart(twice, zone)
        twice, last = [], naive
        yield local(naive, zone), item
    yield from told_apart(twice, zone)


def local(naive: datetime, zone: ZoneInfo) -> Local:
    if nonexistent(naive, zone):
        return Local(None, "nonexistent_time")
    try:
        return Local(aware(naive, zone, 0), "")
    except OverflowError:  # the first and last day of the calendar, elsewhere
        return Local(None, "bad_time")


def told_apart(rows: list[tuple[datetime, Item]], zone: ZoneInfo) -> Iterator[tuple[Local, Item]]:
    steps = [at for at in range(1, len(rows)) if rows[at - 1][0] - rows[at][0] >= AN_HOUR_BACK[0]]
    for at, (naive, item) in enumerate(rows):
        if len(steps) == 1:
            yield Local(aware(naive, zone, int(at >= steps[0])), ""), item
        else:
            yield Local(None, "ambiguous_time"), item


def aware(naive: datetime, zone: ZoneInfo, fold: int) -> datetime:
    # In UTC at once: two local times of one zone compare by the wall clock, whatever their fold.
    return naive.replace(tzinfo=zone, fold=fold).astimezone(UTC)
