"""A vehicle's VIN: entered by its owner, shown masked, told whole by a press that is written down."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dimo.errors import DomainError
from vehicles import registry
from vehicles.forms import VinForm
from vehicles.models import VinClaim
from vehicles.pages import own_vehicle, user_of


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def vehicle_vin(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Enter the VIN; where another vehicle has it, say what can be done."""
    vehicle, form, status = own_vehicle(request, public_id), VinForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                claim = registry.enter_vin(
                    vehicle=vehicle, owner=user_of(request), vin=form.cleaned_data["vin"], now=now()
                )
            except DomainError as refusal:
                form.add_error("vin", str(refusal))
                status = refusal.status
            else:
                if claim is None:
                    messages.success(request, _("The VIN is kept, encrypted."))
                return redirect("vehicle-vin", vehicle.public_id)
    return page(request, public_id, form=form, status=status)


@never_cache
@login_required
@require_POST
def vin_reveal(request: HttpRequest, public_id: UUID) -> HttpResponse:
    try:
        whole = registry.reveal_vin(vehicle=own_vehicle(request, public_id), reader=user_of(request), now=now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("vehicle-vin", public_id)
    return page(request, public_id, form=VinForm(), whole=whole)


def page(request: HttpRequest, public_id: UUID, *, form: VinForm, whole: str = "", status: int = 200) -> HttpResponse:
    vehicle = own_vehicle(request, public_id)
    context = {
        "vehicle": vehicle,
        "form": form,
        "masked": registry.masked_vin(vehicle=vehicle),
        "whole": whole,
        "claimed": VinClaim.objects.filter(vehicle=vehicle, state=VinClaim.State.OPEN).exists(),
    }
    return render(request, "vehicles/vehicle_vin.html", context, status=status)
