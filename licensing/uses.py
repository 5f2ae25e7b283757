"""What a buyer asks for, in the words of consent: which classes its signals need, and whether the union allows them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal

from dimo.errors import DomainError
from licensing.models import License, Organization
from licensing.pricing import monthly_prices, net_to_driver
from unions import rulebook
from unions.evaluator import Policies, UseRequest, layers_against
from unions.models import PolicyVersion, Terms, Union
from unions.policy import priced_class
from unions.selectors import policy_at, terms_at
from unions.vocabulary import TIER_LABELS, asked_location
from vehicles.signals import Signal, by_name

Precision = Literal["coarse", "exact"]
AGGREGATE, ROWS = "aggregate", "pseudonymous_rows"
SOLD_TIERS: Final = (AGGREGATE, ROWS)


class SignalUnknown(DomainError):
    """A signal is not in the catalog, or has no numeric values to sell."""

    status = 400


class TierNotSold(DomainError):
    """Only statistics and rows under a pseudonym are sold so far."""

    status = 400


class LocationNotInStatistics(DomainError):
    """Positions and areas are not sold as statistics; leave them out or ask for rows."""


class UseRefused(DomainError):
    """The union's policy or the platform's floor does not allow this use."""


class UnionNotOpen(DomainError):
    """This union is not open, so it sells nothing."""


def known_signals(names: Iterable[str], *, field: str = "signals") -> list[Signal]:
    """The catalog's signals of these names, sorted by id, each once.

    Raises:
        SignalUnknown
    """
    found: dict[int, Signal] = {}
    for name in names:
        signal = by_name.get(name)
        if signal is None or not signal.numeric:
            raise SignalUnknown(f"{name} is not a signal that can be sold.", field=field)
        found[signal.id] = signal
    if not found:
        raise SignalUnknown("Name at least one signal.", field=field)
    return [found[key] for key in sorted(found)]


def asked_class(signal: Signal, *, tier: str) -> str:
    """The consent class that a signal needs at a tier; a position needs the exact leaf, an area the coarse one."""
    return asked_location(tier=tier, precise=True) if signal.signal_class == "location" else signal.signal_class


def asked_classes(names: Iterable[str], *, tier: str) -> dict[int, str]:
    """Signal id → consent class, for a tier that is sold.

    Raises:
        SignalUnknown, TierNotSold, LocationNotInStatistics
    """
    signals = known_signals(names)
    if tier not in SOLD_TIERS:
        raise TierNotSold(
            f"{TIER_LABELS.get(tier, tier)} is not sold yet; choose {' or '.join(SOLD_TIERS)}.", field="tier"
        )
    for signal in signals:
        if tier == AGGREGATE and signal.signal_class.startswith("location"):
            raise LocationNotInStatistics(f"{signal.name}: {LocationNotInStatistics.__doc__}", field="signals")
    return {signal.id: asked_class(signal, tier=tier) for signal in signals}


def terms_in_force(*, union: Union, now: datetime) -> tuple[PolicyVersion, Terms]:
    """The policy and the price list that count now.

    Raises:
        UnionNotOpen
    """
    policy, terms = policy_at(union=union, now=now), terms_at(union=union, now=now)
    if union.state != Union.State.OPEN or policy is None or terms is None:
        raise UnionNotOpen
    return policy, terms


def use_request(
    *,
    organization: Organization,
    policy: PolicyVersion,
    terms: Terms,
    classes: Iterable[str],
    tier: str,
    purpose: str,
    precision: Precision,
    protocol_fee_bps: int,
) -> UseRequest:
    """The request that unions decide on. Prices are net: what reaches the driver after both fees.

    Raises:
        NotPriced
    """
    wanted = tuple(sorted(set(classes)))
    prices = monthly_prices(terms.prices, wanted, tier)
    net = {
        name: net_to_driver(
            prices[_priced(terms.prices, name, tier)],
            protocol_fee_bps=protocol_fee_bps,
            union_fee_bps=terms.union_fee_bps,
        )
        for name in wanted
    }
    return UseRequest(
        union_id=policy.union_id,
        buyer=organization.pk,
        buyer_category=organization.category,
        buyer_country=organization.country,
        purpose=purpose,
        tier=tier,
        signal_classes=wanted,
        retention_days=rulebook.parse(policy.rules).retention_days,
        prices=net,
        precision=precision,
        policy_number=policy.number,
    )


def license_use(*, license: License, precision: Precision) -> UseRequest:
    """The request of a bought license, under the policy and prices it was sold under."""
    quote = license.quote
    return use_request(
        organization=license.organization,
        policy=quote.policy,
        terms=quote.terms,
        classes=asked_classes(quote.signals, tier=quote.tier).values(),
        tier=quote.tier,
        purpose=quote.purpose,
        precision=precision,
        protocol_fee_bps=quote.protocol_fee_bps,
    )


def require_allowed(*, use: UseRequest, policy: PolicyVersion) -> None:
    """Refuse a use that no member's consent could make possible, naming the class and the reasons.

    Raises:
        UseRefused
    """
    rules = rulebook.parse(policy.rules)
    layers = Policies(in_force=rules, accepted={}, sold_under=rules)
    for name in use.signal_classes:
        if reasons := layers_against(use=use, signal_class=name, policies=layers):
            raise UseRefused(
                f"{name} is not sold at this tier, for this purpose, to a buyer like you: {', '.join(reasons)}.",
                signal_class=name,
                reasons=", ".join(reasons),
            )


def _priced(prices: Mapping[str, Mapping[str, str]], name: str, tier: str) -> str:
    return priced_class(prices, signal_class=name, tier=tier) or name
