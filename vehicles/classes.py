"""The classes that a car's signals fall under, in words; other kinds of devices bring theirs. Pure data."""

from typing import Final

# A tree, written as dotted paths. `location` is ordered instead: a finer leaf contains the coarser ones.
CAR_CLASSES: Final[dict[str, str]] = {
    "battery": "Battery and charging",
    "battery.soh": "Battery health",
    "battery.soc": "Charge level",
    "battery.charging": "Charging sessions",
    "odometer": "Odometer and usage",
    "energy": "Energy use",
    "energy.fuel": "Fuel",
    "energy.electricity": "Electricity",
    "diagnostics": "Diagnostics",
    "diagnostics.dtc": "Fault codes",
    "diagnostics.maintenance": "Maintenance values",
    "behavior": "Speed and driving",
    "behavior.events": "Driving events",
    "behavior.speed_series": "Speed over time",
    "location": "Location",
    "location.region": "Region",
    "location.approx": "Area of about 36 km²",
    "location.coarse": "Area of about 5 km²",
    "location.precise": "Exact positions",
    "identity": "Identity of the vehicle",
    "identity.vin_stem": "Make, model and year from the VIN",
    "identity.vin": "Full VIN",
    "cabin": "Cabin",
    "cabin.voice": "Voice",
    "derived": "Derived values",
    "derived.safe_score": "Safe driving score",
    "derived.carbon_units": "Carbon units",
    "derived.value_estimate": "Value estimate",
}
