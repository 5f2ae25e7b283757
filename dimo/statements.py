"""Statements that the platform signs with its own Ed25519 key, so that anybody can check them without us.

The key derives from the master key; the public half is at `/.well-known/commons-keys.json` (a JWK set, RFC 8037).
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dimo.crypto import subkey

LABEL = "statements"


def private_key(master: bytes | None = None) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(subkey(LABEL, master=master))


def encoded(data: bytes) -> str:
    """Base64url without padding, as JOSE writes bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(statement: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: keys sorted, no spaces, ASCII. Numbers are integers only, so there is one spelling."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def public_jwk(master: bytes | None = None) -> dict[str, str]:
    """The public key as a JWK; its id is the start of the key's own SHA-256."""
    raw = private_key(master).public_key().public_bytes_raw()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "use": "sig",
        "alg": "EdDSA",
        "kid": hashlib.sha256(raw).hexdigest()[:16],
        "x": encoded(raw),
    }


def signed(statement: Mapping[str, Any], *, master: bytes | None = None) -> dict[str, Any]:
    """A statement with the signature over its canonical bytes and the public key that it verifies with."""
    jwk = public_jwk(master)
    value = encoded(private_key(master).sign(canonical(statement)))
    return {"statement": dict(statement), "signature": {"alg": "EdDSA", "kid": jwk["kid"], "value": value}, "key": jwk}
