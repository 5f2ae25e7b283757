"""How much each vehicle's delivered rows weigh in the split of a price, by the rule its license opened under. Pure."""

from collections.abc import Mapping

from dimo.errors import DomainError


class SplitRuleUnknown(DomainError):
    """The terms name a split rule that this version does not know."""


def percentile_95(values: list[int]) -> int:
    """The smallest value that at least 95 of 100 values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[(95 * len(ordered) + 99) // 100 - 1]


def weights(rows: Mapping[int, int], *, rule: str) -> dict[int, int]:
    """Integer weight of each vehicle from its delivered rows (all above zero).

    `equal`: 1 each. `rows_capped`: its rows, at most the 95th percentile of all, so that a chatty device gains nothing.

    Raises:
        SplitRuleUnknown
    """
    match rule:
        case "equal":
            return dict.fromkeys(rows, 1)
        case "rows_capped":
            cap = percentile_95(list(rows.values())) if rows else 0
            return {vehicle: min(count, cap) for vehicle, count in rows.items()}
    raise SplitRuleUnknown(f"The terms name a split rule that this version does not know: {rule}.")
