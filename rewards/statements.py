"""Why a member was paid what they were paid: the sale, the parts of the price, the formula and the exact numbers."""

from dataclasses import dataclass

from dimo.money import format_amount
from dimo.users.models import User
from rewards import selectors
from rewards.models import Settlement, Share

RULES = {
    "equal": "Every vehicle in the dataset weighs the same.",
    "rows_capped": (
        "A vehicle weighs as many as its delivered rows, but no more than 95 of 100 vehicles have, "
        "so that a device that sends more than others gains nothing by it."
    ),
}


@dataclass(frozen=True)
class Part:
    """One part of the price: who got it, by which rule, and how much."""

    name: str
    rule: str
    amount: str


@dataclass(frozen=True)
class Line:
    """One vehicle's share: its rows and weight, the division in words, and the amount to the last unit."""

    vehicle: str
    rows: int
    weight: int
    formula: str
    amount: str


@dataclass(frozen=True)
class Statement:
    """A settled sale as one member sees it."""

    settlement: Settlement
    parts: list[Part]
    rule: str
    lines: list[Line]
    total: str
    shown: str


def statement_of(*, member: User, settlement: Settlement) -> Statement | None:
    """The member's statement of a settlement, or None where no vehicle of theirs has a share. Changes nothing."""
    shares = selectors.shares_of(member=member, settlement=settlement)
    if not shares:
        return None
    total = sum(int(share.amount) for share in shares)
    return Statement(
        settlement=settlement,
        parts=parts_of(settlement=settlement),
        rule=RULES.get(settlement.split_rule, settlement.split_rule),
        lines=[_line(settlement, share) for share in shares],
        total=format_amount(total, settlement.asset, exact=True),
        shown=format_amount(total, settlement.asset),
    )


def parts_of(*, settlement: Settlement) -> list[Part]:
    """The price taken apart, in the order in which it is: fees first, by floor, then what is left."""
    exactly = [
        ("Protocol fee", f"{_percent(settlement.protocol_fee_bps)} of the price, rounded down", "protocol"),
        ("Union fee", f"{_percent(settlement.union_fee_bps)} of the price, rounded down", "union"),
        ("Drivers", f"what the fees leave, shared among {settlement.contributors:,} vehicles", "drivers"),
        ("Held back", "nothing in the dataset had a weight to share by", "holdback"),
    ]
    amounts = {name: int(getattr(settlement, f"{name}_amount")) for *_, name in exactly}
    return [
        Part(label, rule, format_amount(amounts[name], settlement.asset, exact=True))
        for label, rule, name in exactly
        if name != "holdback" or amounts[name]
    ]


def _line(settlement: Settlement, share: Share) -> Line:
    return Line(
        vehicle=str(share.vehicle),
        rows=share.rows,
        weight=share.weight,
        formula=_formula(settlement, share),
        amount=format_amount(int(share.amount), settlement.asset, exact=True),
    )


def _formula(settlement: Settlement, share: Share) -> str:
    if not settlement.weight or not share.weight:
        return "This vehicle's rows had no weight, so no part of the price is theirs."
    pool = format_amount(int(settlement.drivers_amount), settlement.asset, exact=True)
    whole, rest = divmod(int(settlement.drivers_amount) * share.weight, settlement.weight)
    words = f"{pool} × {share.weight:,} ÷ {settlement.weight:,}"
    if not rest:
        return f"{words}, which comes out even."
    if share.amount > whole:
        return f"{words}, rounded up: one of the smallest units that were left over came to this vehicle."
    return f"{words}, rounded down to the smallest unit."


def _percent(bps: int) -> str:
    return f"{bps / 100:g}%"
