"""The logbook on a page, to print, and as a file."""

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from dimo.users.models import User
from vehicles.diary import listing
from vehicles.diary import logbook as books
from vehicles.diary.logbook import Logbook
from vehicles.models import Vehicle
from vehicles.places import zone_of


def asked_for(request: HttpRequest, vehicles: list[Vehicle]) -> tuple[Vehicle, int]:
    """The vehicle and the year of an address; without them the first vehicle, and the year of now.

    Raises:
        Http404
    """
    asked = request.GET.get("vehicle", "")
    try:
        wanted = UUID(asked) if asked else vehicles[0].public_id
        vehicle = next(one for one in vehicles if one.public_id == wanted)
        year = int(request.GET.get("year") or now().astimezone(zone_of(vehicle)).year)
    except (ValueError, IndexError, StopIteration) as error:
        raise Http404 from error
    if not 1970 <= year <= 9000:
        raise Http404
    return vehicle, year


@login_required
@require_GET
def logbook(request: HttpRequest) -> HttpResponse:
    """A year of one vehicle: sums, months, and with `?lines=1` every drive, to print."""
    owner = cast(User, request.user)
    vehicles = listing.vehicles_known_to(owner=owner)
    if not vehicles:
        return render(request, "vehicles/diary/logbook.html", {"vehicles": []})
    vehicle, year = asked_for(request, vehicles)
    context = {
        "vehicles": vehicles,
        "vehicle": vehicle,
        "book": books.logbook(owner=owner, vehicle=vehicle, year=year),
        "years": sorted({year, *books.years_of(owner=owner, vehicle=vehicle)}, reverse=True),
        "zone": zone_of(vehicle),
        "lines": request.GET.get("lines") == "1",
    }
    return render(request, "vehicles/diary/logbook.html", context)


@login_required
@require_GET
def logbook_csv(request: HttpRequest) -> HttpResponse:
    """The same as a file."""
    owner = cast(User, request.user)
    vehicle, year = asked_for(request, listing.vehicles_known_to(owner=owner))
    return as_file(books.logbook(owner=owner, vehicle=vehicle, year=year))


def as_file(book: Logbook) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="logbook-{book.year}.csv"', "Cache-Control": "no-store"}
    return HttpResponse("".join(books.as_csv(book=book)), content_type="text/csv; charset=utf-8", headers=headers)
