"""Pages for those who build apps."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dimo.errors import DomainError
from dimo.oauth import registration
from dimo.oauth.forms import AppForm
from dimo.users.models import User


def listed(request: HttpRequest, **more: object) -> HttpResponse:
    apps = registration.apps_of(developer=cast(User, request.user))
    return render(request, "developer/apps.html", {"apps": apps, **more})


@login_required
@require_safe
def app_list(request: HttpRequest) -> HttpResponse:
    return listed(request)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def app_new(request: HttpRequest) -> HttpResponse:
    """Register an app. A secret stands in the answer to the POST and nowhere else."""
    form = AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            app, secret = registration.register_app(developer=cast(User, request.user), now=now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return listed(request, made=app, secret=secret)
    return render(request, "developer/app_new.html", {"form": form}, status=422 if form.errors else 200)


@login_required
@never_cache
@require_POST
def app_secret(request: HttpRequest, app_id: UUID) -> HttpResponse:
    app, secret = registration.replace_secret(developer=cast(User, request.user), app_id=app_id, now=now())
    return listed(request, made=app, secret=secret)


@login_required
@require_POST
def app_close(request: HttpRequest, app_id: UUID) -> HttpResponse:
    app = registration.close_app(developer=cast(User, request.user), app_id=app_id, now=now())
    messages.success(request, _("Closed: %(name)s. Nothing is answered to it any more.") % {"name": app.name})
    return redirect("developer-apps")
