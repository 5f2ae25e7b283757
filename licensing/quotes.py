"""A binding price: computed from the posted list and a rounded number of vehicles, never from one member's presence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings

from dimo.errors import DomainError
from dimo.users.models import User
from licensing import readings_estimate
from licensing.datasets.intervals import Period, clip
from licensing.models import Offer, Organization, Quote
from licensing.offers import OfferNotFound
from licensing.organizations import MAY_BUY, require_seat, require_verified
from licensing.pricing import monthly_prices, period_price, shown_vehicles
from licensing.uses import asked_classes, require_allowed, terms_in_force, use_request
from unions import rulebook
from unions.windows import Window, consent_windows

BINDING_FOR: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(days=3660)


class PeriodInvalid(DomainError):
    """A period begins before it ends, lies in the past and is at most ten years long."""

    status = 400


class NotInOffer(DomainError):
    """The offer does not include this signal, tier or purpose."""

    status = 400


class TooFewMembers(DomainError):
    """Fewer members than the union's floor allow this use. A longer period or fewer signals may help."""


class PriceIsZero(DomainError):
    """The union's list asks nothing for these signals; gifts are not handled yet."""


def make_quote(
    *,
    offer_id: UUID,
    organization: Organization,
    user: User,
    period: Period,
    signals: Sequence[str],
    tier: str,
    purpose: str,
    now: datetime,
) -> Quote:
    """Price a request; the answer binds the union for 15 minutes and costs nothing. `price = unit_price * vehicles`.

    `unit_price`: the listed price of the distinct priced classes per vehicle for the whole period, rounded up.
    `vehicles`: those whose consent reaches every class asked for, rounded down to ten and at least the union's k.
    Rows of vehicles that allow only some of the classes are delivered besides.

    Raises:
        OfferNotFound, NotInOffer, PeriodInvalid, OrganizationNotVerified, SeatMissing, UseRefused, NotPriced,
        TooFewMembers, PriceIsZero, SignalUnknown, TierNotSold, LocationNotInStatistics, UnionNotOpen
    """
    require_seat(organization=organization, user=user, roles=MAY_BUY)
    require_verified(organization=organization)
    offer = Offer.objects.select_related("union").filter(pk=offer_id, state=Offer.State.OPEN).first()
    if offer is None:
        raise OfferNotFound(field="offer")
    check_period(period, now=now)
    check_in_offer(offer, signals=signals, tier=tier, purpose=purpose)
    quote = Quote(
        offer=offer, union=offer.union, organization=organization, asked_by=user, period_from=period[0],
        period_to=period[1], signals=sorted(set(signals)), tier=tier, purpose=purpose, created_at=now,
        expires_at=now + BINDING_FOR,
    )  # fmt: skip
    _put_price(quote, period, now)
    quote.save(force_insert=True)
    return quote


def _put_price(quote: Quote, period: Period, now: datetime) -> None:
    """Fill in terms, price and the rounded counts."""
    asked = asked_classes(quote.signals, tier=quote.tier)
    quote.policy, quote.terms = terms_in_force(union=quote.union, now=now)
    quote.protocol_fee_bps = settings.PROTOCOL_FEE_BPS
    use = use_request(
        organization=quote.organization, policy=quote.policy, terms=quote.terms, classes=asked.values(),
        tier=quote.tier, purpose=quote.purpose, precision="coarse", protocol_fee_bps=quote.protocol_fee_bps,
    )  # fmt: skip
    require_allowed(use=use, policy=quote.policy)
    monthly = sum(monthly_prices(quote.terms.prices, use.signal_classes, quote.tier).values())
    windows = consent_windows(union=quote.union, use=use, now=now)
    vehicles = eligible(windows, period=period, classes=use.signal_classes)
    k = rulebook.parse(quote.policy.rules).k
    quote.vehicles = shown_vehicles(len(vehicles), k=k)
    if not quote.vehicles or len(set(vehicles.values())) < k:  # k people must stand behind k vehicles
        raise TooFewMembers
    quote.asset, quote.unit_price = quote.terms.asset, period_price(monthly, _seconds(period))
    quote.price = quote.unit_price * quote.vehicles
    if not quote.price:
        raise PriceIsZero
    quote.rows_estimate = readings_estimate.rows(
        vehicle_ids=sorted(vehicles), shown=quote.vehicles, period=period, signal_ids=sorted(asked), tier=quote.tier
    )


def check_period(period: Period, *, now: datetime) -> None:
    """Refuse a period that is empty, not over yet or longer than ten years.

    Raises:
        PeriodInvalid
    """
    start, end = period
    if start >= end:
        raise PeriodInvalid("The period must begin before it ends.", field="to")
    if end > now:
        raise PeriodInvalid("The period must lie in the past: datasets hold what was measured.", field="to")
    if end - start > LONGEST:
        raise PeriodInvalid("The period is at most ten years long.", field="from")


def check_in_offer(offer: Offer, *, signals: Sequence[str], tier: str, purpose: str) -> None:
    """Refuse what the offer does not name.

    Raises:
        NotInOffer
    """
    if strange := sorted(set(signals) - set(offer.signals)):
        raise NotInOffer(f"The offer does not include {', '.join(strange)}.", field="signals")
    if not signals:
        raise NotInOffer("Name at least one signal.", field="signals")
    if tier not in offer.tiers:
        raise NotInOffer(f"The offer is sold as {' or '.join(offer.tiers)}.", field="tier")
    if purpose not in offer.purposes:
        raise NotInOffer(f"The offer is sold for {', '.join(offer.purposes)}.", field="purpose")


def eligible(windows: Iterable[Window], *, period: Period, classes: Sequence[str]) -> dict[int, int]:
    """Vehicle → member, for vehicles whose consent reaches every class at some moment of the period."""
    reached: dict[int, set[str]] = defaultdict(set)
    members: dict[int, int] = {}
    for window in windows:
        if clip(window.starts_at, window.ends_at, period):
            reached[window.vehicle_id].add(window.signal_class)
            members[window.vehicle_id] = window.member_id
    return {vehicle: members[vehicle] for vehicle, names in reached.items() if names >= set(classes)}


def _seconds(period: Period) -> int:
    whole = period[1] - period[0]
    return whole.days * 86_400 + whole.seconds + (1 if whole.microseconds else 0)
