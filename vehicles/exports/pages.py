"""The page on which a person asks for everything their account holds, follows it and fetches it."""

from typing import cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from dimo.downloads import answer
from dimo.pages.slots import respond
from dimo.users.models import User
from vehicles.exports import building
from vehicles.exports.tables import registered
from vehicles.exports.tasks import hint_export

TONES = {"queued": "", "running": "live", "ready": "ok", "failed": "bad", "expired": ""}
SHOWN = 20


def listing(request: HttpRequest) -> dict[str, object]:
    exports = list(building.exports_of(owner=cast(User, request.user))[:SHOWN])
    running = next((export for export in exports if export.state in building.OPEN), None)
    return {
        "exports": [(export, TONES[export.state]) for export in exports if export is not running],
        "running": running,
        "percent": 100 * running.done_parts // running.total_parts if running and running.total_parts else 0,
    }


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse:
    """Ask for an export, and see those there are."""
    status, refusal = 200, ""
    if request.method == "POST":
        try:
            asked = building.start_export(owner=cast(User, request.user), now=now())
        except building.ExportRunning as error:
            status, refusal = error.status, str(error)
        else:
            hint_export(export_id=asked.pk)
            return redirect("export")
    context = listing(request) | {"refusal": refusal, "tables": registered()}
    return render(request, "vehicles/export.html", context, status=status)


@never_cache
@login_required
@require_GET
def export_state(request: HttpRequest) -> HttpResponse:
    """The part of the page that follows an export while it is made."""
    return respond(request, "vehicles/_exports.html", listing(request), title=_("Your exports"))


@never_cache
@reauthentication_required
@login_required
@require_safe
def export_file(request: HttpRequest, export_id: UUID) -> HttpResponseBase:
    """The archive, to its owner alone who has just confirmed who they are; whole or from a byte on."""
    try:
        found, path = building.archive_of(owner=cast(User, request.user), export_id=export_id, now=now())
    except building.ExportNotReady as error:
        raise Http404 from error
    return answer(request, path=path, etag=bytes(found.sha256 or b"").hex())
