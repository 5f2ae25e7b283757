"""A driver joins a union with a vehicle, and leaves it: one button each way."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from unions import membership, selectors
from unions.models import Membership, Union
from unions.notices import TEXTS, notice
from unions.pages.public import described
from vehicles.models import Vehicle
from vehicles.ownership_selectors import in_garage


@login_required
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a vehicle and join. Nothing is shared by joining; the matrix comes next."""
    union = _open_union(slug)
    now = timezone.now()
    if request.method == "POST":
        vehicle = _own_vehicle(request, request.POST.get("vehicle", ""))
        row = membership.join_union(union=union, vehicle=vehicle, member=request.user, now=now)
        if row.state == Membership.State.REQUESTED:
            messages.success(request, f"Your request to join {union.name} was sent to its stewards.")
            return redirect("unions")
        messages.success(request, f"{vehicle} has joined {union.name}. Nothing is shared until you choose it here.")
        return redirect(f"{reverse('consent')}?vehicle={vehicle.public_id}")
    inside = selectors.current_memberships(member=request.user).filter(union=union).values_list("vehicle_id", flat=True)
    owned = in_garage(owner=request.user).filter(retired_at=None).order_by("pk")
    vehicles = [
        {
            "vehicle": vehicle,
            "inside": vehicle.pk in inside,
            "fits": not union.powertrains or vehicle.powertrain in union.powertrains,
        }
        for vehicle in owned
    ]
    free = any(entry["fits"] and not entry["inside"] for entry in vehicles)
    return render(request, "unions/join.html", {**described(union, now=now), "vehicles": vehicles, "free": free})


@login_required
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, slug: str, vehicle: UUID) -> HttpResponse:
    """Leave with a vehicle. GET says what stays and what goes; the button on the list posts at once."""
    union = Union.objects.filter(slug=slug).first()
    row = (
        selectors.current_memberships(member=request.user).filter(union=union, vehicle__public_id=vehicle).first()
        if union
        else None
    )
    if row is None:
        raise Http404
    if request.method == "POST":
        membership.leave_union(
            membership=row,
            actor=request.user,
            notice=notice("leave-1", screen_id="union-leave"),
            now=timezone.now(),
        )
        messages.success(request, f"{row.vehicle} has left {row.union.name}. What it earned stays yours.")
        return redirect("unions")
    return render(request, "unions/leave.html", {"membership": row, "notice": TEXTS["leave-1"]})


def _open_union(slug: str) -> Union:
    union = selectors.open_unions().filter(slug=slug).first()
    if union is None:
        raise Http404
    return union


def _own_vehicle(request: HttpRequest, text: str) -> Vehicle:
    try:
        vehicle = in_garage(owner=request.user).filter(public_id=UUID(text)).first()
    except ValueError:
        vehicle = None
    if vehicle is None:
        raise membership.NotYourVehicle(field="vehicle")
    return vehicle
