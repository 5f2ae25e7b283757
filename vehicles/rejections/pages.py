"""The page that says why something was refused, and what can be done about it."""

from datetime import date, timedelta
from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from dimo.users.models import User
from vehicles import ownership_selectors, words
from vehicles.rejections import reading
from vehicles.rejections.advice import advice

DAYS, A_PAGE = 30, 10


def sample(kept: reading.Kept) -> dict[str, object]:
    """A kept rejection in words."""
    return {
        "kept": kept,
        "why": words.refusal(kept.code),
        "parts": [(part, words.refusal(part.code)) for part in kept.parts],
        "text": reading.indented(kept),
    }


def row(reason: reading.Reason) -> dict[str, object]:
    """A reason with what it met and what can be done about it."""
    more = len(reason.names) - reading.NAMES_SHOWN
    return {
        "reason": reason,
        "names": reason.names[: reading.NAMES_SHOWN],
        "more": max(more, 0),
        "why": words.refusal(reason.code),
        "advice": advice(reason.code),
    }


@login_required
@require_GET
def rejection_list(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Reasons of the last 30 days, how many there were on each day, and what was sent in the last 7."""
    owner, moment = cast(User, request.user), now()
    vehicle = get_object_or_404(ownership_selectors.known_to(owner=owner), public_id=public_id)
    since: date = (moment - timedelta(days=DAYS)).date()
    counts = reading.counts_of(vehicle=vehicle, owner=owner, since=since)
    kept = reading.kept_of(vehicle=vehicle, owner=owner, now=moment)
    page = Paginator(kept, A_PAGE).get_page(request.GET.get("page"))
    by_day = reading.days(counts)
    context = {
        "vehicle": vehicle,
        "mine": vehicle.owner_id == owner.pk,
        "rows": [row(reason) for reason in reading.reasons(counts)],
        "by_day": by_day,
        "most": max((total for _, total in by_day), default=0),
        "samples": [sample(reading.opened(each)) for each in page],
        "page": page,
        "days": DAYS,
        "kept_days": reading.KEPT_FOR.days,
    }
    return render(request, "vehicles/rejections.html", context)
