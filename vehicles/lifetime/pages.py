"""The page of statistics, and the areas of its map."""

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

import h3
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from dimo.users.models import User
from vehicles import trip_costs
from vehicles.charging import costs
from vehicles.diary import listing
from vehicles.lifetime import counting, figures
from vehicles.lifetime.figures import MOST_AREAS, Area, Bin, Part
from vehicles.models import NamedArea, Vehicle
from vehicles.signals import cell_of

LISTED = 50


def asked_for(request: HttpRequest) -> tuple[list[Vehicle], Vehicle | None, int | None]:
    """The reader's vehicles, the one that was asked for and the year; None: all.

    Raises:
        Http404
    """
    known = listing.vehicles_known_to(owner=cast(User, request.user))
    asked, told = request.GET.get("vehicle", ""), request.GET.get("year", "")
    try:
        vehicle = next(one for one in known if one.public_id == UUID(asked)) if asked else None
        year = int(told) if told else None
    except (ValueError, StopIteration) as error:
        raise Http404 from error
    if year is not None and not 1970 <= year < 9000:
        raise Http404
    return known, vehicle, year


@login_required
@require_GET
def statistics(request: HttpRequest) -> HttpResponse:
    """Figures of all own vehicles or one (`?vehicle=`), of all time or a year (`?year=`)."""
    owner = cast(User, request.user)
    known, vehicle, year = asked_for(request)
    chosen = [vehicle] if vehicle else known
    trips = counting.trips_of(owner=owner, vehicles=chosen, year=year)
    told = figures.figures(trips=trips, book=trip_costs.prices_for(trips=trips), year=year)
    page = Paginator(figures.areas(trips=trips), LISTED).get_page(request.GET.get("page"))
    context = {
        "vehicles": known,
        "vehicle": vehicle,
        "year": year,
        "years": range(now().year, counting.first_year(owner=owner, vehicles=known, now=now()) - 1, -1),
        "told": told,
        "plots": plots(told),
        "temperatures": [(between(part), part.sums) for part in told.by_temperature],
        "charging": costs.sum_up(counting.charges_of(owner=owner, vehicles=chosen, year=year)),
        "areas": named(owner, page.object_list),
        "page": page,
    }
    return render(request, "vehicles/lifetime/statistics.html", context)


def plots(told: figures.Figures) -> list[dict[str, Any]]:
    """Bars by time, weekday and hour, each with its heading."""
    by_time = [(calendar_word(part.key), part) for part in told.by_time]
    weekdays = [(str(WEEKDAYS[part.key - 1]), part) for part in told.weekdays]
    driven = [part.key for part in told.hours if part.trips] or [0]
    hours = [(f"{part.key:02d}:00", part) for part in told.hours if driven[0] <= part.key <= driven[-1]]
    titles = (_("Over time"), _("By weekday"), _("By hour of the start"))
    return [
        {"title": title, "rows": rows, "most": most(rows)}
        for title, rows in zip(titles, (by_time, weekdays, hours), strict=True)
    ]


def calendar_word(key: int) -> str:
    return date_format(date(2000, key, 1), "F") if key <= 12 else str(key)


def most(rows: list[tuple[str, Part]]) -> float:
    return max((part.km for _, part in rows), default=0.0) or 1.0


def named(owner: User, passed: Sequence[Area]) -> list[tuple[str, Area]]:
    """Areas with the reader's own words for them; empty where they gave none."""
    cells = [area.cell for area in passed]
    names = dict(NamedArea.objects.filter(owner=owner, cell__in=cells).values_list("cell", "name"))
    return [(names.get(area.cell, ""), area) for area in passed]


def between(part: Bin) -> str:
    """The degrees of a bin in words."""
    return _("%(low)d to %(high)d °C") % {"low": part.low, "high": part.high}


@login_required
@require_GET
def temperatures(request: HttpRequest) -> HttpResponse:
    """Consumption by the temperature outside, as `static/js/plot.js` draws it."""
    owner = cast(User, request.user)
    known, vehicle, year = asked_for(request)
    trips = counting.trips_of(owner=owner, vehicles=[vehicle] if vehicle else known, year=year)
    found = figures.bins(trips)
    drawn = [
        {"title": title, "unit": unit, "color": color, "values": values, "bars": True, "low": 0}
        for title, unit, color, values in (
            (_("Electricity"), "kWh/100 km", "soc", [part.sums.kwh_per_100 for part in found]),
            (_("Fuel"), "l/100 km", "speed", [part.sums.liters_per_100 for part in found]),
        )
        if any(value is not None for value in values)
    ]
    answer = {"t": list(range(len(found))), "names": [between(part) for part in found], "plots": drawn}
    return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})


@login_required
@require_GET
def areas_geojson(request: HttpRequest) -> HttpResponse:
    """Areas that the reader's trips passed, the most driven first, 5,000 at most; unchanged since: 304."""
    owner = cast(User, request.user)
    known, vehicle, year = asked_for(request)
    trips = counting.trips_of(owner=owner, vehicles=[vehicle] if vehicle else known, year=year)
    passed = figures.areas(trips=trips)
    shown = passed[:MOST_AREAS]
    summary = ngettext("%(n)d area", "%(n)d areas", len(passed)) % {"n": len(passed)}
    if len(passed) > len(shown):
        summary = _("The %(shown)d most driven of %(n)d areas") % {"shown": len(shown), "n": len(passed)}
    answer = {
        "type": "FeatureCollection",
        "features": [feature(area) for area in shown],
        "summary": summary,
        "cut": len(passed) > len(shown),
        "note": "" if shown else _("No areas were measured in this time."),
    }
    body = json.dumps(answer, separators=(",", ":"))
    headers = {"ETag": f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, content_type="application/geo+json", headers=headers)


def feature(area: Area) -> dict[str, Any]:
    """An area's hexagon, longitude first."""
    ring = [[round(lng, 5), round(lat, 5)] for lat, lng in h3.cell_to_boundary(cell_of(area.cell))]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "geometry": shape, "properties": {"passes": area.trips, "withheld": False}}
