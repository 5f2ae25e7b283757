"""What differs between two versions of a policy, by dimension, and whether it asks more of members. No Django."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from unions.rulebook import Rules
from unions.vocabulary import (
    BUYER_CATEGORIES,
    LOCATION_LEAVES,
    PRECISIONS,
    PURPOSES,
    ROW_TIERS,
    SIGNAL_CLASSES,
    TIER_LABELS,
    TIERS,
    askable,
    covers,
    rank,
)

Direction = Literal["narrowing", "neutral", "widening"]
Atom = tuple[str, str, str, str, str]
LEAVES = tuple(name for name in SIGNAL_CLASSES if askable(name))


class Change(NamedTuple):
    """One dimension of a difference, in a word for its direction and a sentence for people."""

    dimension: str
    direction: Direction
    words: str


def differences(old: Rules, new: Rules) -> list[Change]:
    """Every dimension in which `new` differs from `old`. What two lines allow only together is compared as well."""
    before, after = scope(old), scope(new)
    changes = [
        *_set("Signal classes", _axis(before, 0), _axis(after, 0), SIGNAL_CLASSES),
        *_tiers(before, after),
        *_set("Purposes", _axis(before, 3), _axis(after, 3), {name: item.label for name, item in PURPOSES.items()}),
        *_set("Buyers", _axis(before, 4), _axis(after, 4), BUYER_CATEGORIES),
        *_countries(old, new),
        *_number("Days a buyer may keep data", old.retention_days, new.retention_days, widening=1),
        *_number("Fewest vehicles in a dataset", old.k, new.k, widening=-1),
    ]
    if after - before and not any(change.direction == "widening" for change in changes):
        changes.append(
            Change("Combinations", "widening", "Allows combinations of data, purpose and buyer that were not allowed.")
        )
    if before - after and not any(change.direction == "narrowing" for change in changes):
        changes.append(
            Change("Combinations", "narrowing", "No longer allows some combinations of data, purpose and buyer.")
        )
    return changes


def direction(changes: Iterable[Change]) -> Direction:
    """Widening if any dimension widens, else narrowing if any narrows, else neutral."""
    directions = {change.direction for change in changes}
    if "widening" in directions:
        return "widening"
    return "narrowing" if "narrowing" in directions else "neutral"


def scope(rules: Rules) -> frozenset[Atom]:
    """Everything the rules allow, as (class, tier, precision, purpose, buyer category)."""
    return frozenset(
        (leaf, tier, precision, purpose, category)
        for line in rules.allow
        for leaf in LEAVES
        if covers(line.signal_class, leaf)
        for tier in TIERS[: rank(line.tier_max) + 1]
        for precision in _precisions(leaf, tier, line.precision)
        for purpose in line.purposes
        for category in line.buyer_categories
    )


def _precisions(leaf: str, tier: str, finest: str) -> tuple[str, ...]:
    """What has no precision of its own (statistics, and location, which says it by its leaf) counts as one."""
    if tier not in ROW_TIERS or leaf in LOCATION_LEAVES:
        return PRECISIONS[:1]
    return PRECISIONS[: PRECISIONS.index(finest) + 1]


def _axis(atoms: frozenset[Atom], place: int) -> set[str]:
    return {atom[place] for atom in atoms}


def _set(dimension: str, old: set[str], new: set[str], labels: Mapping[str, str]) -> list[Change]:
    changes = []
    if gained := sorted(labels[name] for name in new - old):
        changes.append(Change(dimension, "widening", f"Adds {', '.join(gained)}."))
    if lost := sorted(labels[name] for name in old - new):
        changes.append(Change(dimension, "narrowing", f"Removes {', '.join(lost)}."))
    return changes


def _tiers(before: frozenset[Atom], after: frozenset[Atom]) -> list[Change]:
    changes = []
    for leaf in LEAVES:
        old, new = _finest(before, leaf), _finest(after, leaf)
        if old is None or new is None or old == new:
            continue
        direction: Direction = "widening" if new > old else "narrowing"
        words = f"{SIGNAL_CLASSES[leaf]}: from {_words(leaf, old)} to {_words(leaf, new)}."
        changes.append(Change("Precision", direction, words))
    return changes


def _finest(atoms: frozenset[Atom], leaf: str) -> tuple[int, int] | None:
    return max(((rank(atom[1]), PRECISIONS.index(atom[2])) for atom in atoms if atom[0] == leaf), default=None)


def _words(leaf: str, finest: tuple[int, int]) -> str:
    tier = TIERS[finest[0]]
    plain = TIER_LABELS[tier].lower()
    return plain if tier not in ROW_TIERS or leaf in LOCATION_LEAVES else f"{plain} ({PRECISIONS[finest[1]]})"


def _countries(old: Rules, new: Rules) -> list[Change]:
    before, after = set(old.countries), set(new.countries)
    if before == after:
        return []
    if not after:
        return [Change("Countries", "widening", "Buyers from any country.")]
    if not before:
        return [Change("Countries", "narrowing", f"Only buyers from {', '.join(sorted(after))}.")]
    names = {code: code for code in before | after}
    return _set("Countries", before, after, names)


def _number(dimension: str, old: int, new: int, *, widening: int) -> list[Change]:
    if old == new:
        return []
    direction: Direction = "widening" if (new - old) * widening > 0 else "narrowing"
    return [Change(dimension, direction, f"From {old} to {new}.")]
