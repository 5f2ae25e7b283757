"""Connecting a vehicle: the ways in, and a device's way from its name to the first data that we received of it."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from dimo.pages.slots import respond
from vehicles import measurements, registry, selectors, words
from vehicles.forms import ConnectDeviceForm
from vehicles.pages import own_vehicle, user_of

PATIENCE = timedelta(minutes=2)
VALUES_SHOWN = 8


@login_required
@require_GET
def connect(request: HttpRequest) -> HttpResponse:
    """The ways in."""
    return render(request, "vehicles/connect.html")


@login_required
@require_http_methods(["GET", "POST"])
def connect_device(request: HttpRequest) -> HttpResponse:
    """Which vehicle the device is for and what it is called; on to its signature."""
    user = user_of(request)
    vehicles = [vehicle for vehicle in selectors.vehicles_of(owner=user) if vehicle.retired_at is None]
    asked = request.GET.get("vehicle", "")
    form = ConnectDeviceForm(request.POST or None, vehicles=vehicles, initial={"vehicle": asked})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        vehicle = next((each for each in vehicles if str(each.public_id) == chosen["vehicle"]), None)
        if vehicle is None:
            vehicle = registry.register_vehicle(owner=user, nickname=chosen["nickname"].strip(), now=now())
        query = urlencode({"kind": chosen["kind"], "label": chosen["label"]})
        return redirect(f"{reverse('device-add', args=[vehicle.public_id])}?{query}")
    status = 422 if request.method == "POST" else 200
    return render(request, "vehicles/connect_device.html", {"form": form}, status=status)


@login_required
@require_GET
def first_data(request: HttpRequest, public_id: UUID, device_id: UUID) -> HttpResponse:
    """Waiting for a device's first data; the fragment asks again until it came."""
    vehicle = own_vehicle(request, public_id)
    device = get_object_or_404(selectors.devices_of(owner=user_of(request)), public_id=device_id)
    pairing = get_object_or_404(registry.open_pairings(device=device), vehicle=vehicle)
    since, moment = pairing.period.lower, now()
    came = device.last_seen_at is not None and device.last_seen_at >= since
    values, refused = [], []
    if came:
        own = set(device.sources.filter(vehicle=vehicle).values_list("pk", flat=True))
        values = [value for value in measurements.last_values(vehicle=vehicle) if value.source_id in own]
    elif moment - since > PATIENCE:
        counts = selectors.refusals_of(vehicle=vehicle, since=since.date())
        refused = [words.refusal(str(row["code"])) for row in counts[:3]]
    context = {
        "vehicle": vehicle,
        "device": device,
        "came": came,
        "values": values[:VALUES_SHOWN],
        "more": max(0, len(values) - VALUES_SHOWN),
        "waited_long": moment - since > PATIENCE,
        "refused": refused,
        "endpoint": request.build_absolute_uri("/api/v1/ingest"),
    }
    if request.headers.get("HX-Request"):
        return respond(request, "vehicles/_first_data.html", context, title=_("First data"))
    return render(request, "vehicles/connect_first_data.html", context)
