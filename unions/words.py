"""A policy and a price list in sentences that a driver understands."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.conf import settings

from unions.rulebook import Allowance, Rules
from unions.vocabulary import (
    BUYER_CATEGORIES,
    LEVEL_LABELS,
    PURPOSES,
    SIGNAL_CLASSES,
    TIER_LABELS,
    Level,
    level_of,
)
from vehicles.models import Vehicle


class Sentence(NamedTuple):
    """One line of a policy: which data, how precisely, what for, for whom."""

    data: str
    level: Level
    word: str
    tier: str
    purposes: str
    buyers: str


class Price(NamedTuple):
    data: str
    tier: str
    amount: int


def sentences(rules: Rules) -> list[Sentence]:
    """Each line of the policy in words."""
    return [_sentence(line) for line in rules.allow]


def limits(rules: Rules) -> list[str]:
    """What holds for every dataset under these rules."""
    lines = [
        f"No dataset holds fewer than {rules.k} vehicles.",
        f"A buyer may keep data for {rules.retention_days} days at most.",
        "Nobody's data is used before they said yes themselves, and each yes can be taken back at any time.",
        "Never for law enforcement, never to data brokers or advertisers.",
    ]
    if rules.countries:
        lines.insert(2, f"Only buyers from {', '.join(rules.countries)}.")
    return lines


def price_lines(prices: Mapping[str, Mapping[str, str]]) -> list[Price]:
    """The price list, one line per class and tier, in the vocabulary's order."""
    return [
        Price(SIGNAL_CLASSES[name], TIER_LABELS[tier], int(prices[name][tier]))
        for name in SIGNAL_CLASSES
        if name in prices
        for tier in TIER_LABELS
        if tier in prices[name]
    ]


def waterfall(*, union_fee_bps: int) -> list[dict[str, object]]:
    """Where a sale goes, in percent: to members, the union and the platform; as `c-split` shows it."""
    parts = (
        ("Members", "ta", 10_000 - union_fee_bps - settings.PROTOCOL_FEE_BPS),
        ("Union", "tb", union_fee_bps),
        ("Platform", "tc", settings.PROTOCOL_FEE_BPS),
    )
    return [
        {"name": name, "tone": tone, "share": bps / 100, "words": f"{bps / 100:g}%"} for name, tone, bps in parts if bps
    ]


def powertrains(codes: Sequence[str]) -> str:
    """The kinds of drive that a union takes; empty for every kind."""
    return _listed([str(Vehicle.Powertrain(code).label).lower() for code in codes]) if codes else ""


def _sentence(line: Allowance) -> Sentence:
    level = level_of(signal_class=line.signal_class, tier=line.tier_max, precision=line.precision)
    return Sentence(
        data=SIGNAL_CLASSES[line.signal_class.split(".")[0]],
        level=level,
        word=LEVEL_LABELS[level],
        tier=TIER_LABELS[line.tier_max],
        purposes=_listed([PURPOSES[name].label for name in line.purposes]),
        buyers=_listed([BUYER_CATEGORIES[name] for name in line.buyer_categories]),
    )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
