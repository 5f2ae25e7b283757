"""What one drive measured, read once: graphs, how fast it went for how long, what is doubted and what was refused."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Sum

from vehicles import words
from vehicles.diary import graphs
from vehicles.diary.graphs import Graph
from vehicles.models import RejectionCount, Trip
from vehicles.places import local_time
from vehicles.quality import Flag
from vehicles.signals import SPEED, by_id
from vehicles.store import reading

DOUBTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Doubt:
    """A stored reading that is doubted, and why."""

    at: datetime
    signal: str
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """`shares`: of speed, (from, to, share of 100). `doubts`: the first of `doubted`."""

    graphs: list[Graph]
    shares: list[tuple[float, float | None, float]]
    rows: list[tuple[datetime, list[float | None]]]
    doubts: list[Doubt]
    doubted: int


def measured(*, trip: Trip) -> Measured:
    """All of a trip that its own source measured, from both tiers in one read."""
    told: dict[int, list[tuple[float, float]]] = defaultdict(list)
    doubts: list[Doubt] = []
    doubted = 0
    stretch = (trip.started_at, trip.ended_at + timedelta(microseconds=1))
    for ts, _, signals, values, flags in reading.messages(
        vehicle_id=trip.vehicle_id, source_id=trip.source_id, stretches=[stretch]
    ):
        at = ts.timestamp()
        for signal, value in zip(signals, values, strict=True):
            told[signal].append((at, value))
        for signal, bits in zip(signals, flags or (), strict=False):
            if bits:
                doubted += 1
                if len(doubts) < DOUBTS_SHOWN:
                    doubts.append(Doubt(local_time(ts, trip.vehicle), title(signal), reasons(bits)))
    drawn = graphs.graphs(told)
    table = graphs.table(drawn, trip.started_at.timestamp(), trip.ended_at.timestamp())
    rows = [(local_time(datetime.fromtimestamp(at, UTC), trip.vehicle), cells) for at, cells in table]
    return Measured(drawn, graphs.shares(told.get(SPEED, [])), rows, doubts, doubted)


def title(signal: int) -> str:
    """A signal as people call it; a kind whose file is gone has no names any more."""
    return by_id[signal].title if signal in by_id else str(signal)


def reasons(bits: int) -> list[str]:
    return [words.doubt(flag.name.lower()) for flag in Flag if flag.name and bits & flag]


def refused_about(*, trip: Trip) -> Sequence[tuple[str, str, int]]:
    """What of the trip's source was refused on its days: (signal, why, how many); counted by the day of arrival."""
    days = (trip.started_at.date(), trip.ended_at.date() + timedelta(days=1))
    counts = RejectionCount.objects.filter(source_id=trip.source_id, day__range=days)
    rows = counts.values_list("signal", "code").annotate(total=Sum("count")).order_by("-total", "signal", "code")
    return [(signal, words.refusal(code), total) for signal, code, total in rows]
