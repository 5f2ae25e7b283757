"""Fault codes in plain words, by the areas that SAE J2012 gives to letters and digits.

A maker's own codes (second digit 1, or P30-P33) are told as such: their meaning is the maker's, and none is invented.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Severity = Literal["soon", "check", "watch"]
Words = str | Promise


class Explained(NamedTuple):
    """What a code is about, how much it presses, and what to do; `maker`: only the maker's papers say more."""

    title: Words
    severity: Severity
    advice: Words
    maker: bool = False


ADVICE: Mapping[Severity, Words] = MappingProxyType(
    {
        "soon": _("Have it looked at in the next days. If a warning light blinks or the car drives badly, stop."),
        "check": _("Have it looked at with the next opportunity. The car can usually be driven meanwhile."),
        "watch": _("Not urgent. Mention it at the next service, sooner if it comes back."),
    }
)
SYSTEMS: Mapping[str, Words] = MappingProxyType(
    {"P": _("Engine and drive"), "C": _("Brakes, steering and suspension"), "B": _("Body and cabin"), "U": _("Network")}
)
AREAS: Mapping[str, tuple[Words, Severity]] = MappingProxyType(
    {
        "0": (_("Fuel, air and emission control"), "check"),
        "1": (_("Fuel and air metering"), "check"),
        "2": (_("Fuel injection"), "check"),
        "3": (_("Ignition or misfire"), "soon"),
        "4": (_("Emission control"), "watch"),
        "5": (_("Speed, idling or auxiliary inputs"), "check"),
        "6": (_("A control computer or its outputs"), "soon"),
        "7": (_("Transmission"), "soon"),
        "8": (_("Transmission"), "soon"),
        "9": (_("Transmission"), "soon"),
        **dict.fromkeys("ABC", (_("Electric or hybrid drive"), "soon")),
    }
)
OTHERS: Mapping[str, Severity] = MappingProxyType({"C": "soon", "B": "watch", "U": "check"})
KNOWN: Mapping[str, tuple[Words, Severity]] = MappingProxyType(
    {
        "P0128": (_("The engine stays cooler than its thermostat should keep it"), "watch"),
        "P0171": (_("The mixture has too little fuel, bank 1"), "check"),
        "P0172": (_("The mixture has too much fuel, bank 1"), "check"),
        "P0174": (_("The mixture has too little fuel, bank 2"), "check"),
        "P0175": (_("The mixture has too much fuel, bank 2"), "check"),
        "P0300": (_("Several cylinders misfire"), "soon"),
        "P0420": (_("The catalytic converter cleans less than it should, bank 1"), "watch"),
        "P0430": (_("The catalytic converter cleans less than it should, bank 2"), "watch"),
        "P0442": (_("A small leak in the fuel vapor system"), "watch"),
        "P0455": (_("A large leak in the fuel vapor system; often the fuel cap"), "watch"),
        "P0562": (_("The car's supply voltage is too low"), "check"),
        "P0563": (_("The car's supply voltage is too high"), "check"),
        "P0700": (_("The transmission's computer has a code of its own"), "soon"),
    }
)


def explain(code: str) -> Explained:
    """A code of five characters in plain words."""
    title: Words
    if maker_specific(code):
        title = _("%(system)s: a code of the maker's own") % {"system": SYSTEMS[code[0]]}
        return Explained(title, "check", _("Only the maker's papers say what it means; a garage can read them."), True)
    if code in KNOWN:
        title, severity = KNOWN[code]
    elif code[:3] == "P03" and "01" <= code[3:] <= "12" and code[3:].isdigit():
        title, severity = _("Cylinder %(number)d misfires") % {"number": int(code[3:])}, "soon"
    elif code[:2] in {"P0", "P2"} and code[2] in AREAS:
        title, severity = AREAS[code[2]]
    else:
        title, severity = SYSTEMS[code[0]], OTHERS.get(code[0], "check")
    return Explained(title, severity, ADVICE[severity])


def maker_specific(code: str) -> bool:
    """Whether a code's meaning is the maker's: P1, P30 to P33, and B, C and U with 1 or 2."""
    letter, second, third = code[0], code[1], code[2]
    if letter == "P":
        return second == "1" or (second == "3" and third in "0123")
    return second in "12"
