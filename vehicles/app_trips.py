"""Trips as an app is told them: each figure under the class that it falls under, as coarsely as that was allowed."""

from collections.abc import Sequence
from typing import Any, Final

from dimo.oauth.scopes import COARSE, EXACT
from vehicles import measurements
from vehicles.app_reads import Reach, scope_name
from vehicles.app_scopes import LOCATION, TRIPS
from vehicles.coarsening import QUARTER, bin_of
from vehicles.measurements import Place
from vehicles.models import Trip
from vehicles.signals import cell_of

# Figure -> the class it falls under, and its step under Coarse.
FIGURES: Final = {
    "max_speed_kmh": ("behavior.speed_series", 5.0),
    "soc_used_pct": ("battery.soc", 1.0),
    "fuel_used_l": ("energy.fuel", 1.0),
}


def told_scopes(*, reach: Reach) -> list[str]:
    """Everything that trips tell under a reach, as scopes, for the log."""
    names = (TRIPS, LOCATION, *(name for name, _ in FIGURES.values()))
    return [scope_name(name, reach.level(name)) for name in names if reach.level(name)]


def rows(*, trips: Sequence[Trip], reach: Reach) -> list[dict[str, Any]]:
    """Trips in the shape that the API tells; what was not allowed is absent."""
    precise = reach.level(LOCATION) == EXACT
    tracks = measurements.tracks(trips=trips, most=2) if precise else {}
    return [row(trip, reach, tracks.get(trip.pk, [])) for trip in trips]


def row(trip: Trip, reach: Reach, track: Sequence[Place]) -> dict[str, Any]:
    """One trip. Start and end are points under `location:precise`, and nothing at all under Coarse."""
    found: dict[str, Any] = {"id": trip.public_id, **times(trip, reach.level(TRIPS))}
    for name, (under, step) in FIGURES.items():
        if fineness := reach.level(under):
            value = getattr(trip, name)
            found[name] = round(value / step) * step if value is not None and fineness == COARSE else value
    if reach.level(LOCATION):
        found["cells"] = passed(trip)
    if reach.level(LOCATION) == EXACT:
        found |= {"start": point(track[0]) if track else None, "end": point(track[-1]) if track else None}
    return found


def point(place: Place) -> dict[str, float]:
    """A place as the API tells it."""
    return {"latitude": place.lat, "longitude": place.lon}


def times(trip: Trip, fineness: int) -> dict[str, Any]:
    """When and how far; under Coarse to the quarter of an hour and the kilometer."""
    if fineness == COARSE:
        begins, ends = (bin_of(moment, QUARTER) for moment in (trip.started_at, trip.ended_at))
        return {"started_at": begins, "ended_at": ends, "distance_km": float(round(trip.distance_km))}
    return {"started_at": trip.started_at, "ended_at": trip.ended_at, "distance_km": trip.distance_km}


def passed(trip: Trip) -> list[str]:
    """The areas that a trip passed, without those of its ends; none where the ends are not known."""
    if trip.start_cell is None or trip.end_cell is None:
        return []
    return [cell_of(cell) for cell in trip.cells if cell not in (trip.start_cell, trip.end_cell)]
