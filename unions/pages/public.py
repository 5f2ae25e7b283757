"""What anybody may see of unions."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dimo.pages import slots
from unions import rulebook, selectors, words
from unions.models import Terms, Union


@require_GET
def union_list(request: HttpRequest) -> HttpResponse:
    """Every open union; a member's own ones first, with what they may do there."""
    unions = list(selectors.open_unions())
    memberships = list(selectors.current_memberships(member=request.user)) if request.user.is_authenticated else []
    return render(request, "unions/unions.html", {"unions": _cards(unions), "memberships": memberships})


@require_GET
def public_unions(request: HttpRequest) -> HttpResponse:
    """The open unions as a part of the landing page."""
    unions = _cards(list(selectors.open_unions()))
    return slots.respond(request, "unions/_public_unions.html", {"unions": unions}, title="Unions")


@require_GET
def union_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Charter, policy in plain words, price list, fees and how to join."""
    union = selectors.visible_union(slug=slug, user=request.user)
    if union is None:
        raise Http404
    now = timezone.now()
    memberships = []
    if request.user.is_authenticated:
        memberships = list(selectors.current_memberships(member=request.user).filter(union=union))
    return render(
        request,
        "unions/union.html",
        {
            **described(union, now=now),
            "memberships": memberships,
            "runs": selectors.seated_unions(user=request.user).filter(pk=union.pk).exists(),
        },
    )


def described(union: Union, *, now: object) -> dict[str, object]:
    """A union in words and figures, for its page and for the preview before it opens."""
    policy = selectors.policy_at(union=union, now=now)
    terms = selectors.terms_at(union=union, now=now)
    rules = rulebook.parse(policy.rules) if policy else rulebook.Rules()
    return {
        "union": union,
        "count": selectors.vehicle_counts(unions=[union])[union.pk],
        "shown_from": selectors.SHOWN_FROM,
        "policy": policy,
        "sentences": words.sentences(rules),
        "limits": words.limits(rules),
        "terms": terms,
        "prices": words.price_lines(terms.prices) if terms else [],
        "waterfall": waterfall(terms) if terms else [],
        "takes": words.powertrains(union.powertrains),
    }


def waterfall(terms: Terms) -> list[dict[str, object]]:
    """Where each 100 units of a sale go."""
    return words.waterfall(union_fee_bps=terms.union_fee_bps)


def _cards(unions: list[Union]) -> list[dict[str, object]]:
    counts = selectors.vehicle_counts(unions=unions) if unions else {}
    return [
        {
            "slug": union.slug,
            "name": union.name,
            "tone": union.tone,
            "tagline": union.tagline,
            "count": counts[union.pk],
            "kinds": words.powertrains(union.powertrains),
        }
        for union in unions
    ]
