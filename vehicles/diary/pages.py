"""The diary: a month of trips day by day, or a year month by month, and what can be brought back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from dimo.users.models import User
from vehicles import selectors as own
from vehicles.diary import entries, listing
from vehicles.models import Trip, Vehicle
from vehicles.places import zone_of

TAGS = ("", "business", "private", "none")
SHOWN = ("", "private", "open", "deleted")
A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for. `month`: its first day; `year` alone: month by month."""

    vehicle: Vehicle | None
    tag: str
    show: str
    month: date | None
    year: int | None


def wanted(query: Mapping[str, Any], vehicles: list[Vehicle]) -> Wanted:
    """The filters of an address; what is no such thing, or somebody else's, is not there.

    Raises:
        Http404
    """
    vehicle = None
    if asked := query.get("vehicle"):
        vehicle = next((one for one in vehicles if str(one.public_id) == asked), None)
        if vehicle is None:
            raise Http404
    tag, show = query.get("tag", ""), query.get("show", "")
    if tag not in TAGS or show not in SHOWN:
        raise Http404
    month, year = query.get("month", ""), query.get("year", "")
    try:
        first = datetime.strptime(month, "%Y-%m").date() if month else None  # noqa: DTZ007 - a day has no zone
        whole = date(int(year), 1, 1).year if year else None
        if any(not 1970 <= number <= 9000 for number in (whole or 1970, first.year if first else 1970)):
            raise Http404
    except ValueError as error:
        raise Http404 from error
    return Wanted(vehicle, tag, show, first, whole)


@login_required
@require_GET
def trip_list(request: HttpRequest) -> HttpResponse:
    """A month of trips, newest day first; `?vehicle=`, `?tag=`, `?show=`, `?month=`, `?year=` narrow."""
    owner, moment = cast(User, request.user), now()
    vehicles = listing.vehicles_known_to(owner=owner)
    asked = wanted(request.GET, vehicles)
    found = listing.trips_of(owner=owner, vehicle=asked.vehicle, tag=asked.tag, show=asked.show, now=moment)
    context: dict[str, object] = {"vehicles": vehicles, "asked": asked, "chosen": asked.vehicle}
    if asked.show == "deleted":
        context["deleted"] = entries.entries(owner=owner, trips=list(found[:A_PAGE]))
        return render(request, "vehicles/diary/deleted.html", context)
    zone = zone_of(asked.vehicle or (vehicles[0] if vehicles else Vehicle(timezone=owner.timezone)))
    months = listing.months_of(trips=found, zone=zone)
    context |= {"months": months, "years": sorted({month.year for month in months}, reverse=True)}
    if asked.year and not asked.month:
        first, until = date(asked.year, 1, 1), date(asked.year + 1, 1, 1)
        trips = listing.between(trips=listing.shown(found), vehicles=vehicles, first=first, until=until)
        told = entries.entries(owner=owner, trips=trips)
        context |= {"sums": entries.added(told), "by_month": entries.by_month(told)}
        return render(request, "vehicles/diary/year.html", context)
    month, trips = newest(found, vehicles, asked.month, months or [moment.astimezone(zone).date().replace(day=1)])
    told = entries.entries(owner=owner, trips=trips)
    context |= {
        "month": month,
        "nothing": not months,
        "months": sorted({month, *months}, reverse=True),
        "days": entries.by_day(told),
        "sums": entries.added(told),
        "older": next((other for other in months if other < month), None),
        "newer": next((other for other in reversed(months) if other > month), None),
    }
    return render(request, "vehicles/diary/month.html", context)


def newest(
    found: QuerySet[Trip], vehicles: list[Vehicle], asked: date | None, months: list[date]
) -> tuple[date, list[Trip]]:
    """The month to show with its trips: the one asked for, else the newest that has any.

    `months` go by one zone's calendar; a trip read in another may lie in the month before.
    """
    month, trips = asked or months[0], list[Trip]()
    for month in [asked] if asked else months[:2]:
        until = listing.next_month(month)
        trips = listing.between(trips=listing.shown(found), vehicles=vehicles, first=month, until=until)
        if trips:
            break
    return month, trips


def month_sums(request: HttpRequest, trip: Trip) -> dict[str, object]:
    """The sums of the month that a diary shows from which a trip was just changed, under the same filters."""
    owner = cast(User, request.user)
    query = QueryDict(request.headers.get("HX-Current-URL", "").partition("?")[2])
    vehicles = listing.vehicles_known_to(owner=owner)
    asked = wanted(query, vehicles)
    found = listing.trips_of(owner=owner, vehicle=asked.vehicle, tag=asked.tag, show=asked.show, now=now())
    month = asked.month or listing.local_month(trip)
    until = listing.next_month(month)
    trips = listing.between(trips=listing.shown(found), vehicles=vehicles, first=month, until=until)
    told = entries.entries(owner=owner, trips=trips)
    entry = next((one for one in told if one.trip.pk == trip.pk), None)
    return {
        "entry": entry or entries.entries(owner=owner, trips=[trip])[0],
        "sums": entries.added(told),
        "asked": asked,
        "several": len(vehicles) > 1 and asked.vehicle is None,
    }


def own_trip(request: HttpRequest, public_id: UUID) -> Trip:
    """A trip of this person's time with its vehicle that was not deleted."""
    return get_object_or_404(own.trips_of(owner=cast(User, request.user)), public_id=public_id)
