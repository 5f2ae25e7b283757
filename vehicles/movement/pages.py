"""The page on which an owner sees what each week proved, and why."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from dimo.users.models import User
from vehicles import selectors as own
from vehicles.models import MovementVerdict
from vehicles.movement import evidence, judging, selectors, words
from vehicles.movement.streaks import monday_of
from vehicles.movement.verdict import Bounds

A_PAGE = 13


@login_required
@require_GET
def movement(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Weeks with their verdict in words, newest first."""
    vehicle = get_object_or_404(own.vehicles_of(owner=cast(User, request.user)), public_id=public_id)
    page = Paginator(selectors.weeks_of(vehicle=vehicle), A_PAGE).get_page(request.GET.get("page"))
    this = monday_of(now())
    context = {
        "vehicle": vehicle,
        "page": page,
        "weeks": [told(row) for row in page],
        "streak": selectors.streak(vehicle=vehicle, week=this - timedelta(weeks=1)),
        "judged_on": evidence.bounds_of(this)[1] + judging.CORRECTION,
        "bounds": Bounds(),
    }
    return render(request, "vehicles/movement.html", context)


def told(row: MovementVerdict) -> dict[str, object]:
    return {
        "row": row,
        "until": row.week + timedelta(days=6),
        "reasons": [words.sentence(reason) for reason in row.reasons],
        "signed_pct": round(row.signed_share * 100),
    }
