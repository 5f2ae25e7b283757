"""What a union asks of members' data and at what price: published in numbered versions that never change."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import rfc8785
from django.db import transaction
from django.db.models import F

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from unions import changes, rulebook
from unions.models import PolicyVersion, Terms, Union
from unions.rulebook import Rules
from unions.vocabulary import SIGNAL_CLASSES, TIERS

HIGHEST_FEE_BPS = 2000
HIGHEST_PRICE = 10**15


class TermsInvalid(DomainError):
    """A price list is not understood, so it is not published."""

    status = 422


class PolicyOutOfOrder(DomainError):
    """A version cannot take effect before the one it follows."""

    status = 422


@transaction.atomic
def publish_policy(
    *,
    union: Union,
    actor: User,
    rules: Mapping[str, Any] | Rules,
    text: str,
    now: datetime,
    effective_at: datetime | None = None,
    min_accepted: int | None = None,
) -> PolicyVersion:
    """Publish the next version of a union's policy; publishing the same rules and text again returns the last version.

    A narrowing applies to everybody from `effective_at`. A widening applies to nobody by itself: a grant reaches only
    what the version it was given under allowed. `min_accepted` ends reliance on grants under older versions.

    Raises:
        RulesInvalid, PolicyOutOfOrder
    """
    Union.objects.select_for_update().get(pk=union.pk)
    parsed = rules if isinstance(rules, Rules) else rulebook.parse(rules)
    digest = fingerprint(parsed, text)
    last = PolicyVersion.objects.filter(union=union).order_by("-number").first()
    if last and bytes(last.sha256) == digest and min_accepted in (None, last.min_accepted):
        return last
    starts = effective_at or now
    if last and starts < last.effective_at:
        raise PolicyOutOfOrder(
            f"Version {last.number} takes effect at {last.effective_at:%Y-%m-%d %H:%M}; choose a later moment.",
            field="effective_at",
        )
    number = last.number + 1 if last else 1
    floor = min_accepted or (last.min_accepted if last else 1)
    if not (last.min_accepted if last else 1) <= floor <= number:
        raise PolicyOutOfOrder(f"The oldest accepted version must lie between 1 and {number}.", field="min_accepted")
    version = PolicyVersion.objects.create(
        union=union,
        number=number,
        rules=rulebook.document(parsed),
        text=text,
        sha256=digest,
        change=_change(last, parsed),
        min_accepted=floor,
        effective_at=starts,
        published_by=actor,
        published_at=now,
    )
    _announce(union=union, actor=actor, action="policy.published", number=number, change=version.change, now=now)
    return version


@transaction.atomic
def publish_terms(
    *,
    union: Union,
    actor: User,
    prices: Mapping[str, Mapping[str, int | str]],
    union_fee_bps: int,
    split_rule: str,
    now: datetime,
    asset: str = "EURC",
    effective_at: datetime | None = None,
) -> Terms:
    """Publish the next price list, fee and split rule. A license keeps the terms it opened under.

    `prices`: signal class -> tier -> integer base units per vehicle and 30 days (strings or integers). The same content
    again returns the last version.

    Raises:
        TermsInvalid: with the field and the reason.
    """
    Union.objects.select_for_update().get(pk=union.pk)
    clean = checked_prices(prices)
    if not 0 <= union_fee_bps <= HIGHEST_FEE_BPS:
        raise TermsInvalid("A union takes between 0 and 20 percent.", field="union_fee_bps")
    if split_rule not in Terms.SplitRule.values:
        raise TermsInvalid(f"{split_rule!r} is not a split rule.", field="split_rule")
    last = Terms.objects.filter(union=union).order_by("-number").first()
    if last and (last.prices, last.union_fee_bps, last.split_rule, last.asset) == (
        clean,
        union_fee_bps,
        split_rule,
        asset,
    ):
        return last
    terms = Terms.objects.create(
        union=union,
        number=last.number + 1 if last else 1,
        asset=asset,
        prices=clean,
        union_fee_bps=union_fee_bps,
        split_rule=split_rule,
        effective_at=effective_at or now,
        published_by=actor,
    )
    _announce(union=union, actor=actor, action="terms.published", number=terms.number, change="", now=now)
    return terms


def checked_prices(prices: Mapping[str, Mapping[str, int | str]]) -> dict[str, dict[str, str]]:
    """The price list with canonical amounts.

    Raises:
        TermsInvalid: an unknown class or tier, or an amount that is not a whole number of base units.
    """
    clean: dict[str, dict[str, str]] = {}
    for signal_class, tiers in prices.items():
        if signal_class not in SIGNAL_CLASSES:
            raise TermsInvalid(f"{signal_class!r} is not a signal class.", field=f"prices.{signal_class}")
        for tier, amount in tiers.items():
            place = f"prices.{signal_class}.{tier}"
            if tier not in TIERS:
                raise TermsInvalid(f"{tier!r} is not a tier.", field=place)
            if isinstance(amount, bool) or not str(amount).isascii() or not str(amount).isdigit():
                raise TermsInvalid("A price is a whole number of base units.", field=place)
            if int(amount) > HIGHEST_PRICE:
                raise TermsInvalid("A price is at most 1,000,000,000.00 per vehicle and 30 days.", field=place)
            clean.setdefault(signal_class, {})[tier] = str(int(amount))
    return clean


def priced_class(prices: Mapping[str, Mapping[str, str]], *, signal_class: str, tier: str) -> str | None:
    """The class of the price list that prices a signal class: itself or its nearest ancestor; None: not for sale.

    Signals priced by one class are paid once, so a buyer's price is the sum over distinct priced classes.
    """
    node = signal_class
    while node:
        if tier in prices.get(node, {}):
            return node
        node = node.rpartition(".")[0]
    return None


def fingerprint(rules: Rules, text: str) -> bytes:
    """SHA-256 over the canonical JSON (RFC 8785) of rules and text: the name under which members accept a version."""
    return hashlib.sha256(rfc8785.dumps({"rules": rulebook.document(rules), "text": text})).digest()


def _change(last: PolicyVersion | None, rules: Rules) -> str:
    if last is None:
        return PolicyVersion.Change.FIRST
    return changes.direction(changes.differences(rulebook.parse(last.rules), rules))


def _announce(*, union: Union, actor: User, action: str, number: int, change: str, now: datetime) -> None:
    Union.objects.filter(pk=union.pk).update(policy_revision=F("policy_revision") + 1)
    trail.record(
        actor=actor,
        action=action,
        object_kind="union",
        object_id=str(union.pk),
        union_id=union.pk,
        detail={"number": number, "change": change},
        now=now,
    )
