"""A buyer's own pages: who acts for it, what it holds, and registering one."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dimo.errors import DomainError
from dimo.ledger.models import Account
from dimo.ledger.selectors import statement
from dimo.users.models import User
from licensing import callers, organizations, selectors
from licensing.forms import OrganizationForm
from unions.vocabulary import BUYER_CATEGORIES

WORDS = {
    "top-up": _("Payment received"),
    "hold-license": _("Held for a license"),
    "refund-license": _("Refunded"),
}


@require_safe
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Balance, movements, people and verification of the organization one acts for."""
    user = cast(User, request.user)
    if not selectors.has_organization(user):
        return redirect("organization-new")
    organization = callers.acting(request)
    asset = "EURC"
    known = Account.objects.filter(kind=Account.Kind.BUYER, asset=asset, owner=organization.pk).first()
    lines = statement(account_id=known.pk) if known else []
    return render(
        request,
        "licensing/account.html",
        {
            "organization": organization,
            "others": [one for one in callers.organizations(request) if one != organization],
            "balances": selectors.balances(organization=organization),
            "asset": asset,
            "held": selectors.held_for_builds(organization=organization, asset=asset),
            "lines": [(line, WORDS.get(line.kind, line.kind)) for line in lines],
            "seats": organization.seats.select_related("user").order_by("pk"),
            "category": BUYER_CATEGORIES[organization.category],
        },
    )


@require_POST
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Act for another of one's organizations from now on in this browser."""
    wanted = request.POST.get("organization", "")
    if wanted in {str(one.pk) for one in callers.organizations(request)}:
        request.session[callers.SESSION] = wanted
    else:
        messages.error(request, _("You do not act for that organization."))
    return redirect("buyer-account")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Register an organization; an operator verifies it before it can buy."""
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            organizations.create_organization(**form.cleaned_data, founder=cast(User, request.user), now=timezone.now())
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("Registered. You can look at every offer; buying opens when we verified you."))
            return redirect("buyer-account")
    status = 422 if form.is_bound else 200
    return render(request, "licensing/organization_new.html", {"form": form}, status=status)
