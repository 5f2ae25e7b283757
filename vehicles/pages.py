"""Pages about vehicles and their devices; whatever belongs to somebody else is not there."""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import (
    contact,
    former_pages,
    measurements,
    ownership_selectors,
    parts,
    quality_score,
    registry,
    selectors,
    words,
)
from vehicles.forms import DeviceForm, NameForm, VehicleForm
from vehicles.models import Vehicle
from vehicles.signals import by_name

REFUSED_DAYS = 30


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def own_vehicle(request: HttpRequest, public_id: UUID) -> Vehicle:
    return get_object_or_404(selectors.vehicles_of(owner=user_of(request)), public_id=public_id)


def quality_words(vehicle: Vehicle, moment: datetime) -> tuple[quality_score.Score, list[str]]:
    """The score of a vehicle's data, and the titles of what it does not tell."""
    score = quality_score.scores(vehicle_ids=[vehicle.pk], now=moment)[vehicle.pk]
    return score, [by_name[name].title for name in score.missing]


@login_required
@require_GET
def vehicle_list(request: HttpRequest) -> HttpResponse:
    """A person's vehicles and when each was last heard."""
    owner, moment = user_of(request), now()
    vehicles = list(selectors.vehicles_of(owner=owner))
    health = contact.health_of(vehicles=vehicles, now=moment)
    context = {
        "rows": [(vehicle, parts.connection(health[vehicle.pk], moment)) for vehicle in vehicles],
        "former": ownership_selectors.former_of(owner=owner),
        "by_mail": contact.wants_mail(owner=owner),
    }
    return render(request, "vehicles/vehicle_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def vehicle_add(request: HttpRequest) -> HttpResponse:
    """Add a vehicle; on to its page, where a device is paired."""
    user = user_of(request)
    form = VehicleForm(request.POST or None, initial={"timezone": user.timezone})
    if request.method == "POST" and form.is_valid():
        vehicle = registry.register_vehicle(owner=user, now=now(), **form.cleaned_data)
        return redirect("vehicle", vehicle.public_id)
    status = 422 if request.method == "POST" else 200
    return render(request, "vehicles/vehicle_add.html", {"form": form}, status=status)


@login_required
@require_GET
def vehicle_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What measures a vehicle, its last values with their doubts, and what was refused and why."""
    vehicle = selectors.vehicles_of(owner=user_of(request)).filter(public_id=public_id).first()
    if vehicle is None:
        return former_pages.former_page(request, public_id)
    moment = now()
    refused = selectors.refusals_of(vehicle=vehicle, since=(moment - timedelta(days=REFUSED_DAYS)).date())
    values = measurements.last_values(vehicle=vehicle)
    context = {
        "vehicle": vehicle,
        "values": [(value, [words.doubt(name) for name in value.doubts]) for value in values],
        "pairings": selectors.pairings_of(vehicle=vehicle),
        "sources": selectors.sources_of(vehicle=vehicle)[:50],
        "refused": [(row, words.refusal(str(row["code"]))) for row in refused],
        "refused_days": REFUSED_DAYS,
        "connection": parts.connection(contact.health_of(vehicles=[vehicle], now=moment)[vehicle.pk], moment),
        "vin": registry.masked_vin(vehicle=vehicle),
        "vin_differs": selectors.other_vin_told(vehicle=vehicle),
        "quality": quality_words(vehicle, moment),
        "name_form": NameForm(initial={"nickname": vehicle.nickname}),
    }
    return render(request, "vehicles/vehicle.html", context)


@login_required
@require_POST
def vehicle_rename(request: HttpRequest, public_id: UUID) -> HttpResponse:
    vehicle, form = own_vehicle(request, public_id), NameForm(request.POST)
    if form.is_valid():
        registry.rename_vehicle(vehicle=vehicle, nickname=form.cleaned_data["nickname"])
        messages.success(request, _("The vehicle is called “%(name)s” now.") % {"name": vehicle})
    else:
        messages.error(request, _("A name has at most 60 characters."))
    return redirect("vehicle", vehicle.public_id)


@login_required
@require_POST
def vehicle_retire(request: HttpRequest, public_id: UUID) -> HttpResponse:
    vehicle = registry.retire_vehicle(vehicle=own_vehicle(request, public_id), now=now())
    messages.success(request, _("The vehicle is retired. Its past stays readable to you."))
    return redirect("vehicle", vehicle.public_id)


@login_required
@require_http_methods(["GET", "POST"])
def device_add(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Pair a device: it signs a challenge with its key, and from then on measures this vehicle."""
    user, vehicle = user_of(request), own_vehicle(request, public_id)
    named = {name: request.GET[name] for name in ("kind", "label") if name in request.GET}
    form = DeviceForm(request.POST or None, initial=named)
    if request.method == "POST" and form.is_valid():
        try:
            device = registry.register_device(
                owner=user,
                now=now(),
                **{name: form.cleaned_data[name] for name in ("kind", "label", "challenge", "signature")},
            )
            registry.pair_device(device=device, vehicle=vehicle, now=now(), subject=form.cleaned_data["subject"])
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The device is paired and may send from now on."))
            return redirect("first-data", vehicle.public_id, device.public_id)
    challenge = registry.device_challenge(owner=user)
    context = {
        "vehicle": vehicle,
        "form": form,
        "challenge": challenge,
        "endpoint": request.build_absolute_uri("/api/v1/ingest"),
    }
    return render(request, "vehicles/device_add.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def device_unpair(request: HttpRequest, public_id: UUID, device_id: UUID) -> HttpResponse:
    vehicle = own_vehicle(request, public_id)
    device = get_object_or_404(selectors.devices_of(owner=user_of(request)), public_id=device_id)
    registry.unpair_device(device=device, vehicle=vehicle, now=now())
    messages.success(request, _("The device no longer measures this vehicle. What it measured stays."))
    return redirect("vehicle", vehicle.public_id)
