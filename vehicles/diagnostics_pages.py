"""The page of a vehicle's diagnostics, and in which words its state and its data's quality are told."""

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from dimo.users.models import User
from vehicles import selectors
from vehicles.diagnostics import reading, states, trends
from vehicles.diagnostics.words import explain

WHEELS = {
    ("front", "left"): gettext_lazy("Front left"),
    ("front", "right"): gettext_lazy("Front right"),
    ("rear", "left"): gettext_lazy("Rear left"),
    ("rear", "right"): gettext_lazy("Rear right"),
}


@login_required
@require_GET
def diagnostics(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Codes in plain words, tires, service and the low-voltage battery of one vehicle."""
    vehicles = selectors.vehicles_of(owner=cast(User, request.user))
    vehicle, moment = get_object_or_404(vehicles, public_id=public_id), now()
    known = reading.condition(vehicle=vehicle, now=moment)
    measured = [wheel.at for axle in known.axles for wheel in axle.wheels]
    context = {
        "vehicle": vehicle,
        "condition": known,
        "standing": [(fault, explain(fault.code)) for fault in known.standing],
        "past": [(fault, explain(fault.code)) for fault in known.past],
        "old": {
            "codes": known.listed_at is not None and states.stale(known.listed_at, moment),
            "tires": bool(measured) and states.stale(max(measured), moment),
            "service": known.service is not None and states.stale(known.service.at, moment),
            "battery": known.battery is not None and states.stale(known.battery.at, moment),
        },
        "tires_at": max(measured, default=None),
    }
    return render(request, "vehicles/diagnostics.html", context)


@login_required
@require_GET
def diagnostics_trends(request: HttpRequest, public_id: UUID) -> JsonResponse:
    """Tires and the low-voltage battery over four weeks, as `static/js/plot.js` draws and tabulates them."""
    vehicles = selectors.vehicles_of(owner=cast(User, request.user))
    vehicle = get_object_or_404(vehicles, public_id=public_id)
    found = trends.days(vehicle=vehicle, now=now())
    plots: list[dict[str, object]] = [
        {
            "title": str(WHEELS[place]),
            "unit": "bar",
            "color": "soc",
            "values": [day.bars.get(place) for day in found],
        }
        for place in trends.wheels_told(found)
    ]
    if any(day.volts is not None for day in found):
        volts = [day.volts for day in found]
        plots.append({"title": _("Low-voltage battery, lowest"), "unit": "V", "color": "speed", "values": volts})
    answer = {
        "timezone": vehicle.timezone,
        "days": True,
        "height": 96,
        "t": [day.at.timestamp() for day in found],
        "plots": plots,
        "empty": _("Nothing was told around your drives of the last four weeks."),
    }
    return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})
