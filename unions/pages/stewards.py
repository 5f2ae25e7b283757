"""A steward's desk: the policy with its live diff, prices, and members."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from unions import changes, membership, policy, roles, rulebook, selectors, words
from unions.forms import PolicyForm, TermsForm, policy_initial, terms_initial
from unions.models import Membership, PolicyVersion, Terms, Union


@login_required
@require_GET
def running(request: HttpRequest) -> HttpResponse:
    """The unions in which a person has a seat."""
    unions = list(selectors.seated_unions(user=request.user))
    counts = selectors.vehicle_counts(unions=unions) if unions else {}
    return render(request, "unions/running.html", {"unions": [(union, counts[union.pk]) for union in unions]})


@login_required
@require_http_methods(["GET", "POST"])
def policy_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The policy in force, a draft with its diff by dimension, prices and their split; publishing of either."""
    union = _governed(request, slug, "edit_policy")
    now = timezone.now()
    current = selectors.policy_at(union=union, now=now)
    terms = selectors.terms_at(union=union, now=now)
    form, terms_form = _forms(current, terms)
    action = request.POST.get("action", "")
    if action in ("preview", "publish") and current is not None:
        form = PolicyForm(request.POST)
        if action == "preview":
            return render(request, "unions/_policy_diff.html", _diff(current, form))
        if form.is_valid():
            version = policy.publish_policy(
                union=union, actor=request.user, rules=form.rules(), text=form.cleaned_data["text"], now=now
            )
            messages.success(request, f"Version {version.number} of the policy is in force.")
            return redirect("union-policy", slug=union.slug)
    if action == "terms":
        terms_form = TermsForm(request.POST)
        if terms_form.is_valid():
            return _publish_terms(request, union, terms_form)
    rules = rulebook.parse(current.rules) if current else rulebook.Rules()
    context = {
        "union": union,
        "policy": current,
        "terms": terms,
        "sentences": words.sentences(rules),
        "limits": words.limits(rules),
        "form": form,
        "terms_form": terms_form,
        "waterfall": words.waterfall(union_fee_bps=terms.union_fee_bps) if terms else [],
        "versions": PolicyVersion.objects.filter(union=union).order_by("-number")[:20],
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "unions/policy.html", context, status=status)


@login_required
@require_GET
def members_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Requests to answer, and members by pseudonym."""
    union = _governed(request, slug, "admit_members")
    waiting = selectors.members(union=union, states=[Membership.State.REQUESTED])
    active = selectors.members(union=union, states=[Membership.State.ACTIVE, Membership.State.TRIAL])
    context = {"union": union, "waiting": waiting[:200], "active": active[:200], "count": active.count()}
    return render(request, "unions/members.html", context)


@login_required
@require_POST
def decide(request: HttpRequest, slug: str, membership_id: UUID) -> HttpResponse:
    """Answer one request to join."""
    union = _governed(request, slug, "admit_members")
    row = Membership.objects.filter(union=union, pk=membership_id).first()
    if row is None:
        raise Http404
    if request.POST.get("action") == "admit":
        membership.admit(membership=row, actor=request.user, now=timezone.now())
        messages.success(request, "The vehicle is now a member.")
    else:
        reason = request.POST.get("reason", "")
        membership.refuse(membership=row, actor=request.user, reason=reason, now=timezone.now())
        messages.success(request, "The request was refused.")
    return redirect("union-members", slug=union.slug)


def _publish_terms(request: HttpRequest, union: Union, form: TermsForm) -> HttpResponse:
    published = policy.publish_terms(
        union=union,
        actor=request.user,
        prices=form.prices(),
        union_fee_bps=form.fee_bps(),
        split_rule=form.cleaned_data["split_rule"],
        now=timezone.now(),
    )
    messages.success(request, f"Price list {published.number} is in force for new quotes.")
    return redirect("union-policy", slug=union.slug)


def _governed(request: HttpRequest, slug: str, permission: str) -> Union:
    """The union, for those whose seat allows this; for everybody else there is no such page."""
    union = Union.objects.filter(slug=slug).first()
    if union is None or not roles.may(request.user, permission, union):
        raise Http404
    return union


def _forms(current: PolicyVersion | None, terms: Terms | None) -> tuple[PolicyForm | None, TermsForm]:
    """The editor filled with what is in force; none where the form could not say the same as the rules."""
    values = policy_initial(rulebook.parse(current.rules), current.text) if current else {}
    prices = terms_initial(terms.prices, terms.union_fee_bps, terms.split_rule) if terms else None
    return PolicyForm(initial=values) if values is not None else None, TermsForm(initial=prices)


def _diff(current: PolicyVersion, form: PolicyForm) -> dict[str, Any]:
    """What the draft would change, or what is wrong with it."""
    if not form.is_valid():
        return {"form": form, "invalid": True}
    found = changes.differences(rulebook.parse(current.rules), rulebook.parse(form.rules()))
    reworded = form.cleaned_data["text"] != current.text
    return {"changes": found, "direction": changes.direction(found), "reworded": reworded}
