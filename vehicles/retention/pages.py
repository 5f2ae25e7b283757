"""The page on which an owner says how long exact positions are kept."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from vehicles.pages import user_of
from vehicles.retention import choices
from vehicles.retention.forms import FOREVER, WORDS, TimeForm


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def data_retention(request: HttpRequest) -> HttpResponse:
    """What counts, what waits, and the choice."""
    owner, status = user_of(request), 200
    stands = choices.choice_of(owner=owner, now=now())
    form = TimeForm(request.POST or None, initial={"days": FOREVER if stands.days is None else stands.days})
    if request.method == "POST":
        status = 422
        if form.is_valid():
            chosen = choices.choose(owner=owner, days=form.chosen, now=now())
            waits = chosen.next_at is not None
            messages.success(request, _("Noted. It takes effect in a week.") if waits else _("In force."))
            return redirect("data-retention")
    waiting = WORDS[stands.next_days] if stands.next_at else ""
    context = {"form": form, "stands": WORDS[stands.days], "waiting": waiting, "from_when": stands.next_at}
    return render(request, "vehicles/data_retention.html", context, status=status)


@login_required
@require_POST
def data_retention_undo(request: HttpRequest) -> HttpResponse:
    """Keep the longer time after all."""
    try:
        choices.undo(owner=user_of(request), now=now())
    except choices.NothingToUndo as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Nothing changes: the longer time stays in force."))
    return redirect("data-retention")
