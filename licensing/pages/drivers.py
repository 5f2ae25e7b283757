"""What drivers are told about buyers: what one would see of their trips. Who got rows stands in the access log."""

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dimo.users.models import User
from licensing import outlook
from vehicles import ownership_selectors


@require_safe
@login_required
def buyers_view_geojson(request: HttpRequest) -> JsonResponse:
    """`?vehicle=` one of the driver's own; without it, the first."""
    owner = cast(User, request.user)
    mine = ownership_selectors.in_garage(owner=owner).filter(retired_at=None).order_by("pk")
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
