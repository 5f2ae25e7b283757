"""Which apps may read what of one's vehicles; narrowing and taking back."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import app_forms, app_grants, app_reads, app_selectors
from vehicles.models import AppGrant

ENDED_SHOWN = 20


def told(grant: AppGrant) -> dict[str, object]:
    return {"grant": grant, "scopes": app_reads.granted_words(grant.scopes)}


@login_required
@require_GET
def app_list(request: HttpRequest) -> HttpResponse:
    owner, moment = cast(User, request.user), now()
    used = app_selectors.last_used(owner=owner)
    standing = [
        told(grant) | {"used": used.get(grant.app_id)} for grant in app_selectors.grants_of(owner=owner, now=moment)
    ]
    ended = app_selectors.ended_grants_of(owner=owner, now=moment)[:ENDED_SHOWN]
    return render(request, "apps/apps.html", {"standing": standing, "ended": ended})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def app_narrow(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    """Take single vehicles out, or lower what is read of them; applies to the next read."""
    owner, moment = cast(User, request.user), now()
    grant = app_selectors.grants_of(owner=owner, now=moment).filter(pk=grant_id).first()
    if grant is None:
        raise Http404
    mine = [each.vehicle for each in grant.current]  # type: ignore[attr-defined]
    start = {"vehicles": [str(vehicle.public_id) for vehicle in mine]}
    form = app_forms.ReachForm(request.POST or None, mine=mine, initial=start)
    chosen = app_forms.choices(grant.scopes, said=request.POST or None, held=grant.scopes)
    if request.method == "POST" and form.is_valid():
        try:
            app_grants.narrow_grant(
                owner=owner, grant_id=grant_id, vehicles=form.chosen(), scopes=app_forms.scopes_of(chosen), now=moment
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Narrowed. It applies to the next read of %(app)s.") % {"app": grant.app})
            return redirect("apps")
    context = {"grant": grant, "form": form, "choices": chosen}
    return render(request, "apps/narrow.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def app_revoke(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    app = app_grants.revoke_grant(owner=cast(User, request.user), grant_id=grant_id, now=now())
    messages.success(request, _("Revoked: %(app)s reads nothing any more.") % {"app": app})
    return redirect("apps")
