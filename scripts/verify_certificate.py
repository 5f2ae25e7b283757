#!/usr/bin/env python3
"""Check an erasure certificate offline: `verify_certificate.py CERTIFICATE.json [KEYS.json]`.

KEYS.json is the issuer's public key set, from `/.well-known/commons-keys.json`. Without it the key inside the
certificate is used: that shows that nothing was changed since it was signed, and not by whom.
Needs Python 3 and the package `cryptography`, and nothing of the platform's own code.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_bytes(statement: dict[str, Any]) -> bytes:
    return json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def key_for(certificate: dict[str, Any], keys: dict[str, Any] | None) -> bytes:
    kid = certificate["signature"]["kid"]
    known = keys["keys"] if keys is not None else [certificate["key"]]
    for key in known:
        if key["kid"] == kid and key["kty"] == "OKP" and key["crv"] == "Ed25519":
            return decoded(key["x"])
    raise LookupError(f"no key {kid} in the key set")


def main(arguments: list[str]) -> int:
    if not 1 <= len(arguments) <= 2:
        say(__doc__ or "")
        return 2
    try:
        certificate, *others = [json.loads(Path(name).read_text("utf-8")) for name in arguments]
        statement = certificate["statement"]
        if certificate["signature"]["alg"] != "EdDSA" or statement["type"] != "commons.erasure-certificate":
            raise LookupError("not an erasure certificate")
        public = Ed25519PublicKey.from_public_bytes(key_for(certificate, others[0] if others else None))
        public.verify(decoded(certificate["signature"]["value"]), signed_bytes(statement))
    except InvalidSignature:
        say("BAD: the signature does not fit what the certificate says.")
        return 1
    except (KeyError, LookupError, TypeError, ValueError, OSError) as error:
        say(f"BAD: {error}")
        return 1
    say(f"GOOD: {statement['id']}, {statement['scope']}, done at {statement['done_at']}")
    for name, count in statement["erased"].items():
        say(f"  {count:>12,} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
