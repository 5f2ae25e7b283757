"""Signed envelopes: what was measured, under a device's own key.

device = DeviceClient(key=bytes.fromhex("…"), subject="urn:uuid:…")
device.signed([{"name": "speed", "timestamp": "2026-11-22T12:00:01Z", "value": 55.0}])
"""

import itertools
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import coincurve
import rfc8785
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

CHAIN = 31337
JSON = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


def sign_text(key: coincurve.PrivateKey, message: bytes) -> str:
    """The EIP-191 signature of a message, as 0x and 130 digits."""
    digest = keccak(b"\x19Ethereum Signed Message:\n%d" % len(message) + message)
    rsv = key.sign_recoverable(digest, hasher=None)
    return "0x" + (rsv[:64] + bytes([rsv[64] + 27])).hex()


class DeviceClient:
    """Holds a device's key and the next sequence number."""

    def __init__(self, *, key: bytes, subject: str = "", sequence: int = 1, source: str = "") -> None:
        self.key = coincurve.PrivateKey(key)
        self.address = to_checksum_address(keccak(self.key.public_key.format(compressed=False)[1:])[-20:])
        self.subject, self.source = subject, source or self.address
        self.numbers: Iterator[int] = itertools.count(sequence)

    def answer(self, challenge: str) -> str:
        """The signature that registers this device."""
        return sign_text(self.key, challenge.encode())

    def event(
        self, signals: Sequence[Mapping[str, Any]], *, at: datetime | None = None, **members: Any
    ) -> dict[str, Any]:
        """An envelope without signature; `members` replace or, when None, remove what would stand there."""
        now = (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
        event = {
            "specversion": "1.0",
            "type": "dimo.status",
            "id": secrets.token_hex(12),
            "source": self.source,
            "producer": f"did:ethr:{CHAIN}:{self.address}",
            "subject": self.subject,
            "time": now,
            "datacontenttype": "application/json",
            "dataversion": "default/v1.0",
            "sequence": str(next(self.numbers)),
            "signedat": now,
            "data": {"signals": [dict(signal) for signal in signals]},
        } | members
        return {name: value for name, value in event.items() if value is not None}

    def sign(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The envelope with its signature over every other member."""
        unsigned = {name: value for name, value in event.items() if name != "signature"}
        return unsigned | {"signature": sign_text(self.key, rfc8785.dumps(unsigned))}

    def signed(self, signals: Sequence[Mapping[str, Any]], **members: Any) -> dict[str, Any]:
        return self.sign(self.event(signals, **members))
