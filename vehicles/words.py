"""Plain words for what a device's or a file's readings met with. Codes are stable; the words may improve."""

from collections.abc import Mapping
from datetime import tzinfo
from types import MappingProxyType

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vehicles.importers import reasons
from vehicles.movement.streaks import Outlook

FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "second_source": "Another source says otherwise for this moment",
        "teleport": "Too far from the last position to be driven",
        "odometer": "The odometer fell or rose faster than a car drives",
        "disagree": "Speed and positions disagree by more than 40 km/h",
        "frozen": "The position stood still while the car drove",
        "implausible": "More than can be, within what is believed",
    }
)
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "wrong_type": "The value is of another type than the signal",
        "malformed_signal": "The reading lacks a name or a moment with a time zone",
        "not_stored": "Known, but not kept yet",
        "derived_signal": "We derive this ourselves",
        "not_paired": "The device did not measure this vehicle at that moment",
        "id_reused": "An event came again with other contents",
        "sequence_reused": "A sequence number came again with other contents",
        "sequence_too_old": "The event is too far behind the device's newest one",
        "signedat_out_of_window": "Signed more than five minutes from our clock; the device's clock may be wrong",
        "envelope_not_signed": "Only the values were signed, not the whole message",
        "malformed_codes": "The list holds something that is no fault code",
        "malformed_event": "The event lacks a name or a moment with a time zone, or a part is of another type",
        "unknown_event": "We do not know this event, or not of this kind of device",
        "metadata_too_large": "The event's details are larger than 1 KiB",
        "unsupported_type": "A kind of message that we do not take",
        "malformed": "The message lacks a part, or has one of another form",
        "too_large": "The message holds more signals or events than we take at once",
    }
)


def refusal(code: str) -> str:
    """Why a reading or an event was refused."""
    return REFUSALS.get(code) or reasons.reason(code)


def doubt(name: str) -> str:
    """Why a stored reading is doubted."""
    return FLAGS.get(name, name)


QUIET: Mapping[str, str] = MappingProxyType(
    {
        "unpaired": "No device is paired with it.",
        "flagged": "Its device is suspect: a number came back with other contents.",
        "clock": "Messages came and were refused because the device's clock is wrong.",
        "refused": "Messages came and were refused; the vehicle's page says why.",
        "battery": "Its battery was nearly empty when it was last heard.",
        "parked": "It has been silent for this long before, so it may just be parked.",
        "unknown": "We cannot tell why: the device may be without power or network.",
    }
)


def quiet(cause: str) -> str:
    """Why a vehicle may have gone quiet."""
    return QUIET.get(cause, QUIET["unknown"])


def streak(outlook: Outlook | None, zone: tzinfo | None = None) -> str:
    """What a silence may cost of a streak, by a clock (that of the reader, if none is given); empty: nothing yet."""
    if outlook is None or not outlook.at_risk:
        return ""
    facts = {"weeks": outlook.weeks, "day": date_format(localtime(outlook.falls_at, zone), "D, M j, H:i")}
    if not outlook.falls_to:
        return (
            ngettext(
                "Its streak of %(weeks)d week is at risk: it ends on %(day)s unless a drive proves movement before.",
                "Its streak of %(weeks)d weeks is at risk: it ends on %(day)s unless a drive proves movement before.",
                outlook.weeks,
            )
            % facts
        )
    return _(
        "Its streak of %(weeks)d weeks is at risk: it falls to %(to)d on %(day)s unless a drive proves movement before."
    ) % (facts | {"to": outlook.falls_to})
