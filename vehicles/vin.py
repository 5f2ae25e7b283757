"""Vehicle identification numbers. Pure: what is well formed, and what the number itself tells.

ISO 3779 gives the form: 17 letters and digits without I, O and Q. The check digit (position 9) and the model year
(position 10) are law in North America (49 CFR 565.15) and China (GB 16735); elsewhere makers put there what they
like, so neither is looked at. The maker follows from the first three signs (ISO 3780) where the table knows them;
makers of fewer than 1,000 cars a year have a 9 in the third place and are named by positions 12 to 14 too.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from dimo.errors import DomainError

LENGTH = 17
SIGNS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
VALUES: Mapping[str, int] = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "012345678912345678123457923456789"), strict=True)
)
WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"  # from 1980 on, again from 2010 on
CHECKED = frozenset("12345L")
TABLE = Path(__file__).parent / "catalog" / "makers.csv"


class VinMalformed(DomainError):
    """This is not a vehicle identification number."""

    status = 422


class Decoded(NamedTuple):
    """What a number tells; empty or None where it does not."""

    make: str
    year: int | None


def normal(text: str) -> str:
    """The number in capitals without blanks and hyphens.

    Raises:
        VinMalformed
    """
    vin = "".join(text.upper().replace("-", "").split())
    if len(vin) != LENGTH:
        raise VinMalformed(f"A VIN has 17 letters and digits; this has {len(vin)}.", field="vin")
    if any(sign not in SIGNS for sign in vin):
        raise VinMalformed("A VIN has only digits and capital letters other than I, O and Q.", field="vin")
    if vin[0] in CHECKED and vin[8] != check_digit(vin):
        raise VinMalformed("The check digit (the ninth sign) does not fit the others: please look again.", field="vin")
    return vin


def check_digit(vin: str) -> str:
    """What the ninth sign must be, 0 to 9 or X (49 CFR 565.15(c)); the ninth itself weighs nothing."""
    rest = sum(VALUES[sign] * weight for sign, weight in zip(vin, WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def decode(vin: str, *, this_year: int) -> Decoded:
    """Make and model year of a normal number, as far as it tells."""
    known = makers()
    make = known.get(vin[:3] + vin[11:14], "") if vin[2] == "9" else known.get(vin[:3], "")
    return Decoded(make, model_year(vin, this_year=this_year))


def model_year(vin: str, *, this_year: int) -> int | None:
    """The year of position 10, at most the next one.

    Each sign stands for two years: in North America a letter in position 7 means the later of a light vehicle's two
    (49 CFR 565.15(d)); in China the later is taken unless it is still to come.
    """
    if vin[0] not in CHECKED or vin[9] not in YEARS:
        return None
    early = 1980 + YEARS.index(vin[9])
    late = early + 30 if (vin[0] == "L" or vin[6].isalpha()) else early
    return next((year for year in (late, early) if year <= this_year + 1), None)


def masked(vin: str) -> str:
    """The last four signs, which say no more than the car's own plate does."""
    return "•" * (LENGTH - 4) + vin[-4:]


@cache
def makers() -> dict[str, str]:
    """Make by world manufacturer identifier."""
    rows = TABLE.read_text(encoding="utf-8").splitlines()
    return dict(row.split(",", 1) for row in rows if not row.startswith("#"))
