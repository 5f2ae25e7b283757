"""Exact money: fees by floor, shares by largest remainder, and amounts in words. Pure; integers only.

The small part of a share fits int64: with amount = q0·W + r0, the share of weight w is w·q0 + floor(w·r0 / W),
and the remainder of w·amount / W equals that of w·r0 / W, so the order of remainders does not change either.
Where max(w)·r0 or W would not fit, Python's integers are taken (`split_slowly`, which is also the definition).
"""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from dimo.errors import DomainError

DECIMALS = {"EURC": 6, "DUN": 18, "CREDIT": 0}
SYMBOLS = {"EURC": "€"}
SHOWN_DIGITS = 2
BPS = 10_000
RANK_BYTES = 32
INT64_LIMIT = 2**63


class NothingToShareBy(DomainError):
    """All weights are zero, so there is nobody to pay; the caller decides where the amount goes."""


class UnsharableAmount(DomainError):
    """An amount and its weights are whole numbers and not negative."""


class UnknownAsset(DomainError):
    """No such asset."""


def tie_rank(key: str, member: str) -> bytes:
    """Place of a member among equals in one sale: smaller comes first, and nobody is first sale after sale."""
    return sha256(f"{key}|{member}".encode()).digest()


def fee(amount: int, bps: int) -> int:
    """The fee on `amount` at `bps` basis points, rounded down, so that the remainder stays with the drivers.

    Raises:
        UnsharableAmount
    """
    if amount < 0 or not 0 <= bps <= BPS:
        raise UnsharableAmount("A fee is between nothing and the whole of an amount.", field="bps")
    return amount * bps // BPS


def split(amount: int, weights: Sequence[int], *, ranks: Sequence[bytes] | None = None) -> list[int]:
    """Share `amount` by `weights`, largest remainder first; the shares sum to `amount` exactly.

    Shares come in the order of `weights`. Among equal remainders the smaller rank (32 bytes, `tie_rank`) gets the
    unit, without ranks the earlier row. A weight of zero gets nothing. Not house-monotone (Alabama paradox).

    Raises:
        NothingToShareBy, UnsharableAmount
    """
    total = _checked_total(amount, weights, ranks)
    q0, r0 = divmod(amount, total)
    if total >= INT64_LIMIT or max(weights) * r0 >= INT64_LIMIT:
        return split_slowly(amount, weights, ranks=ranks)
    w = np.asarray(weights, dtype=np.int64)
    product = w * np.int64(r0)
    small = product // total
    rest = product - small * total
    if left := r0 - int(small.sum()):
        small[_largest(rest, left, ranks)] += 1
    if int(w.max()) * q0 + r0 < INT64_LIMIT:
        shares: list[int] = (w * q0 + small).tolist()
        return shares
    return [a * q0 + b for a, b in zip(w.tolist(), small.tolist(), strict=True)]


def split_slowly(amount: int, weights: Sequence[int], *, ranks: Sequence[bytes] | None = None) -> list[int]:
    """The definition of `split` in Python's integers, for sums beyond int64 and as its oracle.

    Raises:
        NothingToShareBy, UnsharableAmount
    """
    total = _checked_total(amount, weights, ranks)
    parts = {w: divmod(amount * w, total) for w in set(weights)}
    shares = [parts[w][0] for w in weights]
    order = sorted(
        range(len(weights)), key=lambda i: (-parts[weights[i]][1], ranks[i] if ranks is not None else b"", i)
    )
    for i in order[: amount - sum(shares)]:
        shares[i] += 1
    return shares


def _checked_total(amount: int, weights: Sequence[int], ranks: Sequence[bytes] | None) -> int:
    total = sum(weights)
    # A float or a fixed-width integer anywhere makes the sum one; both would lose units silently.
    if type(amount) is not int or type(total) is not int:
        raise UnsharableAmount("An amount and its weights are Python integers.", field="weights")
    if amount < 0 or min(weights, default=0) < 0:
        raise UnsharableAmount(field="weights")
    if ranks is not None and len(ranks) != len(weights):
        raise UnsharableAmount("Every weight has one rank.", field="ranks")
    if total == 0:
        raise NothingToShareBy(field="weights")
    return total


def _largest(rest: npt.NDArray[np.int64], count: int, ranks: Sequence[bytes] | None) -> npt.NDArray[np.intp]:
    """Indices of the `count` largest remainders. Only the rows tied at the cut need their ranks compared."""
    cut = np.partition(rest, rest.size - count)[rest.size - count]
    above, tied = np.flatnonzero(rest > cut), np.flatnonzero(rest == cut)
    missing = count - above.size
    if ranks is not None and missing < tied.size:
        tied = tied[_smallest(ranks if tied.size == len(ranks) else [ranks[i] for i in tied.tolist()], missing)]
    return np.concatenate([above, tied[:missing]])


def _smallest(ranks: Sequence[bytes], count: int) -> npt.NDArray[np.intp]:
    """Positions of the `count` smallest ranks, of equal ones the earlier. The first eight bytes mostly decide."""
    if set(map(len, ranks)) != {RANK_BYTES}:
        return np.array(sorted(range(len(ranks)), key=ranks.__getitem__)[:count], dtype=np.intp)
    words = np.frombuffer(b"".join(ranks), dtype=">u8").reshape(-1, RANK_BYTES // 8).astype(np.uint64)
    cut = np.partition(words[:, 0], count - 1)[count - 1]
    reached = np.flatnonzero(words[:, 0] <= cut)
    if reached.size == count:
        return reached
    return np.lexsort(words.T[::-1])[:count]


def format_amount(amount: int, asset: str, *, exact: bool = False) -> str:
    """Base units as people read them: "€31.80", "1,250 DUN", "3 credits".

    Shows two digits, cut and never rounded up; all digits when `exact`, or when two would show nothing of something.

    Raises:
        UnknownAsset
    """
    if asset not in DECIMALS:
        raise UnknownAsset(field="asset")
    decimals = DECIMALS[asset]
    whole, part = divmod(abs(amount), 10**decimals)
    digits = f"{part:0{decimals}d}" if decimals else ""
    if not exact and (whole or not digits or int(digits[:SHOWN_DIGITS]) or not part):
        digits = digits[:SHOWN_DIGITS]
    digits = digits.rstrip("0")
    if asset in SYMBOLS:
        digits = digits.ljust(SHOWN_DIGITS, "0")
    number = f"{whole:,}" + (f".{digits}" if digits else "")
    sign = "−" if amount < 0 else ""
    if asset in SYMBOLS:
        return f"{sign}{SYMBOLS[asset]}{number}"
    unit = ("credit" if abs(amount) == 1 else "credits") if asset == "CREDIT" else asset
    return f"{sign}{number} {unit}"
