"""A union's offers, for whoever may manage them. To everybody else these pages are not there."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from dimo.errors import DomainError
from dimo.users.models import User
from licensing import offers, selectors
from licensing.forms import OfferForm
from licensing.models import Offer
from licensing.uses import UnionNotOpen
from unions.models import Union
from unions.vocabulary import TIER_LABELS
from vehicles.signals import Signal

SHOWN = 50


def managed_union(request: HttpRequest, slug: str) -> Union:
    """The union, if the person may manage its offers; 404 otherwise."""
    union = Union.objects.filter(slug=slug).first()
    if union is None or not request.user.has_perm("unions.manage_offers", union):
        raise Http404
    return union


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def union_offers(request: HttpRequest, slug: str) -> HttpResponse:
    """Offers of the union, a form for another one, and what was bought."""
    union = managed_union(request, slug)
    form = OfferForm(request.POST or None, sellable=sellable(union))
    if request.method == "POST" and form.is_valid():
        try:
            offers.publish_offer(union=union, actor=cast(User, request.user), **form.cleaned_data, now=timezone.now())
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The offer is open. Buyers see it from now on."))
            return redirect("union-offers", slug)
    licenses = selectors.union_licenses(union=union)[:SHOWN]
    return render(
        request,
        "licensing/union_offers.html",
        {
            "union": union,
            "form": form,
            "rows": [
                (offer, [TIER_LABELS[tier] for tier in offer.tiers]) for offer in selectors.union_offers(union=union)
            ],
            "open": Offer.State.OPEN,
            "licenses": [(license, TIER_LABELS[license.quote.tier]) for license in licenses],
            "k": selectors.floor_of(union=union, now=timezone.now()),
        },
        status=422 if form.is_bound else 200,
    )


def sellable(union: Union) -> list[Signal]:
    """What an offer may name; nothing for a union that is not open yet, and its page says so."""
    try:
        return offers.sellable_signals(union=union, now=timezone.now())
    except UnionNotOpen:
        return []


@require_POST
@login_required
def offer_withdraw(request: HttpRequest, slug: str, offer_id: UUID) -> HttpResponse:
    """Take an offer off the market."""
    union = managed_union(request, slug)
    offers.withdraw_offer(union=union, offer_id=offer_id, actor=cast(User, request.user), now=timezone.now())
    messages.success(request, _("Withdrawn. Quotes already given stay binding for their fifteen minutes."))
    return redirect("union-offers", slug)
