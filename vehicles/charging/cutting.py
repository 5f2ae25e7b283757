"""Where one source's readings become charging sessions. Pure: points in, cuts out.

A flag says that the car charges; where no flag was told for half an hour, the charger's power says so, then the
battery's; where nothing says so, a level that rose while the car stood. A session ends with the first reading that
denies it, with driving, or with silence. A pause of 15 minutes with the cable in belongs to it.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import accumulate

from vehicles.charging import levels
from vehicles.charging.measuring import measure
from vehicles.charging.points import Cut, Point, Span

HOLDS = timedelta(minutes=30)  # a flag stands for so long without being repeated
PAUSE = timedelta(minutes=15)
SILENCE = timedelta(hours=6)  # charging before and after it, and nothing between: one session
LEAST_KW = 0.3
MOVING_KMH, MOVED_KM = 3.0, 0.3
SPEED_HOLDS = timedelta(minutes=2)
LEAST_TIME = timedelta(minutes=5)
LEAST_KWH, LEAST_PCT = 0.1, 1.0


def cut(points: Sequence[Point]) -> list[Cut]:
    """The sessions in ordered points of one source; cutting again gives the same."""
    told = list(evidence(points))
    says = [charges for charges, _ in told]
    moves = list(accumulate((moving for _, moving in told), initial=0))
    level = levels.believed(points)
    found = []
    for span in spans(points, says, moves, level):
        measured = measure(points, span, level, says)
        if worth_keeping(measured):
            found.append(measured)
    return found


def worth_keeping(session: Cut) -> bool:
    """A flag that flickers is no session; one that tells of energy, of a rise or lasts is."""
    rise = None if session.soc_from is None or session.soc_to is None else session.soc_to - session.soc_from
    if session.energy_kwh is None and rise is None:
        return session.ended_at - session.started_at >= LEAST_TIME
    return (session.energy_kwh or 0.0) >= LEAST_KWH or (rise or 0.0) >= LEAST_PCT


def evidence(points: Sequence[Point]) -> Iterator[tuple[bool | None, bool]]:
    """Per point: whether the car is said to charge (None: nothing is said), and whether it moves."""
    speed_at = flag_at = None
    speed = odometer = None
    for point in points:
        if point.speed is not None:
            speed, speed_at = point.speed, point.at
        driven = odometer is not None and point.odometer is not None and point.odometer - odometer > MOVED_KM
        odometer = point.odometer if point.odometer is not None else odometer
        fresh = speed_at is not None and point.at - speed_at <= SPEED_HOLDS
        moving = driven or (fresh and speed is not None and speed >= MOVING_KMH)
        if point.charging is not None or point.plugged is False:
            flag_at = point.at
        flagged = flag_at is not None and point.at - flag_at <= HOLDS
        yield (False if moving else said(point, flagged)), moving


def said(point: Point, flagged: bool) -> bool | None:
    """What a standing car's message says. A flag is believed before a power."""
    if point.plugged is False:
        return False
    if point.charging is not None:
        return point.charging
    if flagged:
        return None
    power = point.charger_kw if point.charger_kw is not None else point.battery_kw
    return None if power is None else power >= LEAST_KW


def spans(
    points: Sequence[Point], says: Sequence[bool | None], moves: Sequence[int], level: Sequence[tuple[int, float]]
) -> list[Span]:
    """Sessions by flags and powers, together with rises that none of them explains."""

    def moved(a: int, b: int) -> bool:
        return moves[b + 1] > moves[a + 1]

    flagged = list(by_flags(points, says, moved))
    begins = [span.first for span in flagged]

    def explained(a: int, b: int) -> bool:
        near = bisect_right(begins, a) - 1
        return near >= 0 and b <= flagged[near].last

    def told(a: int, b: int) -> bool:
        return any(point.speed is not None or point.odometer is not None for point in points[a : b + 1])

    unseen = [
        Span(first, last, *unseen_ends(points, level, first, last))
        for first, last in levels.rises(points, level, explained=explained, moved=moved, told=told)
    ]
    return merged(sorted([*flagged, *unseen]), moved)


def unseen_ends(
    points: Sequence[Point], level: Sequence[tuple[int, float]], first: int, last: int
) -> tuple[bool, bool]:
    """Whether a rise's first and last step happened in a silence, so that nobody knows when."""
    inside = [index for index, _ in level if first <= index <= last]
    return (
        points[inside[1]].at - points[first].at > HOLDS,
        points[last].at - points[inside[-2]].at > HOLDS,
    )


def merged(found: Sequence[Span], moved: Callable[[int, int], bool]) -> list[Span]:
    """A rise that touches a session is the part of it which nobody reported."""
    whole: list[Span] = []
    for span in found:
        before = whole[-1] if whole else None
        if before is not None and span.first <= before.last and not moved(before.first, span.last):
            later = span if span.last > before.last else before
            whole[-1] = Span(before.first, later.last, before.start_unseen, later.end_unseen, later.still_open)
        else:
            whole.append(span)
    return whole


def by_flags(points: Sequence[Point], says: Sequence[bool | None], moved: Callable[[int, int], bool]) -> Iterator[Span]:
    """Sessions that something said, each up to the reading that denied it."""
    first = last = -1
    for index, charges in enumerate(says):
        if not charges:
            continue
        if first >= 0 and not continues(points, says, last, index, moved):
            yield closed(points, says, first, last, moved)
            first = -1
        first = index if first < 0 else first
        last = index
    if first >= 0:
        yield closed(points, says, first, last, moved)


def continues(
    points: Sequence[Point], says: Sequence[bool | None], last: int, index: int, moved: Callable[[int, int], bool]
) -> bool:
    """Whether charging at `index` is the same session as at `last`."""
    between = points[last + 1 : index]
    if moved(last, index) or any(point.plugged is False for point in between):
        return False
    apart = points[index].at - points[last].at
    return apart <= PAUSE or (apart <= SILENCE and not any(charges is False for charges in says[last + 1 : index]))


def closed(
    points: Sequence[Point], says: Sequence[bool | None], first: int, last: int, moved: Callable[[int, int], bool]
) -> Span:
    """The session with the reading that denies it; open while none has come."""
    for index in range(last + 1, len(points)):
        if points[index].at - points[last].at > HOLDS:
            return Span(first, last, end_unseen=True)
        if moved(last, index):
            return Span(first, last)
        if says[index] is False:
            return Span(first, index)
    return Span(first, last, still_open=True)
