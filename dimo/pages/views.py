"""Pages of the ground: landing, home, theme, style guide. What fills them is served by the rooms, part by part."""

import re
from datetime import datetime
from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dimo.pages import examples, navigation
from dimo.pages.context import THEMES
from dimo.users.models import User

YEAR = 365 * 24 * 3600
PUBLIC_ID = re.compile(r"[0-9a-f-]{36}")


def greeting(user: User, moment: datetime) -> str:
    """A greeting by the hour where the user lives."""
    hour = localtime(moment).hour
    words = _("Good morning") if 5 <= hour < 12 else _("Good afternoon") if 12 <= hour < 18 else _("Good evening")
    return f"{words}, {user.get_short_name()}"


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What this is, for who does not know yet; everybody else goes where their things are."""
    if request.user.is_authenticated:
        return redirect(navigation.home_of(user=request.user))
    return render(request, "pages/landing.html", {"example": examples.sale()})


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The driver's home: a frame whose parts load on their own. `?vehicle=` picks one of several."""
    user = cast(User, request.user)
    asked = request.GET.get("vehicle", "")
    vehicle = asked if PUBLIC_ID.fullmatch(asked) else ""
    return render(request, "vehicles/home.html", {"greeting": greeting(user, now()), "vehicle": vehicle})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light or dark for a year and go back where one was. Scripts set the same cookie themselves."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        return HttpResponseBadRequest("theme: must be light or dark")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        back = "/"
    answer = HttpResponseRedirect(back)
    answer.set_cookie("theme", chosen, max_age=YEAR, samesite="Lax", secure=settings.SECURE)
    return answer


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component, for those who build pages."""
    if not (settings.DEBUG or request.user.is_staff):
        raise Http404
    return render(request, "pages/styleguide.html", examples.everything())
