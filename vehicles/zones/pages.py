"""Pages of privacy zones: draw one, see what others could see, change and remove it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dimo.errors import DomainError
from vehicles.models import PrivacyZone, Vehicle
from vehicles.pages import user_of
from vehicles.zones import drawing, outlines
from vehicles.zones.forms import ZoneForm
from vehicles.zones.selectors import zones_of


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def zone_list(request: HttpRequest) -> HttpResponse:
    """All zones and their map, and the form that draws another."""
    owner, status = user_of(request), 200
    form = ZoneForm(request.POST or None, owner=owner)
    if request.method == "POST":
        status = 422
        if form.is_valid() and form.place is not None:
            try:
                told = form.cleaned_data
                drawing.draw_zone(
                    owner=owner,
                    label=told["label"],
                    place=form.place,
                    radius_m=told["radius_m"],
                    vehicle=form.chosen_vehicle,
                    now=now(),
                )
            except DomainError as refusal:
                status = refused(form, refusal)
            else:
                messages.success(request, _("The zone is in force for every dataset built from now on, past days too."))
                return redirect("privacy-zones")
    return render(request, "vehicles/zones.html", {"zones": zones_of(owner=owner), "form": form}, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def zone_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One zone, to change it."""
    owner, status = user_of(request), 200
    zone = own_zone(request, public_id)
    chosen = str(zone.vehicle.public_id) if zone.vehicle else ""
    stands = {"label": zone.label, "radius_m": zone.radius_m, "vehicle": chosen}
    form = ZoneForm(request.POST or None, owner=owner, zone=zone, initial=stands)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                drawing.change_zone(
                    owner=owner,
                    public_id=zone.public_id,
                    label=form.cleaned_data["label"],
                    radius_m=form.cleaned_data["radius_m"],
                    vehicle=form.chosen_vehicle,
                    place=form.place,
                    now=now(),
                )
            except (drawing.ZoneGone, Vehicle.DoesNotExist) as gone:
                raise Http404 from gone
            except DomainError as refusal:
                status = refused(form, refusal)
            else:
                messages.success(request, _("Changed. It applies to every dataset built from now on."))
                return redirect("privacy-zones")
    return render(request, "vehicles/zone.html", {"zone": zone, "form": form}, status=status)


@login_required
@require_POST
def zone_remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a zone away."""
    try:
        drawing.remove_zone(owner=user_of(request), public_id=public_id, now=now())
    except drawing.ZoneGone as gone:
        raise Http404 from gone
    messages.success(request, _("The zone is removed. Datasets built from now on may hold what lies in it."))
    return redirect("privacy-zones")


@login_required
@require_GET
def zones_geojson(request: HttpRequest) -> JsonResponse:
    """What others could see of the last month, for the owner's map."""
    return private(outlines.seen_by_others(owner=user_of(request), now=now()))


@login_required
@require_POST
def zone_preview(request: HttpRequest) -> JsonResponse:
    """The same with one more zone, which is kept nowhere: by POST, so that no place is in an address."""
    owner = user_of(request)
    form = ZoneForm({"label": "-", **request.POST.dict()}, owner=owner)
    form.fields["label"].required = False
    if not form.is_valid() or form.place is None:
        return private(
            {"detail": " ".join(str(error) for errors in form.errors.values() for error in errors)}, status=422
        )
    try:
        circle = drawing.circle_around(owner=owner, place=form.place, radius_m=form.cleaned_data["radius_m"])
    except DomainError as refusal:
        return private({"detail": str(refusal)}, status=refusal.status)
    return private(outlines.seen_by_others(owner=owner, now=now(), draft=circle, vehicle=form.chosen_vehicle))


def own_zone(request: HttpRequest, public_id: UUID) -> PrivacyZone:
    return get_object_or_404(zones_of(owner=user_of(request)), public_id=public_id)


def refused(form: ZoneForm, refusal: DomainError) -> int:
    """The refusal beside the field it is about."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    return refusal.status


def private(data: dict[str, object], status: int = 200) -> JsonResponse:
    return JsonResponse(data, status=status, headers={"Cache-Control": "private, no-store"})
