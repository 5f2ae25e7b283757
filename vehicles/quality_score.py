"""How good a vehicle's data is: completeness x plausibility x freshness, each from 0 to 1.

- completeness: the share of what its kind needs (`needs` of the catalog) that was told within 28 days.
- plausibility: (stored - doubted) / (stored + refused) of the readings that arrived within 28 days; 1 where none did.
- freshness: 1 up to a day after the newest reading, then falling evenly to 0 after 28 days.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from vehicles import kinds, latest
from vehicles.signals import by_name

PARTS = ("value", "completeness", "plausibility", "freshness")
WINDOW, FRESH = timedelta(days=28), timedelta(days=1)
# What we do not know is no fault of the data.
NO_FAULT = ("not_stored", "unknown_signal", "unknown_event")
LAST = """
SELECT v.id, v.kind, v.owned_since, l.state FROM vehicles_vehicle v LEFT JOIN latest l ON l.vehicle_id = v.id
WHERE v.id = ANY(%s)
"""
COUNTS = """
SELECT s.vehicle_id, sum(c.stored)::int8, sum(c.flagged)::int8, sum(c.refused)::int8
FROM vehicles_source s JOIN vehicles_vehicle v ON v.id = s.vehicle_id
JOIN (
    SELECT source_id, day, stored, flagged, 0 AS refused FROM reading_count WHERE day >= %(since)s
    UNION ALL
    SELECT source_id, day, 0, 0, count FROM vehicles_rejectioncount WHERE day >= %(since)s AND code <> ALL(%(except)s)
) c ON c.source_id = s.id
WHERE s.vehicle_id = ANY(%(vehicles)s) AND (v.owned_since IS NULL OR c.day >= (v.owned_since AT TIME ZONE 'UTC')::date)
GROUP BY s.vehicle_id
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a score is made of. `told`: the age of the newest reading of each signal, by name."""

    told: Mapping[str, timedelta]
    stored: int = 0
    doubted: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is the product. `missing`: names of what its kind needs and it did not tell, one of each line."""

    completeness: float
    plausibility: float
    freshness: float
    missing: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        return self.completeness * self.plausibility * self.freshness

    @property
    def percent(self) -> dict[str, int]:
        """Each part in whole percent, rounded down."""
        return {name: int(getattr(self, name) * 100) for name in PARTS}


def score(facts: Facts, kind: kinds.Kind) -> Score:
    """The score of one vehicle; the formula is this module's."""
    recent = {name for name, age in facts.told.items() if age <= WINDOW}
    missing = tuple(line[0] for line in kind.needs if not recent.intersection(line))
    needed = len(kind.needs)
    counted = facts.stored + facts.refused
    age = min(facts.told.values(), default=WINDOW)
    return Score(
        completeness=(needed - len(missing)) / needed if needed else 1.0,
        plausibility=max(0, facts.stored - facts.doubted) / counted if counted else 1.0,
        freshness=min(1.0, max(0.0, (WINDOW - age) / (WINDOW - FRESH))),
        missing=missing,
    )


def scores(*, vehicle_ids: Collection[int], now: datetime) -> dict[int, Score]:
    """Scores of many vehicles in two queries; an owner's score counts nothing of the time before them."""
    ids = list(vehicle_ids)
    since = (now - WINDOW).astimezone(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute(LAST, [ids])
        vehicles = cursor.fetchall()
        cursor.execute(COUNTS, {"vehicles": ids, "since": since, "except": list(NO_FAULT)})
        counts = {vehicle: tuple(numbers) for vehicle, *numbers in cursor.fetchall()}
    found = {}
    for vehicle, kind, owned_since, state in vehicles:
        last = latest.decoded(state or b"").last
        ages = {
            signal: max(now - reading.ts, timedelta(0))
            for signal, reading in last.items()
            if owned_since is None or reading.ts >= owned_since
        }
        told = {name: ages[signal.id] for name, signal in by_name.items() if signal.id in ages}
        found[vehicle] = score(Facts(told, *counts.get(vehicle, (0, 0, 0))), kinds.named(kind))
    return found
