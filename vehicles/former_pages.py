"""A vehicle that went to somebody else, as its earlier owner still reads it."""

from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from dimo.users.models import User
from vehicles import events, kinds, measurements, ownership_selectors, selectors
from vehicles.charging import selectors as charging
from vehicles.diagnostics import reading
from vehicles.diagnostics.words import explain

TRIPS_SHOWN, SHOWN = 20, 20


def former_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Last values and trips of a person's ended time with a vehicle; for everybody else it is not there."""
    owner = cast(User, request.user)
    vehicle = get_object_or_404(ownership_selectors.known_to(owner=owner), public_id=public_id)
    trips = selectors.trips_of(owner=owner, vehicle=vehicle)
    context = {
        "vehicle": vehicle,
        "charged": charging.sessions_of(owner=owner, vehicle=vehicle).exists(),
        "values": measurements.last_values(vehicle=vehicle),
        "sums": selectors.trip_sums(trips=trips),
        "trips": trips[:TRIPS_SHOWN],
        "faults": [(fault, explain(fault.code)) for fault in reading.codes_of(vehicle=vehicle)[:SHOWN]],
        "events": [(event, title_of(event.name)) for event in events.events_of(vehicle=vehicle)[:SHOWN]],
    }
    return render(request, "vehicles/vehicle_former.html", context)


def title_of(name: str) -> str:
    """An event as people call it."""
    known = kinds.events.get(name)
    return known.title if known else name
