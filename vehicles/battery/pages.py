"""The page of a vehicle's battery: how it ages, what it loses while parked, and how it stands among like cars."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dimo.errors import DomainError
from vehicles import ownership_selectors
from vehicles.battery import health, parked, sharing, standing
from vehicles.battery.peers import K
from vehicles.battery.standing import Aging
from vehicles.charging import selectors
from vehicles.charging.words import AGINGS
from vehicles.models import BatteryHealth, ParkedStretch, Vehicle
from vehicles.pages import own_vehicle, user_of

TABLE_ROWS, STRETCHES = 40, 14


def read_by(request: HttpRequest, public_id: UUID) -> tuple[Vehicle, list[int]]:
    """A vehicle that is or was theirs, and the epochs of which they read."""
    owner = user_of(request)
    vehicle = get_object_or_404(ownership_selectors.known_to(owner=owner), public_id=public_id)
    return vehicle, selectors.epochs_of(owner=owner, vehicle=vehicle)


@login_required
@require_GET
def battery(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Health over time, drain while parked, and for the owner of now the comparison. Former owners read their time."""
    vehicle, epochs = read_by(request, public_id)
    moment, own = now(), vehicle.owner_id == user_of(request).pk
    stretches, drain = parked.lately(vehicle=vehicle, epochs=epochs, now=moment)
    kept = BatteryHealth.objects.filter(vehicle=vehicle, owner_epoch=vehicle.owner_epoch).first() if own else None
    context = {
        "vehicle": vehicle,
        "own": own,
        "agings": [described(each) for each in standing.agings(vehicle=vehicle, epochs=epochs)],
        "drain": drain,
        "stretches": [stretch(each) for each in stretches[:STRETCHES]],
        "least_days": health.LEAST_DAYS,
        "least_span": health.LEAST_SPAN.days,
        "kept": kept,
        "shared": kept is not None and kept.shared_since is not None,
        "like": sharing.like(vehicle, now=moment),
        "median": sharing.median_for(vehicle=vehicle, now=moment) if own else None,
        "k": K,
    }
    return render(request, "vehicles/battery.html", context)


def described(aging: Aging) -> dict[str, Any]:
    """One way to see a battery age, with its words and its latest days for the table."""
    title, about = AGINGS[aging.name]
    days = health.by_day(aging.estimates)
    return {"aging": aging, "title": title, "about": about, "days": days[::-1][:TABLE_ROWS], "count": len(days)}


def stretch(row: ParkedStretch) -> dict[str, Any]:
    hours = (row.until - row.since).total_seconds() / 3600
    lost = row.before_pct - row.after_pct
    return {"row": row, "hours": round(hours), "lost": lost, "per_day": lost / hours * 24}


@login_required
@require_GET
def aging_curve(request: HttpRequest, public_id: UUID) -> JsonResponse:
    """Estimates as dots, and the line through them with its band, as `static/js/plot.js` draws them."""
    vehicle, epochs = read_by(request, public_id)
    seen = [each for each in standing.agings(vehicle=vehicle, epochs=epochs) if each.estimates]
    dots = [{each.at: each.value for each in health.by_day(aging.estimates)} for aging in seen]
    bands = [{point.at: point for point in aging.trend.band} if aging.trend else {} for aging in seen]
    moments = sorted({at for told in dots for at in told} | {at for band in bands for at in band})
    plots = [
        {
            "title": str(AGINGS[aging.name][0]),
            "unit": aging.unit,
            "color": "soc",
            "dots": True,
            "values": [told.get(at) for at in moments],
            **({"band": edges(band, moments)} if band else {}),
        }
        for aging, told, band in zip(seen, dots, bands, strict=True)
    ]
    answer = {"timezone": vehicle.timezone, "days": True, "t": [at.timestamp() for at in moments], "plots": plots}
    return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})


def edges(band: dict[Any, health.Point], moments: list[Any]) -> list[list[float | None]]:
    """The band's lower and upper edge and the line, at these moments."""
    points = [band.get(at) for at in moments]
    return [[point and round(getattr(point, name), 3) for point in points] for name in ("low", "high", "value")]


@login_required
@require_POST
def sharing_choice(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let the battery be compared (`shared` is 1), or take that back; at once."""
    vehicle, shared = own_vehicle(request, public_id), request.POST.get("shared") == "1"
    try:
        sharing.set_shared(vehicle=vehicle, shared=shared, actor=user_of(request), now=now())
    except (DomainError, ObjectDoesNotExist):
        raise Http404 from None
    if shared:
        messages.success(request, _("Your battery counts in figures made from now on."))
    else:
        messages.success(request, _("Your battery is not compared. It is in no figure made from now on."))
    return redirect("battery", vehicle.public_id)
