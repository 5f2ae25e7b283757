"""Pages about trips: a diary, and each drive with its map, curve and the same in words."""

from itertools import groupby
from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dimo.pages.slots import respond
from dimo.users.models import User
from vehicles import selectors, trips
from vehicles.models import Trip
from vehicles.places import zone_of

A_PAGE = 50


def own_trip(request: HttpRequest, public_id: UUID) -> Trip:
    return get_object_or_404(selectors.trips_of(owner=cast(User, request.user)), public_id=public_id)


def entry(trip: Trip) -> dict[str, object]:
    """A trip with its times where its owner reads them."""
    zone = zone_of(trip.vehicle)
    return {
        "trip": trip,
        "start": localtime(trip.started_at, zone),
        "end": localtime(trip.ended_at, zone),
        "minutes": round((trip.ended_at - trip.started_at).total_seconds() / 60),
    }


@login_required
@require_GET
def trip_list(request: HttpRequest) -> HttpResponse:
    """All trips day by day, newest first; `?vehicle=` and `?tag=` narrow."""
    owner = cast(User, request.user)
    vehicles = list(selectors.vehicles_of(owner=owner))
    found, chosen = selectors.trips_of(owner=owner), None
    if asked := request.GET.get("vehicle"):
        chosen = next((vehicle for vehicle in vehicles if str(vehicle.public_id) == asked), None)
        if chosen is None:
            raise Http404
        found = found.filter(vehicle=chosen)
    if tag := request.GET.get("tag"):
        found = found.filter(tag=tag)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    days = groupby((entry(trip) for trip in page), key=lambda item: item["start"].date())  # type: ignore[attr-defined]
    context = {
        "days": [(day, list(items)) for day, items in days],
        "page": page,
        "vehicles": vehicles,
        "chosen": chosen,
        "tag": tag or "",
        "sums": selectors.trip_sums(trips=found),
    }
    return render(request, "vehicles/trip_list.html", context)


@login_required
@require_GET
def trip_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return render(request, "vehicles/trip.html", entry(own_trip(request, public_id)))


@login_required
@require_POST
def trip_private(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a trip out of every later dataset, or let it back in: `private` is 1 or 0."""
    trip = trips.set_private(trip=own_trip(request, public_id), private=request.POST.get("private") == "1")
    return changed(request, trip)


@login_required
@require_POST
def trip_tag(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Tag a trip `business`, `private` or not at all."""
    trip = trips.set_tag(trip=own_trip(request, public_id), tag=request.POST.get("tag", ""))
    return changed(request, trip)


def changed(request: HttpRequest, trip: Trip) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return respond(request, "vehicles/_trip_choices.html", {"trip": trip}, title=_("Trip"))
    return redirect("trip", trip.public_id)
