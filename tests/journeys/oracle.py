"""What each member should have got, computed a second time from the delivered Parquet and the price alone.

Written from the documents, with the standard library and pyarrow; nothing of the platform's own arithmetic is used.
"""

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq


def pseudonym(*, master: bytes, union: str, license: str, epoch: str, salt: bytes) -> str:
    """HKDF-SHA256 (RFC 5869) of the master key, then base32 of HMAC-SHA256 over the vehicle's salt, 20 letters."""
    extracted = hmac.new(bytes(32), master, hashlib.sha256).digest()
    key = hmac.new(extracted, f"{union}|{license}|{epoch}".encode() + b"\x01", hashlib.sha256).digest()
    return base64.b32encode(hmac.new(key, salt, hashlib.sha256).digest()).decode()[:20]


def rows_by_pseudonym(file: Path) -> Counter[str]:
    return Counter(pq.read_table(file, columns=["pid"])["pid"].to_pylist())


def weights(rows: Mapping[str, int], rule: str) -> dict[str, int]:
    """`equal`: one each. `rows_capped`: rows, at most the value that 95 % of the vehicles do not exceed."""
    if rule == "equal":
        return dict.fromkeys(rows, 1)
    ordered = sorted(rows.values())
    cap = next(value for value in ordered if sum(other <= value for other in ordered) * 100 >= 95 * len(ordered))
    return {name: min(count, cap) for name, count in rows.items()}


def shares(amount: int, weight: Mapping[str, int], sale: str) -> dict[str, int]:
    """Largest remainder: everybody the whole units of their exact part, the missing ones to the largest fractions."""
    total = sum(weight.values())
    exact = {name: Fraction(amount * each, total) for name, each in weight.items()}
    paid = {name: part.numerator // part.denominator for name, part in exact.items()}
    missing = amount - sum(paid.values())

    def turn(name: str) -> tuple[Fraction, bytes]:
        return (paid[name] - exact[name], hashlib.sha256(f"{sale}|{name}".encode()).digest())

    for name in sorted(weight, key=turn)[:missing]:
        paid[name] += 1
    return paid
