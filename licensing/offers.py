"""What a union puts on sale, never more than its policy and price list allow."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from licensing.models import Offer
from licensing.uses import SOLD_TIERS, TierNotSold, asked_class, known_signals, terms_in_force
from unions import rulebook
from unions.models import Union
from unions.policy import priced_class
from unions.vocabulary import SELLABLE_PURPOSES, covers, rank
from vehicles.signals import Signal, catalog


class OfferInvalid(DomainError):
    """An offer has a name of 3 to 80 characters and names signals, tiers and purposes."""

    status = 400


class OfferBeyondPolicy(DomainError):
    """The union's policy or price list does not cover what the offer names."""


class OfferNotFound(DomainError):
    """There is no such offer."""

    status = 404


@transaction.atomic
def publish_offer(
    *,
    union: Union,
    actor: User,
    name: str,
    signals: Sequence[str],
    tiers: Sequence[str],
    purposes: Sequence[str],
    description: str = "",
    now: datetime,
) -> Offer:
    """Put signals on sale at the posted prices. Each signal must be allowed and priced at one of the tiers at least.

    Raises:
        OfferInvalid, OfferBeyondPolicy, SignalUnknown, TierNotSold, UnionNotOpen
    """
    name = " ".join(name.split())
    if not 3 <= len(name) <= 80:
        raise OfferInvalid("A name has 3 to 80 characters.", field="name")
    wanted = known_signals(signals)
    if not tiers or not set(tiers) <= set(SOLD_TIERS):
        raise TierNotSold(f"Choose among {' and '.join(SOLD_TIERS)}.", field="tiers")
    if not purposes or not set(purposes) <= set(SELLABLE_PURPOSES):
        raise OfferInvalid(f"Choose among {', '.join(SELLABLE_PURPOSES)}.", field="purposes")
    _within_policy(union=union, signals=wanted, tiers=tiers, purposes=purposes, now=now)
    offer = Offer.objects.create(
        union=union,
        name=name,
        description=description.strip(),
        signals=[signal.name for signal in wanted],
        tiers=[tier for tier in SOLD_TIERS if tier in tiers],
        purposes=[purpose for purpose in SELLABLE_PURPOSES if purpose in purposes],
        state=Offer.State.OPEN,
        opened_at=now,
    )
    _note(offer, actor, "offer.published", now)
    return offer


@transaction.atomic
def withdraw_offer(*, union: Union, offer_id: UUID, actor: User, now: datetime) -> Offer:
    """Take an offer off the market; quotes already given stay binding. Withdrawing again changes nothing.

    Raises:
        OfferNotFound
    """
    offer = Offer.objects.select_for_update().filter(union=union, pk=offer_id).first()
    if offer is None:
        raise OfferNotFound
    if offer.state != Offer.State.WITHDRAWN:
        offer.state = Offer.State.WITHDRAWN
        offer.save(update_fields=["state"])
        _note(offer, actor, "offer.withdrawn", now)
    return offer


def sellable_signals(*, union: Union, now: datetime) -> list[Signal]:
    """Signals that an offer may name today: allowed for some purpose and priced, at one of the tiers sold.

    Raises:
        UnionNotOpen
    """
    policy, terms = terms_in_force(union=union, now=now)
    lines = rulebook.parse(policy.rules).allow
    return [
        signal
        for signal in catalog
        if signal.numeric and any(_purposes_sold(lines, terms.prices, signal, tier) for tier in SOLD_TIERS)
    ]


def _within_policy(
    *, union: Union, signals: Sequence[Signal], tiers: Sequence[str], purposes: Sequence[str], now: datetime
) -> None:
    policy, terms = terms_in_force(union=union, now=now)
    lines = rulebook.parse(policy.rules).allow
    for signal in signals:
        if not any(set(purposes) <= _purposes_sold(lines, terms.prices, signal, tier) for tier in tiers):
            raise OfferBeyondPolicy(
                f"{signal.name} is not allowed for all of these purposes and priced at any of these tiers.",
                field="signals",
            )


def _purposes_sold(lines: Sequence[rulebook.Allowance], prices: dict[str, Any], signal: Signal, tier: str) -> set[str]:
    """For which purposes the policy allows a signal at a tier; none where the price list has no price."""
    asked = asked_class(signal, tier=tier)
    if not priced_class(prices, signal_class=asked, tier=tier):
        return set()
    covering = (line for line in lines if covers(line.signal_class, asked) and rank(tier) <= rank(line.tier_max))
    return {purpose for line in covering for purpose in line.purposes}


def _note(offer: Offer, actor: User, action: str, now: datetime) -> None:
    trail.record(
        actor=actor,
        action=action,
        object_kind="offer",
        object_id=str(offer.pk),
        union_id=offer.union_id,
        detail={"name": offer.name},
        now=now,
    )
