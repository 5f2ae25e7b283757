"""What drivers are told about buyers: who got rows of theirs, and what a buyer would see of their trips."""

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dimo.pages.slots import respond
from dimo.users.models import User
from licensing import outlook, selectors
from unions.vocabulary import PURPOSES, TIER_LABELS
from vehicles.models import Vehicle

WEEK = 7
YEAR = 365


@require_safe
@login_required
def who_looked(request: HttpRequest) -> HttpResponse:
    """How many buyers received rows of the driver's in seven days, and how many of them exact positions."""
    now = timezone.now()
    member = cast(User, request.user)
    events = selectors.who_looked(member=member, now=now, days=WEEK)
    licenses = {event["license"].pk: event["license"] for event in events}
    buyers = {license.organization_id: license.organization for license in licenses.values()}
    exact = {
        license.organization_id
        for license in licenses.values()
        if outlook.had_exact_positions(license=license, member=member)
    }
    context = {"days": WEEK, "buyers": sorted(buyers.values(), key=str), "exact": len(exact)}
    return respond(request, "licensing/_who_looked.html", context, title=_("Who looked"))


@require_safe
@login_required
def access_log(request: HttpRequest) -> HttpResponse:
    """Every delivery and download that held the driver's rows, in the last year."""
    events = selectors.who_looked(member=cast(User, request.user), now=timezone.now(), days=YEAR)
    for event in events:
        quote = event["license"].quote
        event["tier"], event["purpose"] = TIER_LABELS[quote.tier], PURPOSES[quote.purpose].label
    return render(request, "licensing/access_log.html", {"events": events})


@require_safe
@login_required
def buyers_view_geojson(request: HttpRequest) -> JsonResponse:
    """`?vehicle=` one of the driver's own; without it, the first."""
    owner = cast(User, request.user)
    mine = Vehicle.objects.filter(owner=owner, retired_at=None).order_by("pk")
    if asked := request.GET.get("vehicle"):
        mine = mine.filter(public_id=asked) if _is_uuid(asked) else mine.none()
    vehicle = mine.first()
    if vehicle is None:
        raise Http404
    answer = JsonResponse(outlook.buyers_view(vehicle=vehicle, owner=owner, now=timezone.now()))
    answer["Cache-Control"] = "private, no-store"
    return answer


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
