"""What a driver can do about each reason for which something was refused."""

from collections.abc import Mapping
from types import MappingProxyType

CLOCK = (
    "Set the device's clock, or let it set itself over the network. What waits on the device can then be sent again."
)
MAKER = "Tell whoever makes the device's software; the record below shows them what to change."
NOTHING = "You need not do anything: the other readings of the message were kept."
REPLACED = "You need not do anything. If it happens often, two programs may use the same device's key."
ADVICE: Mapping[str, str] = MappingProxyType(
    {
        "signedat_out_of_window": CLOCK,
        "future_timestamp": CLOCK,
        "too_old": "Connect the device at least once a month; what is older than 30 days can be imported from a file.",
        "not_paired": "Look at the vehicle's devices: pair the device with this vehicle, and let it name this vehicle.",
        "envelope_not_signed": "The device has to sign whole messages; a maker's connection alone may sign values.",
        "id_reused": REPLACED,
        "sequence_reused": "If the device was restored from a backup, give it a new key and pair it again.",
        "sequence_too_old": "Let the device send the oldest first. If it was restored from a backup, pair it again.",
        "unsupported_type": MAKER,
        "malformed": MAKER,
        "too_large": "The device has to send smaller messages: at most 20,000 signals and 1,000 events in each.",
        "wrong_type": MAKER,
        "malformed_signal": MAKER,
        "malformed_codes": MAKER,
        "malformed_event": MAKER,
        "metadata_too_large": MAKER,
        "unknown_event": NOTHING,
        "unknown_signal": NOTHING,
        "not_stored": NOTHING,
        "derived_signal": NOTHING,
        "superseded": NOTHING,
        "conflict": NOTHING,
        "not_measured": NOTHING,
        "sentinel_value": NOTHING,
        "null_island": "The receiver had no fix. If it happens on most drives, place it where it sees the sky.",
        "poor_fix": "If it happens on most drives, place the receiver where it sees more of the sky.",
        "lone_coordinate": MAKER,
        "out_of_range": "If one signal is refused again and again, its sensor or the device's setup may be at fault.",
        "not_owned_then": "Nothing can be done: that time with the vehicle is somebody else's.",
    }
)


def advice(code: str) -> str:
    """A sentence or two; for a reason of a file, what to look at."""
    return ADVICE.get(code, "Look at the import it came with: its page lists what was left out and why.")
