"""A policy's rules as a value: what a union lets anybody ask of its members' data. No Django, no database."""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, Protocol

import msgspec

from dimo.errors import DomainError
from unions.vocabulary import (
    NEVER_ASKED_WHOLE,
    PRECISIONS,
    SELLABLE_CATEGORIES,
    SELLABLE_PURPOSES,
    SIGNAL_CLASSES,
    TIERS,
    covers,
    fine_enough,
    highest_tier,
    rank,
)

K_FLOOR = 3
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]


class Use(Protocol):
    """What rules need to know of a request."""

    @property
    def buyer_category(self) -> str: ...
    @property
    def buyer_country(self) -> str: ...
    @property
    def purpose(self) -> str: ...
    @property
    def tier(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def retention_days(self) -> int: ...


class Allowance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a policy: this class, up to this tier and precision, for these purposes, to these kinds of buyers."""

    signal_class: str
    tier_max: str
    purposes: tuple[str, ...]
    buyer_categories: tuple[str, ...]
    precision: str = "exact"

    def allows(self, use: Use, signal_class: str) -> bool:
        return (
            covers(self.signal_class, signal_class)
            and 0 <= rank(use.tier) <= rank(self.tier_max)
            and fine_enough(signal_class=signal_class, tier=use.tier, granted=self.precision, asked=use.precision)
            and use.purpose in self.purposes
            and use.buyer_category in self.buyer_categories
        )


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a union lets anybody ask of its members' data. `countries` empty: buyers from any country."""

    allow: tuple[Allowance, ...] = ()
    k: Annotated[int, msgspec.Meta(ge=K_FLOOR, le=10_000)] = 10
    retention_days: Days = 365
    countries: tuple[Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")], ...] = ()

    def allows(self, use: Use, signal_class: str) -> bool:
        """Whether some line allows this use of this class; a union never allows by silence."""
        return (
            0 < use.retention_days <= self.retention_days
            and (not self.countries or use.buyer_country in self.countries)
            and any(line.allows(use, signal_class) for line in self.allow)
        )


class Chain(NamedTuple):
    """Versions that followed one another: a use passes where every one of them allowed it, none excepted.

    So a grant given under the first is not revived when a later version takes back what another had narrowed.
    """

    versions: tuple[Rules, ...]

    def allows(self, use: Use, signal_class: str) -> bool:
        return bool(self.versions) and all(rules.allows(use, signal_class) for rules in self.versions)


class RulesInvalid(DomainError):
    """A policy's rules are not understood, so they are not published."""

    status = 422


def parse(document: Mapping[str, Any]) -> Rules:
    """Read rules from JSON values, refusing unknown fields, unknown words and lines that allow nothing.

    Raises:
        RulesInvalid: with the field and the reason.
    """
    try:
        rules = msgspec.convert(document, Rules)
    except msgspec.ValidationError as error:
        text = str(error)
        reason, _, place = text.partition(" - at ")
        raise RulesInvalid(f"The rules are not valid: {reason}.", field=place.strip("`$.") or "rules") from None
    for number, line in enumerate(rules.allow):
        _check_line(line, f"allow[{number}]")
    return rules


def _check_line(line: Allowance, place: str) -> None:
    checks = (
        ("signal_class", line.signal_class in SIGNAL_CLASSES and line.signal_class not in NEVER_ASKED_WHOLE),
        ("tier_max", line.tier_max in TIERS),
        ("precision", line.precision in PRECISIONS),
        ("purposes", bool(line.purposes) and set(line.purposes) <= set(SELLABLE_PURPOSES)),
        ("buyer_categories", bool(line.buyer_categories) and set(line.buyer_categories) <= set(SELLABLE_CATEGORIES)),
    )
    for name, sound in checks:
        if not sound:
            value = getattr(line, name)
            raise RulesInvalid(f"{value!r} cannot be allowed here.", field=f"{place}.{name}")


def document(rules: Rules) -> dict[str, Any]:
    """The rules as JSON values; `parse` gives the same rules back."""
    built: dict[str, Any] = msgspec.to_builtins(rules)
    return built


def offers(rules: Rules, *, signal_class: str, tier: str, precision: str) -> bool:
    """Whether members can be asked for this class at this tier for any purpose and buyer at all."""
    return rank(tier) <= rank(highest_tier(signal_class)) and any(
        covers(line.signal_class, signal_class)
        and 0 <= rank(tier) <= rank(line.tier_max)
        and fine_enough(signal_class=signal_class, tier=tier, granted=line.precision, asked=precision)
        for line in rules.allow
    )
