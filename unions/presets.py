"""Three ways to start a union, as documents that the founder may change. No Django."""

from typing import Any, Final, NamedTuple

from unions.vocabulary import MATRIX_CLASSES, SELLABLE_CATEGORIES, SELLABLE_PURPOSES, Level, shade

EUR = 10**6


class Preset(NamedTuple):
    """A starting point: rules, price list (base units of EURC per vehicle and 30 days), fee and split rule."""

    key: str
    name: str
    words: str
    rules: dict[str, Any]
    prices: dict[str, dict[str, str]]
    union_fee_bps: int
    split_rule: str
    powertrains: list[str]


def _line(signal_class: str, level: Level, purposes: list[str], buyers: list[str]) -> dict[str, Any]:
    target = shade(signal_class, level)
    if target is None:
        raise ValueError("A line allows something.")
    return {
        "signal_class": target.signal_class,
        "tier_max": target.tier,
        "purposes": purposes,
        "buyer_categories": buyers,
        "precision": target.precision,
    }


def _prices(**cents: tuple[int, int]) -> dict[str, dict[str, str]]:
    """Cents for (statistics, rows) by class; two underscores stand for the dot. A zero is not on the list."""
    table: dict[str, dict[str, str]] = {}
    for name, (statistics, rows) in cents.items():
        priced = {"aggregate": statistics, "pseudonymous_rows": rows}
        table[name.replace("__", ".")] = {tier: str(amount * EUR // 100) for tier, amount in priced.items() if amount}
    return table


_RESEARCH = ["research_np", "traffic_planning", "grid_planning", "battery_analytics"]
_PUBLIC = ["academic", "public_body", "ngo"]

PRESETS: Final[dict[str, Preset]] = {
    preset.key: preset
    for preset in (
        Preset(
            "battery",
            "Battery only, anonymous",
            "Statistics on battery and charging for research, grid planning and battery analytics. No rows, no places.",
            {
                "allow": [
                    _line(
                        "battery",
                        "statistics",
                        ["research_np", "grid_planning", "battery_analytics"],
                        ["academic", "public_body", "ngo", "oem", "energy"],
                    ),
                ],
                "k": 10,
                "retention_days": 365,
                "countries": [],
            },
            _prices(battery=(40, 0)),
            300,
            "equal",
            ["electric", "plug_in", "hybrid"],
        ),
        Preset(
            "open",
            "Everything, for a price",
            "All kinds of data up to exact rows under a pseudonym, to every kind of buyer that the platform admits.",
            {
                "allow": [
                    _line(name, "exact", list(SELLABLE_PURPOSES), list(SELLABLE_CATEGORIES)) for name in MATRIX_CLASSES
                ],
                "k": 5,
                "retention_days": 730,
                "countries": [],
            },
            _prices(
                location__coarse=(120, 480),
                location__precise=(0, 950),
                behavior=(90, 420),
                battery=(60, 260),
                energy=(40, 180),
                diagnostics=(50, 210),
                odometer=(20, 80),
            ),
            800,
            "rows_capped",
            [],
        ),
        Preset(
            "research",
            "Research commons",
            "Rows under a pseudonym, areas instead of positions; only universities, public bodies and non-profits.",
            {
                "allow": [
                    _line(name, "coarse" if name == "location" else "exact", _RESEARCH, _PUBLIC)
                    for name in MATRIX_CLASSES
                ],
                "k": 5,
                "retention_days": 365,
                "countries": [],
            },
            _prices(
                location__coarse=(20, 90),
                behavior=(15, 70),
                battery=(10, 50),
                energy=(10, 40),
                diagnostics=(10, 40),
                odometer=(5, 20),
            ),
            200,
            "equal",
            [],
        ),
    )
}
