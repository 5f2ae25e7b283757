"""What no union and no member can allow. No payload loosens it; changing it means changing this file. No Django."""

import os
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from unions.vocabulary import (
    BUYER_CATEGORIES,
    PRECISIONS,
    PURPOSES,
    ROW_TIERS,
    SELLABLE_CATEGORIES,
    TIERS,
    askable,
    closed_purposes,
    highest_tier,
    rank,
)


class Use(Protocol):
    """What the floor needs to know of a request."""

    @property
    def buyer_category(self) -> str: ...
    @property
    def purpose(self) -> str: ...
    @property
    def tier(self) -> str: ...
    @property
    def precision(self) -> str: ...
    @property
    def retention_days(self) -> int: ...


LONGEST_RETENTION_DAYS = 3650
MOST_EXACT_DAYS: Final = 30
EXACT: Final = "location.precise"


def days_said() -> int:
    """For how many days exact positions leave: an operator may say fewer (docs/operating.md), and nobody more."""
    return min(MOST_EXACT_DAYS, max(1, int(os.environ.get("EXACT_DAYS", MOST_EXACT_DAYS))))


EXACT_DAYS: Final = days_said()


def exact_from(now: datetime) -> datetime:
    """From which moment of measurement on exact positions may leave at `now`: today and the days before it, in UTC.

    Whole days, so that a build and its delivery on the same day mean the same moments.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=EXACT_DAYS - 1)


def refusals(use: Use, signal_class: str) -> tuple[str, ...]:
    """Codes of everything the platform forbids about this use of this class; empty when it forbids nothing."""
    return tuple(code for code, broken in _checks(use, signal_class) if broken)


def _checks(use: Use, signal_class: str) -> tuple[tuple[str, bool], ...]:
    rows = use.tier in ROW_TIERS
    return (
        ("unknown_class", not askable(signal_class)),
        ("unknown_tier", use.tier not in TIERS),
        ("unknown_precision", use.precision not in PRECISIONS),
        ("unknown_purpose", use.purpose not in PURPOSES),
        ("unknown_buyer_category", use.buyer_category not in BUYER_CATEGORIES),
        ("law_enforcement", use.purpose == "law_enforcement"),
        ("brokers_and_advertisers", use.buyer_category in BUYER_CATEGORIES and not _sellable(use.buyer_category)),
        ("cabin_rows", signal_class.split(".")[0] == "cabin" and rows),
        ("kind_tier", rank(use.tier) > rank(highest_tier(signal_class))),
        ("kind_purpose", use.purpose in closed_purposes(signal_class)),
        ("full_vin", signal_class == "identity.vin"),
        (
            "fine_location_in_statistics",
            signal_class == EXACT and use.tier in ("aggregate", "anonymized_rows"),
        ),
        (
            "fine_location_in_anonymous_rows",
            use.tier == "anonymized_rows" and signal_class in ("location.approx", "location.coarse"),
        ),
        ("retention", not 0 < use.retention_days <= LONGEST_RETENTION_DAYS),
    )


def _sellable(buyer_category: str) -> bool:
    return buyer_category in SELLABLE_CATEGORIES
