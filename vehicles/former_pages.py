"""A vehicle that went to somebody else, as its earlier owner still reads it."""

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from dimo.users.models import User
from vehicles import measurements, ownership_selectors, selectors

TRIPS_SHOWN = 20


def former_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Last values and trips of a person's ended time with a vehicle; for everybody else it is not there."""
    owner = cast(User, request.user)
    vehicle = get_object_or_404(ownership_selectors.known_to(owner=owner), public_id=public_id)
    trips = selectors.trips_of(owner=owner, vehicle=vehicle)
    context = {
        "vehicle": vehicle,
        "values": measurements.last_values(vehicle=vehicle),
        "sums": selectors.trip_sums(trips=trips),
        "trips": trips[:TRIPS_SHOWN],
    }
    return render(request, "vehicles/vehicle_former.html", context)
