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
from vehicles.zones import circles, withholding
from vehicles.zones.withholding import Guard

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
    placed = reach.vehicles if reach.level(LOCATION) else ()
    guards = {vehicle.pk: withholding.guard_of(vehicle=vehicle) for vehicle in placed}
    return [row(trip, reach, tracks.get(trip.pk, []), guards.get(trip.vehicle_id)) for trip in trips]


def row(trip: Trip, reach: Reach, track: Sequence[Place], guard: Guard | None) -> dict[str, Any]:
    """One trip. Start and end are points under `location:precise`, and nothing at all under Coarse or in a zone."""
    found: dict[str, Any] = {"id": trip.public_id, **times(trip, reach.level(TRIPS))}
    for name, (under, step) in FIGURES.items():
        if fineness := reach.level(under):
            value = getattr(trip, name)
            found[name] = round(value / step) * step if value is not None and fineness == COARSE else value
    if reach.level(LOCATION):
        found["cells"] = passed(trip, guard)
    if reach.level(LOCATION) == EXACT:
        found |= {"start": point(track[0], guard) if track else None, "end": point(track[-1], guard) if track else None}
    return found


def point(place: Place, guard: Guard | None) -> dict[str, float] | None:
    """A place as the API tells it; none where it lies in a zone."""
    if guard and any(circles.contains(zone, place.lat, place.lon) for zone in guard.circles):
        return None
    return {"latitude": place.lat, "longitude": place.lon}


def times(trip: Trip, fineness: int) -> dict[str, Any]:
    """When and how far; under Coarse to the quarter of an hour and the kilometer."""
    if fineness == COARSE:
        begins, ends = (bin_of(moment, QUARTER) for moment in (trip.started_at, trip.ended_at))
        return {"started_at": begins, "ended_at": ends, "distance_km": float(round(trip.distance_km))}
    return {"started_at": trip.started_at, "ended_at": trip.ended_at, "distance_km": trip.distance_km}


def passed(trip: Trip, guard: Guard | None) -> list[str]:
    """The areas that a trip passed, less those of its ends and those that a zone touches; none without known ends."""
    if trip.start_cell is None or trip.end_cell is None:
        return []
    hidden = {trip.start_cell, trip.end_cell, *(guard.areas if guard else ())}
    return [cell_of(cell) for cell in trip.cells if cell not in hidden]
