"""What others could see of a person's last drives around their zones, as lines of the owner's own map."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils.translation import ngettext

from dimo.users.models import User
from vehicles import measurements, selectors
from vehicles.models import Vehicle
from vehicles.zones import circles
from vehicles.zones.circles import Circle
from vehicles.zones.enforced import Enforced, enforced_zones, hidden_in
from vehicles.zones.selectors import zones_of

SHOWN = timedelta(days=31)
MOST_TRIPS, MOST_PLACES = 60, 250


def seen_by_others(
    *, owner: User, now: datetime, draft: Circle | None = None, vehicle: Vehicle | None = None
) -> dict[str, Any]:
    """The last month's drives without what zones withhold, and the zones as drawn; `draft`: with one more of them.

    A draft is shown with the widest margin, so that no line is drawn that would be hidden.
    """
    found = selectors.trips_of(owner=owner).filter(started_at__gte=now - SHOWN, points_removed_at=None)
    trips = list(found[:MOST_TRIPS])
    owners = {trip.vehicle_id: owner.pk for trip in trips}
    zones = enforced_zones(owners=owners)
    if draft is not None:
        wide = draft._replace(radius_m=draft.radius_m + circles.MARGIN_M[1])
        zones += tuple(Enforced(one, wide) for one in owners if vehicle is None or vehicle.pk == one)
    features, hidden = [], 0
    for trip in trips:
        pieces, gone = parted(measurements.tracks(trips=[trip], most=MOST_PLACES)[trip.pk], trip.vehicle_id, zones)
        hidden += gone
        features += [line(piece) for piece in pieces]
    drawn = [outline(Circle(zone.lat, zone.lon, zone.radius_m), zone.label) for zone in zones_of(owner=owner)]
    summary = ngettext(
        "%(n)d drive of the last month touches a zone", "%(n)d drives of the last month touch a zone", hidden
    )
    return {
        "type": "FeatureCollection",
        "features": features,
        "latest": None,
        "zones": [*drawn, *([outline(draft, "")] if draft else [])],
        "summary": summary % {"n": hidden},
    }


def parted(
    places: Sequence[measurements.Place], vehicle_id: int, zones: Sequence[Enforced]
) -> tuple[list[list[measurements.Place]], bool]:
    """A track as the pieces outside of the zones, and whether any of it was inside."""
    pieces, gone = [], False
    for hidden, run in groupby(places, lambda at: hidden_in(zones, vehicle_id=vehicle_id, lat=at.lat, lon=at.lon)):
        piece = list(run)
        gone = gone or hidden
        if not hidden and len(piece) > 1:
            pieces.append(piece)
    return pieces, gone


def line(piece: Sequence[measurements.Place]) -> dict[str, Any]:
    """A piece of a track."""
    coordinates = [[round(place.lon, 6), round(place.lat, 6)] for place in piece]
    geometry = {"type": "LineString", "coordinates": coordinates}
    return {"type": "Feature", "properties": {"id": "", "label": "", "distance_km": 0}, "geometry": geometry}


def outline(circle: Circle, label: str) -> dict[str, Any]:
    """A zone as the map draws it."""
    return {"center": [circle.lon, circle.lat], "radius_m": circle.radius_m, "label": label}
