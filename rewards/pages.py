"""What a driver earned: parts of the home page, the list of sales, and the statement of one."""

from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dimo.money import format_amount
from dimo.pages.slots import respond
from dimo.users.models import User
from rewards import selectors
from rewards.statements import statement_of
from unions.vocabulary import BUYER_CATEGORIES, PURPOSES, TIER_LABELS
from vehicles import ownership_selectors
from vehicles.models import Vehicle

ASSET = "EURC"
ON_HOME = 6
ON_PAGE = 25


@require_safe
@login_required
def earned(request: HttpRequest) -> HttpResponse:
    """This month's settlements so far, day by day, beside last month's."""
    member = cast(User, request.user)
    zone = _zone(member)
    now = timezone.now().astimezone(zone)
    month, before = _month(now), _month(_month(now) - timedelta(days=1))
    by_day = selectors.earned_by_day(member=member, since=month, until=now, zone=zone)
    days = [by_day.get((month + timedelta(days=n)).date(), 0) for n in range(now.day)]
    earlier = selectors.earned(member=member, since=before, until=month)
    context = {
        "month": month,
        "amount": sum(days),
        "asset": ASSET,
        "points": list(accumulate(days)),
        "before": earlier or None,
        "before_month": before,
    }
    return respond(request, "rewards/_earned.html", context, title=_("Earned this month"))


@require_safe
@login_required
def payout_split(request: HttpRequest) -> HttpResponse:
    """What is the driver's and not paid out, and which union's sales it comes from."""
    member = cast(User, request.user)
    parts = selectors.earned_by_union(member=member)
    whole = sum(part.amount for part in parts)
    shares = [{"name": part.union.name, "tone": part.union.tone, "share": _share(part.amount, whole)} for part in parts]
    context = {
        "amount": selectors.held_by(member=member),
        "asset": ASSET,
        "on": None,
        "parts": [{**part, "words": f"{part['share']:.0f}%"} for part in shares if whole],
    }
    return respond(request, "rewards/_payout_split.html", context, title=_("To be paid out"))


@require_safe
@login_required
def sales(request: HttpRequest) -> HttpResponse:
    """`?vehicle=` one of the driver's own; without it, all of them."""
    member = cast(User, request.user)
    vehicle = _vehicle(request, member)
    found = selectors.sales_of(member=member, vehicle=vehicle, limit=ON_HOME)
    context = {"vehicle": vehicle, "sales": [_row(sale) for sale in found]}
    return respond(request, "rewards/_sales.html", context, title=_("Where your data went"))


@require_safe
@login_required
def earnings(request: HttpRequest) -> HttpResponse:
    """Every month and every sale; `?before=` a license's number continues the list."""
    member = cast(User, request.user)
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 18 else None
    found = selectors.sales_of(member=member, before=before, limit=ON_PAGE + 1)
    shown = found[:ON_PAGE]
    older = f"?before={shown[-1].license.number}" if len(found) > ON_PAGE else ""
    context = {
        "held": selectors.held_by(member=member),
        "asset": ASSET,
        "months": selectors.earned_by_month(member=member, zone=_zone(member)),
        "sales": [_row(sale) for sale in shown],
        "older": older,
        "newer": reverse("earnings") if before is not None else "",
    }
    return render(request, "rewards/earnings.html", context)


@require_safe
@login_required
def statement(request: HttpRequest, license_id: UUID) -> HttpResponse:
    """One sale, taken apart to the last unit. Whoever has no share in it finds nothing here."""
    settlement = selectors.settlement_of(license_id=license_id)
    made = statement_of(member=cast(User, request.user), settlement=settlement) if settlement else None
    if settlement is None or made is None:
        raise Http404
    quote = settlement.license.quote
    context = {
        "statement": made,
        "settlement": settlement,
        "license": settlement.license,
        "price": format_amount(int(settlement.price), settlement.asset, exact=True),
        "category": BUYER_CATEGORIES.get(settlement.license.organization.category, ""),
        "purpose": PURPOSES[quote.purpose].label,
        "tier": TIER_LABELS[quote.tier],
        "proof": settlement.journal.body_sha256.hex(),
    }
    return render(request, "rewards/statement.html", context)


def _row(sale: selectors.Sale) -> dict[str, Any]:
    license = sale.license
    return {
        "name": license.quote.offer.name,
        "number": license.number,
        "at": sale.at,
        "buyer": license.organization.name,
        "union": license.union,
        "rows": sale.rows,
        "settled": sale.amount is not None,
        "proof": sale.proof,
        "amount": sale.amount,
        "asset": license.asset,
        "url": reverse("statement", args=[license.pk]) if sale.amount is not None else "",
    }


def _vehicle(request: HttpRequest, member: User) -> Vehicle | None:
    asked = request.GET.get("vehicle")
    if not asked:
        return None
    try:
        found = ownership_selectors.in_garage(owner=member).filter(public_id=UUID(asked)).first()
    except ValueError as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return found


def _zone(member: User) -> ZoneInfo:
    try:
        return ZoneInfo(member.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _share(amount: int, whole: int) -> float:
    return round(100 * amount / whole, 1) if whole else 0.0
