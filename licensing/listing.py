"""What an offer says of its prices: only what the union's list names, for what the offer holds."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from licensing import selectors
from licensing.models import Offer
from licensing.pricing import NotPriced, monthly_prices
from licensing.uses import AGGREGATE, asked_class
from unions.models import Terms, Union
from unions.selectors import terms_at
from vehicles.signals import by_name


class Listing(NamedTuple):
    """What all offers of a union have in common."""

    terms: Terms | None
    k: int | None


def of_union(*, union: Union, now: datetime, known: dict[UUID, Listing] | None = None) -> Listing:
    """The union's price list and floor in force, looked up once per `known`."""
    if known is not None and union.pk in known:
        return known[union.pk]
    found = Listing(terms_at(union=union, now=now), selectors.floor_of(union=union, now=now))
    if known is not None:
        known[union.pk] = found
    return found


def offer_prices(*, offer: Offer, terms: Terms | None) -> dict[str, dict[str, int]]:
    """Tier → priced class → base units per vehicle and 30 days, for the offer's signals that are sold at the tier."""
    if terms is None:
        return {}
    listed: dict[str, dict[str, int]] = {}
    for tier in offer.tiers:
        for name in offer.signals:
            signal = by_name[name]
            if tier == AGGREGATE and signal.signal_class.startswith("location"):
                continue
            try:
                prices = monthly_prices(terms.prices, [asked_class(signal, tier=tier)], tier)
            except NotPriced:
                continue  # the signal is sold at another tier
            listed.setdefault(tier, {}).update(prices)
    return listed


def price_from(prices: dict[str, dict[str, int]]) -> int | None:
    """The lowest price of any class at any tier, per vehicle and 30 days."""
    return min((amount for tier in prices.values() for amount in tier.values()), default=None)
