"""What a license costs, and which numbers about members may be shown beside it. Integers only; reads nothing.

The price follows from the union's posted list, the length of the period and a rounded number of vehicles. It never
depends on one member: that number moves in steps of ten, so that nobody's joining or leaving shows in a quote.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from dimo.errors import DomainError
from unions.policy import priced_class

Prices = Mapping[str, Mapping[str, str]]
MONTH_SECONDS: Final = 30 * 86_400
BPS: Final = 10_000
STEP: Final = 10


class NotPriced(DomainError):
    """The union's price list names no price for these signals at this tier."""


def monthly_prices(prices: Prices, signal_classes: Iterable[str], tier: str) -> dict[str, int]:
    """Base units per vehicle and 30 days by priced class: the class itself, or the nearest one above it on the list.

    Classes that share an entry are paid once, so the price of a request is the sum of the values.

    Raises:
        NotPriced
    """
    priced: dict[str, int] = {}
    for name in sorted(set(signal_classes)):
        entry = priced_class(prices, signal_class=name, tier=tier)
        if entry is None:
            raise NotPriced(f"The union's price list names no price for {name} at the tier {tier}.", field="tier")
        priced[entry] = int(prices[entry][tier])
    return priced


def period_price(monthly: int, seconds: int) -> int:
    """The monthly price for a period of `seconds`, rounded up to a whole base unit."""
    return -(-monthly * seconds // MONTH_SECONDS)


def net_to_driver(amount: int, *, protocol_fee_bps: int, union_fee_bps: int) -> int:
    """What is left of a gross price for the driver after both fees, rounded down: never promised more than is paid."""
    return amount * (BPS - protocol_fee_bps - union_fee_bps) // BPS


def shown_vehicles(count: int, *, k: int) -> int:
    """The number of vehicles that may be shown and is billed: rounded down to ten, at least `k`; 0 below `k`.

    `k` is the union's published floor, so showing it tells nothing. Constant under a change of one member except at
    multiples of ten.
    """
    return 0 if count < k else max(k, count // STEP * STEP)


def rough(count: float) -> int:
    """A count rounded down to 1, 2 or 5 times a power of ten, so that one vehicle's rows do not show in it."""
    if count < 1:
        return 0
    power: int = 10 ** (len(str(int(count))) - 1)
    return max(step * power for step in (1, 2, 5) if step * power <= count)
