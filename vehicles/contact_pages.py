"""How a person is told that a vehicle has gone quiet."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vehicles import contact
from vehicles.pages import user_of


@login_required
@require_POST
def quiet_mail(request: HttpRequest) -> HttpResponse:
    """`by_mail` is 1 or 0, for all vehicles of the person."""
    wish = contact.set_mail(owner=user_of(request), by_mail=request.POST.get("by_mail") == "1")
    told = (
        _("You are told by mail when a vehicle goes quiet.") if wish.by_mail else _("You are told on the pages alone.")
    )
    messages.success(request, told)
    return redirect("vehicles")
