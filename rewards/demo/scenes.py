"""What happens in the demo: who allows what, what unions sell, who buys it."""

from typing import Final, NamedTuple

Habit = dict[str, dict[str, str]]


class OnSale(NamedTuple):
    union: str
    name: str
    description: str
    signals: tuple[str, ...]
    tiers: tuple[str, ...]
    purposes: tuple[str, ...]


class Sale(NamedTuple):
    """`offer` and `buyer` count in OFFERS and people.BUYERS; `first` and `last` are days counted back from today."""

    offer: int
    buyer: int
    tier: str
    purpose: str
    first: int
    last: int


# What a driver allows, by kind of data and preset; drivers take turns, so that a union's members differ.
HABITS: Final[tuple[Habit, ...]] = (
    {
        "battery": {"battery": "statistics"},
        "open": {"location": "exact", "behavior": "exact", "battery": "exact", "energy": "exact", "odometer": "exact"},
        "research": {"location": "coarse", "behavior": "exact", "odometer": "exact"},
    },
    {
        "battery": {"battery": "statistics"},
        "open": {"location": "coarse", "behavior": "coarse", "battery": "exact", "energy": "coarse"},
        "research": {"location": "statistics", "behavior": "coarse", "energy": "coarse"},
    },
    {
        "battery": {"battery": "statistics"},
        "open": {"location": "coarse", "behavior": "exact", "energy": "exact", "diagnostics": "coarse"},
        "research": {"location": "coarse", "behavior": "exact", "diagnostics": "statistics"},
    },
)
MAYAS: Final[Habit] = {
    "battery": {"battery": "statistics"},
    "open": {"location": "exact", "behavior": "coarse", "battery": "exact", "energy": "coarse", "odometer": "exact"},
    "research": {"location": "coarse", "behavior": "exact", "odometer": "coarse"},
}
OFFERS: Final = (
    OnSale(
        "Nordic EV Union",
        "Charging and battery health, statistics",
        "Daily statistics over electric cars: charge level, charging power, battery health and temperature.",
        (
            "powertrainTractionBatteryStateOfChargeCurrent",
            "powertrainTractionBatteryStateOfHealth",
            "powertrainTractionBatteryChargingPower",
            "powertrainTractionBatteryTemperatureAverage",
        ),
        ("aggregate",),
        ("research_np", "grid_planning", "battery_analytics"),
    ),
    OnSale(
        "City Couriers",
        "City driving, rows under a pseudonym",
        "Areas, speed, charge level and energy of cars that drive in town all day.",
        ("currentLocationCell7", "speed", "powertrainTractionBatteryStateOfChargeCurrent", "obdFuelRate"),
        ("aggregate", "pseudonymous_rows"),
        ("research_np", "traffic_planning", "battery_analytics", "ml_training"),
    ),
    OnSale(
        "Safer Roads Pool",
        "Speed by area for road safety",
        "Where and how fast members drive, as areas of about 5 km² and speeds.",
        ("currentLocationCell7", "speed", "powertrainTransmissionTravelledDistance"),
        ("aggregate", "pseudonymous_rows"),
        ("research_np", "traffic_planning"),
    ),
)
SALES: Final = (
    Sale(0, 0, "aggregate", "grid_planning", 31, 2),
    Sale(1, 2, "pseudonymous_rows", "ml_training", 31, 2),
    Sale(2, 1, "pseudonymous_rows", "traffic_planning", 31, 2),
    Sale(1, 1, "pseudonymous_rows", "traffic_planning", 16, 2),
    Sale(0, 2, "aggregate", "battery_analytics", 16, 2),
)
