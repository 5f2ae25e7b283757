"""Why something in a file was refused, in words fit for its owner. The codes are stable; the words may improve."""

from collections.abc import Mapping
from types import MappingProxyType

words: Mapping[str, str] = MappingProxyType(
    {
        # rows
        "blank_row": "The car was asleep: the row holds no readings",
        "no_vehicle_id": "The row does not say which car it belongs to",
        "bad_time": "The time of the row cannot be read",
        "ambiguous_time": "The clock was set back that night, and the file does not tell which of the two hours it was",
        "nonexistent_time": "The clock was set forward that night: this local time did not exist",
        "corrupt_date": "The date of the row is corrupt; the date in the file's name was used",
        "wrong_cells": "The row has more or fewer cells than the first line names",
        # readings
        "not_a_number": "Not a number",
        "missing": "The car did not report it at this moment",
        "null_island": "Position without a fix: latitude or longitude is 0",
        "lone_coordinate": "Latitude without longitude, or the other way around",
        "sentinel_value": "The device's sign for \u201cnot measured\u201d",
        "soc_glitch": "The battery level jumps for a single moment and comes back",
        "negative_gps_speed": "GPS speed below zero",
        "frozen_gps_speed": "GPS speed stands still while the car does, at more than 20 km/h",
        "gps_speed_disagrees": "GPS speed differs from the wheels' by more than 40 km/h",
        # found when readings are stored
        "superseded": "A second value for the same moment; the later one was kept",
        "conflict": "A second value for a moment that was stored before; the first one was kept",
        "out_of_range": "Outside the range a car can have",
        "not_measured": "The device says that it did not measure it",
        "future_timestamp": "Dated in the future",
        "too_old": "Older than anything we take",
        "not_owned_then": "Measured when the car was somebody else's",
        "poor_fix": "The satellites stood too badly for a position (HDOP 20 or more)",
        "unknown_signal": "A signal we do not keep",
    }
)


def reason(code: str) -> str:
    """The words for a code; a code without words speaks for itself."""
    return words.get(code, code.replace("_", " ").capitalize())
