"""The page on which an owner says yes or no to an app, and the way back to it.

Nobody is sent to an app by a redirect: Chromium holds redirects of a form to `form-action` all the way along, so that
naming the app's address would still break an app that itself redirects on. A page of ours that goes on by itself, with
a link for those it does not take, is bound to no such list, and the policy stays as strict as everywhere.
"""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dimo.errors import DomainError
from dimo.oauth import server
from dimo.oauth.models import App
from dimo.users.models import User
from vehicles import app_forms, app_grants, app_selectors, selectors


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """What an app asks, in words; the answer is the owner's alone, and No weighs as much as Yes."""
    try:
        asked = server.asked(request)
    except server.Unsound as error:
        if error.address is None:
            return render(request, "apps/unsound.html", {"reason": str(error)}, status=400)
        return leave(request, error.address)
    if request.method == "POST" and request.POST.get("answer") == "no":
        return leave(request, server.denied(asked=asked), asked.app)
    owner = cast(User, request.user)
    mine = selectors.vehicles_of(owner=owner).filter(retired_at=None)
    form = app_forms.AllowForm(request.POST or None, mine=list(mine))
    chosen = app_forms.choices(asked.scopes, said=request.POST)
    if request.method == "POST" and form.is_valid():
        try:
            return leave(request, allow(asked, owner, form, chosen), asked.app)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    standing = app_selectors.grants_of(owner=owner, now=now()).filter(app=asked.app).first()
    context = {"app": asked.app, "form": form, "choices": chosen, "standing": standing, "notice": app_grants.NOTICE}
    return render(request, "apps/authorize.html", context, status=422 if form.errors else 200)


@transaction.atomic
def allow(asked: server.Asked, owner: User, form: app_forms.AllowForm, chosen: list[app_forms.Choice]) -> str:
    """The grant and the code that stands for it, or neither."""
    moment, scopes = now(), app_forms.scopes_of(chosen)
    app_grants.allow_app(
        app=asked.app,
        owner=owner,
        vehicles=form.chosen(),
        scopes=scopes,
        reads_from=None if form.cleaned_data["history"] else moment,
        expires_at=form.expires_at(moment),
        now=moment,
    )
    return server.agreed(asked=asked, user=owner, scopes=tuple(scopes))


def leave(request: HttpRequest, address: str, app: App | None = None) -> HttpResponse:
    """On to the app's own address, which is one that it registered. The address holds a code, so nothing keeps it."""
    title = _("Back to %(app)s") % {"app": app.name} if app else _("Back to the app")
    answer = render(request, "apps/leave.html", {"address": address, "title": title})
    answer["Referrer-Policy"] = "no-referrer"
    return answer
