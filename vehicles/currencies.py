"""Money that drivers pay in currencies of the world: how it is rounded and written. Pure."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

SYMBOLS: Mapping[str, str] = {"EUR": "€", "USD": "$", "GBP": "£"}
WHOLE = frozenset({"CLP", "ISK", "JPY", "KRW", "UGX", "VND", "XAF", "XOF"})  # without a smaller unit


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest unit, half away from zero."""
    return amount.quantize(Decimal(1) if currency in WHOLE else Decimal("0.01"), ROUND_HALF_UP)


def worded(amount: Decimal, currency: str) -> str:
    """Money as people write it: €1.20, −€0.10, 12.50 SEK."""
    number = f"{abs(amount):,.{0 if currency in WHOLE else 2}f}"
    sign = "−" if amount < 0 else ""
    return f"{sign}{SYMBOLS[currency]}{number}" if currency in SYMBOLS else f"{sign}{number} {currency}"
