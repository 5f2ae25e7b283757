"""From the catalog to a bought license."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dimo.errors import DomainError
from dimo.pages.slots import respond
from dimo.users.models import User
from licensing import callers, licenses, listing, quotes, selectors, tasks
from licensing.datasets.manifest import not_in_it
from licensing.forms import QuoteForm
from licensing.listing import Listing
from licensing.models import Offer, Quote
from licensing.offers import OfferNotFound
from licensing.samples import sample_rows
from unions.vocabulary import PURPOSES, SIGNAL_CLASSES, TIER_LABELS
from vehicles.signals import by_name

SHOWN = 200


@require_safe
@login_required
def catalog(request: HttpRequest) -> HttpResponse:
    """Every open offer, narrowed by purpose, tier or a word in its signals."""
    asked = {name: request.GET.get(name, "").strip() for name in ("purpose", "tier", "signal")}
    found = selectors.open_offers()
    if asked["purpose"]:
        found = found.filter(purposes__contains=[asked["purpose"]])
    if asked["tier"]:
        found = found.filter(tiers__contains=[asked["tier"]])
    now = timezone.now()
    known: dict[UUID, Listing] = {}
    rows = [offer_row(offer, now, known) for offer in found[:SHOWN] if matches(offer, asked["signal"])]
    return render(
        request,
        "licensing/catalog.html",
        {
            "rows": rows,
            "asked": asked,
            "purposes": [("", _("Any purpose")), *((name, word.label) for name, word in PURPOSES.items())],
            "tiers": [("", _("Any kind")), *TIER_LABELS.items()],
            "has_organization": selectors.has_organization(cast(User, request.user)),
        },
    )


def matches(offer: Offer, word: str) -> bool:
    """Whether a word occurs in the name, description or signals of an offer."""
    titles = [by_name[name].title for name in offer.signals]
    text = " ".join([offer.name, offer.description, *offer.signals, *titles]).lower()
    return word.lower() in text


def offer_row(offer: Offer, now: datetime, known: dict[UUID, Listing] | None = None) -> dict[str, Any]:
    """What a card and the offer's page show; `known` keeps what offers of one union have in common."""
    listed = listing.of_union(union=offer.union, now=now, known=known)
    prices = listing.offer_prices(offer=offer, terms=listed.terms)
    return {
        "offer": offer,
        "asset": listed.terms.asset if listed.terms else "EURC",
        "prices": [
            (TIER_LABELS[tier], [(SIGNAL_CLASSES[name], amount) for name, amount in sorted(row.items())])
            for tier, row in prices.items()
        ],
        "price_from": listing.price_from(prices),
        "k": listed.k,
        "tiers": [TIER_LABELS[tier] for tier in offer.tiers],
        "purposes": [PURPOSES[name].label for name in offer.purposes],
        "signals": [by_name[name] for name in offer.signals],
    }


def found_offer(offer_id: UUID) -> Offer:
    offer = selectors.open_offers().filter(pk=offer_id).first()
    if offer is None:
        raise OfferNotFound
    return offer


@require_safe
@login_required
def offer(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """An offer with its price list, a sample in invented values, and a form that asks for a price."""
    found = found_offer(offer_id)
    tier = found.tiers[-1]
    return render(
        request,
        "licensing/offer.html",
        {
            **offer_row(found, timezone.now()),
            "form": QuoteForm(offer=found, now=timezone.now()),
            "sample": sample_rows(found.signals, tier=tier),
            "sample_is_rows": tier != "aggregate",
            "not_in_it": not_in_it(statistics=tier == "aggregate"),
            "has_organization": selectors.has_organization(cast(User, request.user)),
        },
    )


@require_POST
@login_required
def quote_new(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    """A price for what the form says: as a fragment beside the form, or as the quote's own page without scripts."""
    found = found_offer(offer_id)
    form = QuoteForm(request.POST, offer=found, now=timezone.now())
    if not form.is_valid():
        return respond(request, "licensing/_quote_refused.html", {"form": form}, title=_("Ask for a price"), status=422)
    want = form.cleaned_data
    try:
        made = quotes.make_quote(
            offer_id=found.pk,
            organization=callers.acting(request),
            user=cast(User, request.user),
            period=form.period(),
            signals=want["signals"],
            tier=want["tier"],
            purpose=want["purpose"],
            now=timezone.now(),
        )
    except DomainError as refusal:
        context = {"refusal": refusal, "code": refusal.code}
        return respond(
            request, "licensing/_quote_refused.html", context, title=_("Ask for a price"), status=refusal.status
        )
    if not request.headers.get("HX-Request"):
        return redirect("quote", made.pk)
    return respond(request, "licensing/_quote.html", quote_context(made), title=_("Your quote"))


def quote_context(quote: Quote) -> dict[str, Any]:
    held = selectors.balances(organization=quote.organization).get(quote.asset, 0)
    return {
        "quote": quote,
        "balance": held,
        "after": held - quote.price,
        "days": round((quote.period_to - quote.period_from).total_seconds() / 86_400, 2),
        "tier": TIER_LABELS[quote.tier],
        "purpose": PURPOSES[quote.purpose].label,
        "expired": timezone.now() >= quote.expires_at,
        "bought": getattr(quote, "license", None),
    }


@require_safe
@login_required
def quote(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """What would be bought, under which terms, and what is left afterwards."""
    return render(request, "licensing/quote.html", quote_context(callers.quote_of(request, quote_id)))


@require_POST
@login_required
def license_buy(request: HttpRequest, quote_id: UUID) -> HttpResponse:
    """Buy. Pressing the button twice buys once: a quote is bought once, and the second press shows its license."""
    asked = callers.quote_of(request, quote_id)
    try:
        bought = licenses.buy_license(
            quote_id=asked.pk, organization=asked.organization, user=cast(User, request.user), now=timezone.now()
        )
    except licenses.QuoteAlreadyBought as again:
        return redirect("license", again.facts["license"])
    tasks.hint_build(license_id=bought.pk)
    messages.success(request, _("The price is held. Your data is being built."))
    return redirect("license", bought.pk)
