"""The closed words of consent: classes, tiers, precision, purposes, buyers. What is not here is denied. No Django."""

from collections import ChainMap
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from vehicles import kinds
from vehicles.classes import CAR_CLASSES

Level = Literal["off", "statistics", "coarse", "exact"]

# Other kinds of devices add leaves in their catalog files; none can take the name of one of these.
SIGNAL_CLASSES: Final[Mapping[str, str]] = ChainMap(CAR_CLASSES, kinds.leaves)  # type: ignore[arg-type]
LOCATION_LEAVES: Final = ("location.region", "location.approx", "location.coarse", "location.precise")
# Asking for these whole would say nothing about how fine; and a grant of them never reaches the finest leaf.
NEVER_ASKED_WHOLE: Final = frozenset({"location", "identity"})
MATRIX_CLASSES: Final = ("location", "behavior", "battery", "energy", "diagnostics", "odometer")
HINTS: Final[dict[str, str]] = {
    "location": "Start, end and route",
    "behavior": "Speed, braking, turns",
    "battery": "Charge level, health, kWh",
    "energy": "Fuel, electricity, range",
    "diagnostics": "Fault codes, tires, oil",
    "odometer": "Distance, days driven",
}

TIERS: Final = ("aggregate", "compute_to_data", "anonymized_rows", "pseudonymous_rows", "identified")
TIER_LABELS: Final[dict[str, str]] = {
    "aggregate": "Statistics over many vehicles",
    "compute_to_data": "Answers computed here, no rows",
    "anonymized_rows": "One anonymous row a month",
    "pseudonymous_rows": "Rows under a pseudonym",
    "identified": "Rows with your identity",
}
ROW_TIERS: Final = frozenset(TIERS[2:])
PRECISIONS: Final = ("coarse", "exact")


class Purpose(NamedTuple):
    label: str
    iri: str


_DPV = "https://w3id.org/dpv#"
PURPOSES: Final[dict[str, Purpose]] = {
    "research_np": Purpose("Non-profit research", _DPV + "NonCommercialResearch"),
    "traffic_planning": Purpose("Traffic planning", _DPV + "ImproveTransportMobility"),
    "grid_planning": Purpose("Power grid planning", _DPV + "ImprovePublicServices"),
    "battery_analytics": Purpose("Battery analytics", _DPV + "ResearchAndDevelopment"),
    "insurance_pricing": Purpose("Insurance pricing", _DPV + "ServiceProvision"),
    "resale_valuation": Purpose("Resale valuation", _DPV + "ServiceProvision"),
    "maintenance": Purpose("Maintenance", _DPV + "ServiceProvision"),
    "marketing": Purpose("Marketing", _DPV + "Marketing"),
    "ml_training": Purpose("Training of models", _DPV + "ResearchAndDevelopment"),
    "law_enforcement": Purpose("Law enforcement", _DPV + "ProtectionOfPublicSecurity"),
}
SELLABLE_PURPOSES: Final = tuple(name for name in PURPOSES if name != "law_enforcement")

BUYER_CATEGORIES: Final[dict[str, str]] = {
    "academic": "Universities",
    "public_body": "Public bodies",
    "ngo": "Non-profit organizations",
    "oem": "Vehicle makers",
    "insurer": "Insurers",
    "energy": "Energy companies",
    "fleet": "Fleet operators",
    "software": "Software companies",
    "broker": "Data brokers",
    "advertising": "Advertisers",
}
SELLABLE_CATEGORIES: Final = tuple(name for name in BUYER_CATEGORIES if name not in {"broker", "advertising"})


class Shade(NamedTuple):
    """What one word of the matrix stands for."""

    level: Level
    signal_class: str
    tier: str
    precision: str


LEVELS: Final[tuple[Level, ...]] = ("off", "statistics", "coarse", "exact")
LEVEL_LABELS: Final[dict[Level, str]] = {
    "off": "Off",
    "statistics": "Statistics",
    "coarse": "Coarse",
    "exact": "Exact",
}


def rank(tier: str) -> int:
    """Place of a tier in the total order; -1 for an unknown one, which therefore reaches nothing."""
    return TIERS.index(tier) if tier in TIERS else -1


def matrix_classes(kind: str) -> tuple[str, ...]:
    """The rows of the consent matrix for a kind of device."""
    if kind == kinds.CAR:
        return MATRIX_CLASSES
    return tuple(leaf.name for leaf in kinds.named(kind).roots)


def highest_tier(signal_class: str) -> str:
    """The finest tier at which the kind of device that a class belongs to lets it out at all."""
    kind = kinds.of_class(signal_class)
    return kind.highest_tier if kind else TIERS[-1]


def closed_purposes(signal_class: str) -> tuple[str, ...]:
    """Purposes that the kind of device that a class belongs to is never used for."""
    kind = kinds.of_class(signal_class)
    return kind.never_for if kind else ()


def shade(signal_class: str, level: Level) -> Shade | None:
    """What a level of the matrix grants for a top-level class; None for Off."""
    if level == "off":
        return None
    located = signal_class == "location"
    if level == "statistics":
        return Shade(level, "location.coarse" if located else signal_class, "aggregate", "coarse")
    if level == "coarse":
        return Shade(level, "location.coarse" if located else signal_class, "pseudonymous_rows", "coarse")
    return Shade(level, "location.precise" if located else signal_class, "pseudonymous_rows", "exact")


def level_of(*, signal_class: str, tier: str, precision: str) -> Level:
    """The word for a grant, rounded down where it lies between two words."""
    if rank(tier) < 0:
        return "off"
    if rank(tier) < rank("pseudonymous_rows"):
        return "statistics"
    if signal_class.startswith("location"):
        return "exact" if signal_class == "location.precise" else "coarse"
    return "exact" if precision == "exact" else "coarse"


def askable(signal_class: str) -> bool:
    """Whether somebody may ask for this class: it is known and says how fine."""
    return signal_class in SIGNAL_CLASSES and signal_class not in NEVER_ASKED_WHOLE


def covers(node: str, asked: str) -> bool:
    """Whether a grant of `node` reaches `asked`: itself and what lies below it, a finer place covers coarser ones.

    A grant of `location` or `identity` as a whole never reaches exact positions or the VIN: those are named or not
    given.
    """
    if node not in SIGNAL_CLASSES or not askable(asked):
        return False
    if node in LOCATION_LEAVES and asked in LOCATION_LEAVES:
        return LOCATION_LEAVES.index(node) >= LOCATION_LEAVES.index(asked)
    if node in NEVER_ASKED_WHOLE and asked in {"location.precise", "identity.vin"}:
        return False
    return asked == node or asked.startswith(f"{node}.")


def fine_enough(*, signal_class: str, tier: str, granted: str, asked: str) -> bool:
    """Whether values may be given as finely as asked. Only rows have a precision, and location says it by its leaf."""
    if granted not in PRECISIONS or asked not in PRECISIONS:
        return False
    if tier not in ROW_TIERS or signal_class in LOCATION_LEAVES:
        return True
    return PRECISIONS.index(granted) >= PRECISIONS.index(asked)


def forbids(node: str, asked: str) -> bool:
    """Whether a denial of `node` reaches `asked`: itself, what lies below or above it, and every finer place."""
    if node == "*" or node not in SIGNAL_CLASSES:
        return True
    if node in LOCATION_LEAVES and asked in LOCATION_LEAVES:
        return LOCATION_LEAVES.index(asked) >= LOCATION_LEAVES.index(node)
    return asked == node or asked.startswith(f"{node}.") or node.startswith(f"{asked}.")


def asked_location(*, tier: str, precise: bool) -> str:
    """The leaf of `location` that a use at this tier needs: region for anonymous rows, else coarse or precise."""
    if tier == "anonymized_rows":
        return "location.region"
    return "location.precise" if precise and rank(tier) >= rank("pseudonymous_rows") else "location.coarse"
