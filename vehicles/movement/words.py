"""Verdicts in plain words. Codes are stable; the words may improve."""

from collections.abc import Mapping
from typing import Any

SENTENCES: Mapping[str, tuple[str, str]] = {
    "no_readings": ("Nothing was received in this week.", "See whether the device has power and reception."),
    "no_trip": ("No drive was found in this week.", "A week without a drive keeps the streak and earns nothing."),
    "too_little": ("{km} km of the {of} km that a week needs.", "Drive, or see why some drives do not count."),
    "towed": ("The vehicle moved while it told that it stands, as when it is towed.", "Only its own drives count."),
    "no_positions": ("{trips} drives have no positions.", "Let the device send positions."),
    "no_car_signals": (
        "{trips} drives came without any signal of the car: no ignition, speed, engine or odometer.",
        "Let the device send one of them; a position alone could be anything that moves.",
    ),
    "doubtful_track": ("{trips} drives jump or stand still on more than 30 % of their positions.", "See the doubts."),
    "odometer_disagrees": (
        "Positions tell of {gps_km} km and the odometer of {odometer_km} km.",
        "They must agree within 20 % or 2 km.",
    ),
    "speed_disagrees": (
        "Positions tell of {gps_km} km and the car's speed of {speed_km} km.",
        "They must agree within 20 % or 2 km.",
    ),
    "one_witness": (
        "Positions alone tell of the distance; then {of} km on two days are needed.",
        "An odometer or the car's own speed would be a second witness.",
    ),
    "replayed": ("{trips} drives repeat an earlier drive of this vehicle.", "If you drove them, write to us."),
    "one_track_two_vehicles": (
        "{trips} drives were recorded before by another vehicle of yours.",
        "One drive counts for one vehicle.",
    ),
    "track_of_another_owner": (
        "{trips} drives were recorded before by somebody else's vehicle.",
        "If you drove them, write to us; a person will look at both.",
    ),
    "imported": ("Imported drives are judged and never earn.", "Pair a device that signs what it measures."),
    "simulator": ("Simulated drives never earn.", "Pair a device that signs what it measures."),
    "not_signed": ("The device did not sign whole messages.", "Update the device, so that it signs its envelopes."),
    "another_epoch_earns": ("In this week the vehicle earns for its other owner.", "A vehicle earns once a week."),
}


def sentence(reason: Mapping[str, Any]) -> tuple[str, str]:
    """What a stored reason says, and what to do."""
    said, advice = SENTENCES[str(reason["code"])]
    return said.format_map({"trips": 0, **reason.get("facts", {})}), advice
