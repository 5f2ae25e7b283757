"""Licenses one bought: the list, one with its live build, its files."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dimo import tenancy
from dimo.pages.slots import respond
from dimo.users.models import User
from licensing import callers, downloads, licenses, selectors
from licensing.models import License
from unions.vocabulary import PURPOSES, TIER_LABELS

PAGE = 25
EVENT_SECONDS = 1.0
STREAM_LASTS = 600
State = License.State


@require_safe
@login_required
def license_list(request: HttpRequest) -> HttpResponse:
    """What the caller's organizations bought, newest first."""
    before = request.GET.get("before", "")
    found = selectors.licenses_of(organizations=callers.organizations(request))
    if before.isdecimal() and len(before) < 19:
        found = found.filter(number__lt=int(before))
    rows = list(found[: PAGE + 1])
    older = rows[PAGE - 1].number if len(rows) > PAGE else None
    return render(request, "licensing/licenses.html", {"licenses": rows[:PAGE], "older": older, "before": before})


def license_context(license: License) -> dict[str, Any]:
    """Everything that the page and the live part show of a license."""
    newest = max(license.datasets.all(), key=lambda dataset: dataset.revision, default=None)
    return {
        "license": license,
        "tier": TIER_LABELS[license.quote.tier],
        "purpose": PURPOSES[license.quote.purpose].label,
        "unfinished": license.state in (State.FUNDED, State.BUILDING),
        "delivered": license.state in (State.DELIVERED, State.SETTLED),
        "total": max(license.total_rows, license.done_rows),
        "failure": licenses.FAILURES.get(license.failure, ""),
        "dataset": newest,
        "manifest": newest.manifest if newest else {},
        "base_url": settings.BASE_URL,
    }


@require_safe
@login_required
def license_page(request: HttpRequest, license_id: UUID) -> HttpResponse:
    """A license: what was agreed, how far the build is, and the files."""
    return render(request, "licensing/license.html", license_context(callers.license_of(request, license_id)))


@require_safe
@login_required
def license_progress(request: HttpRequest, license_id: UUID) -> HttpResponse:
    """The live part alone, for pages without an event stream."""
    context = license_context(callers.license_of(request, license_id))
    return respond(request, "licensing/_license_state.html", context, title=_("Progress"))


async def license_events(request: HttpRequest, license_id: UUID) -> HttpResponseBase:
    """The live part again whenever it changed, until the license is finished or ten minutes have passed."""
    user = await request.auser()
    if not user.is_authenticated or request.method not in ("GET", "HEAD"):
        return HttpResponse(status=401 if request.method in ("GET", "HEAD") else 405)
    await sync_to_async(callers.license_of)(request, license_id)
    person = tenancy.Scope(person=user.pk)
    if not isinstance(
        request, ASGIRequest
    ):  # a stream would hold a thread for ten minutes; the page asks again instead
        return HttpResponse(status=204)

    async def events() -> AsyncIterator[str]:
        last = ""
        for _second in range(int(STREAM_LASTS / EVENT_SECONDS)):
            text, finished = await sync_to_async(render_state)(request, license_id, person)
            if text != last:
                yield "".join(f"data: {line}\n" for line in text.splitlines() if line.strip()) + "\n"
            last = text
            if finished:
                yield "event: done\ndata: ok\n\n"
                return
            await asyncio.sleep(EVENT_SECONDS)

    answer = StreamingHttpResponse(events(), content_type="text/event-stream")
    answer["Cache-Control"], answer["X-Accel-Buffering"] = "no-cache", "no"
    return answer


def render_state(request: HttpRequest, license_id: UUID, person: tenancy.Scope) -> tuple[str, bool]:
    """The live part of a license, and whether it will not change any more; a stream outlives its request's scope."""
    with tenancy.scope(person):
        context = license_context(callers.license_of(request, license_id))
        return render_to_string("licensing/_license_state.html", context), not context["unfinished"]


@require_safe
@login_required
def license_file(request: HttpRequest, license_id: UUID, name: str) -> HttpResponseBase:
    """A delivered file, for a person with a session."""
    return downloads.serve(
        request, license=callers.license_of(request, license_id), user=cast(User, request.user), name=name
    )
