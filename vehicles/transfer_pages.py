"""Pages on which a vehicle changes hands: the seller's offer, and what the buyer sees before accepting."""

from urllib.parse import urljoin
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dimo.errors import DomainError
from vehicles import registry
from vehicles.pages import own_vehicle, user_of


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def vehicle_transfer(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make a link for the buyer, shown this once, or see that one is open."""
    vehicle, status = own_vehicle(request, public_id), 200
    context: dict[str, object] = {}
    if request.method == "POST":
        try:
            offered = registry.offer_transfer(vehicle=vehicle, seller=user_of(request), now=now())
        except DomainError as refusal:
            context["refusal"], status = str(refusal), refusal.status
        else:
            path = reverse("transfer-accept", args=[offered.token])
            context["link"] = urljoin(request.build_absolute_uri(), path)
    offer = registry.open_offers(vehicle=vehicle).filter(expires_at__gt=now()).first()
    context |= {"vehicle": vehicle, "offer": offer}
    return render(request, "vehicles/vehicle_transfer.html", context, status=status)


@login_required
@require_POST
def transfer_withdraw(request: HttpRequest, public_id: UUID) -> HttpResponse:
    vehicle = own_vehicle(request, public_id)
    registry.withdraw_offer(vehicle=vehicle, seller=user_of(request), now=now())
    messages.success(request, _("The link no longer works. The vehicle stays yours."))
    return redirect("vehicle-transfer", vehicle.public_id)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def transfer_accept(request: HttpRequest, token: str) -> HttpResponse:
    """What taking the vehicle over means, and the button that does it; opening the link alone changes nothing."""
    try:
        if request.method == "POST":
            vehicle = registry.accept_offer(token=token, buyer=user_of(request), now=now())
            messages.success(request, _("The vehicle is yours. Pair a device to see what it measures from now on."))
            return redirect("vehicle", vehicle.public_id)
        offer = registry.offer_by(token=token, now=now())
    except DomainError as refusal:
        return render(request, "vehicles/transfer_accept.html", {"refusal": str(refusal)}, status=refusal.status)
    context = {
        "offer": offer,
        "vehicle": offer.vehicle,
        "vin": registry.masked_vin(vehicle=offer.vehicle),
        "own": offer.seller_id == user_of(request).pk,
    }
    return render(request, "vehicles/transfer_accept.html", context)
