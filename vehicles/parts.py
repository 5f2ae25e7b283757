"""Fragments and data of the driver's home and of the trip pages; the owner's alone."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from dimo.pages.slots import respond
from dimo.users.models import User
from vehicles import contact, measurements, selectors, words
from vehicles.charts import chart_data, nothing_to_draw
from vehicles.contact import Health
from vehicles.measurements import LastValue, Place
from vehicles.models import Trip, Vehicle
from vehicles.places import zone_of
from vehicles.signals import BATTERY_LEVEL, FUEL_LEVEL, ODOMETER, OUTSIDE
from vehicles.silence import State
from vehicles.zones.selectors import zones_of

LIVE, RECENT = timedelta(minutes=2), timedelta(days=1)
RANGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
TRIPS_ON_A_MAP, PLACES_OF_A_TRIP = 200, 250
RANGE_SIGNALS, TIRES = (50, 17), (38, 39, 40, 41)


def asked_vehicle(request: HttpRequest) -> Vehicle | None:
    """The vehicle of `?vehicle=`, else the first one in use, else None. One of somebody else is not there."""
    vehicles = selectors.vehicles_of(owner=cast(User, request.user))
    if asked := request.GET.get("vehicle"):
        try:
            return get_object_or_404(vehicles, public_id=UUID(asked))
        except ValueError as error:
            raise Http404 from error
    return vehicles.first()


def connection(health: Health, moment: datetime, seen: datetime | None = None) -> dict[str, object]:
    """A vehicle's connection in words: `tone` is live, recent, late, silent or never; `seen` may be by a file too."""
    newest = health.seen or seen
    if health.paired and health.seen:
        tone = {State.LIVELY: "recent", State.LATE: "late"}.get(health.state, "silent")
    else:
        tone = "never" if newest is None else "recent" if moment - newest < RECENT else "silent"
    if newest and moment - newest < LIVE:
        tone = "live"
    told = words.quiet(health.cause) if health.cause else ""
    streak = words.streak(health.streak)
    return {"tone": tone, "seen": newest, "paired": health.paired, "cause": told, "streak": streak}


@login_required
@require_GET
def vehicle_card(request: HttpRequest) -> HttpResponse:
    """The state of one vehicle at a glance."""
    vehicle = asked_vehicle(request)
    if vehicle is None:
        return respond(request, "vehicles/_vehicle_card.html", {"vehicle": None}, title=_("Vehicle"))
    last = {value.signal.id: value for value in measurements.last_values(vehicle=vehicle)}
    seen = max((value.ts for value in last.values()), default=None)
    moment = now()
    about = connection(contact.health_of(vehicles=[vehicle], now=moment)[vehicle.pk], moment, seen)
    level = last.get(BATTERY_LEVEL) or last.get(FUEL_LEVEL)
    ranges = [last[signal].value for signal in RANGE_SIGNALS if signal in last]
    context = {
        "vehicle": vehicle,
        "others": selectors.vehicles_of(owner=vehicle.owner).exclude(pk=vehicle.pk),
        "contact": about["tone"],
        "cause": about["cause"],
        "streak": about["streak"],
        "seen_at": about["seen"],
        "level_pct": level.value if level else None,
        "level_name": _("Fuel") if BATTERY_LEVEL not in last and level else _("Battery"),
        "range_km": ranges[0] if ranges else None,
        "facts": facts_of(last),
    }
    return respond(request, "vehicles/_vehicle_card.html", context, title=str(vehicle))


def facts_of(last: dict[int, LastValue]) -> list[tuple[str, str]]:
    """Up to three facts beside the gauge."""
    facts = []
    if ODOMETER in last:
        facts.append((_("Odometer"), f"{last[ODOMETER].value:,.0f} km"))
    if tires := [last[signal].value / 100 for signal in TIRES if signal in last]:
        facts.append((_("Tire pressure"), f"{min(tires):.1f}–{max(tires):.1f} bar"))
    if OUTSIDE in last:
        facts.append((_("Outside"), f"{last[OUTSIDE].value:.0f} °C"))
    return facts


@login_required
@require_GET
def device_contact(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Whether a device was heard; asks again until it was."""
    device = get_object_or_404(selectors.devices_of(owner=cast(User, request.user)), public_id=device_id)
    return respond(request, "vehicles/_device_contact.html", {"device": device}, title=str(device))


@login_required
@require_GET
def trips_geojson(request: HttpRequest) -> HttpResponse:
    """Lines of one trip (`?trip=`) or of a vehicle's last month, for the owner's map."""
    owner, moment = cast(User, request.user), now()
    if asked := request.GET.get("trip"):
        try:
            trips = [get_object_or_404(selectors.trips_of(owner=owner), public_id=UUID(asked))]
        except ValueError as error:
            raise Http404 from error
    else:
        vehicle = asked_vehicle(request)
        found = selectors.trips_of(owner=owner, vehicle=vehicle)
        trips = list(found.filter(started_at__gte=moment - RANGES["month"])[:TRIPS_ON_A_MAP]) if vehicle else []
    tracks = measurements.tracks(trips=trips, most=PLACES_OF_A_TRIP)
    drawn = [trip for trip in trips if len(tracks[trip.pk]) > 1]
    features = [feature(trip, tracks[trip.pk], latest=trip is drawn[0]) for trip in drawn]
    latest = str(drawn[0].public_id) if drawn else None
    answer = {"type": "FeatureCollection", "features": features, "latest": latest, "note": gone(trips)}
    answer |= {"summary": summary(trips), "zones": drawn_zones(owner)}
    return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})


def gone(trips: list[Trip]) -> str:
    """Why there is nothing to draw, where the exact positions went."""
    removed = [trip for trip in trips if trip.points_removed_at]
    if not removed or len(removed) < len(trips):
        return ""
    day = date_format(localtime(removed[0].points_removed_at, zone_of(removed[0].vehicle)), "F j, Y")
    words = _(
        "The exact positions were removed on %(day)s, when the time you keep them was over. Figures and areas stay."
    )
    return words % {"day": day}


def drawn_zones(owner: User) -> list[dict[str, object]]:
    """Their own zones as circles of the map."""
    return [
        {"center": [zone.lon, zone.lat], "radius_m": zone.radius_m, "label": zone.label}
        for zone in zones_of(owner=owner)
    ]


def summary(trips: list[Trip]) -> str:
    """How many trips, and how far."""
    km = sum(trip.distance_km for trip in trips)
    return ngettext("%(n)d trip, %(km).0f km.", "%(n)d trips, %(km).0f km.", len(trips)) % {"n": len(trips), "km": km}


def feature(trip: Trip, places: list[Place], *, latest: bool) -> dict[str, object]:
    """One trip as a line of the map; the latest with its speeds."""
    start = localtime(trip.started_at, zone_of(trip.vehicle))
    properties: dict[str, object] = {
        "id": str(trip.public_id),
        "label": f"{date_format(start, 'D, M j, H:i')}",
        "distance_km": trip.distance_km,
        "url": f"/trips/{trip.public_id}/",
    }
    if latest:
        properties["speeds"] = [place.speed for place in places]
    line = [[round(place.lon, 6), round(place.lat, 6)] for place in places]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": line}}


@login_required
@require_GET
def telemetry_json(request: HttpRequest) -> HttpResponse:
    """Speed and level over a trip (`?trip=`) or over the last day, week or month with readings (`?range=`)."""
    owner = cast(User, request.user)
    if asked := request.GET.get("trip"):
        try:
            trip = get_object_or_404(selectors.trips_of(owner=owner), public_id=UUID(asked))
        except ValueError as error:
            raise Http404 from error
        data = chart_data(vehicle=trip.vehicle, since=trip.started_at, until=trip.ended_at + timedelta(seconds=1))
    else:
        vehicle = asked_vehicle(request)
        length = RANGES.get(request.GET.get("range", "day"))
        if length is None:
            raise Http404
        if vehicle is None:
            data = nothing_to_draw(timezone=owner.timezone, until=now(), length=length)
        else:
            data = chart_data(vehicle=vehicle, since=None, until=now(), length=length)
    return JsonResponse(data, headers={"Cache-Control": "private, no-store"})
