"""Keys derived from the one master key, and what is made with them: sealed fields, pseudonyms, VIN tags.

The functions that take `master` are pure; without it the running system's MASTER_KEY is used.
"""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dimo.errors import DomainError

VERSION = b"\x01"
NONCE_BYTES = 12


class SealBroken(DomainError):
    """A sealed value was changed, moved to another place, or sealed under another key."""

    status = 409


def master_key() -> bytes:
    """The 32 bytes that everything derives from."""
    from django.conf import settings  # here, so that the pure functions need no Django

    return bytes.fromhex(settings.MASTER_KEY)


def derive(*, master: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 with a salt of 32 zero bytes, 32 bytes long (RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=bytes(32), info=info).derive(master)


def subkey(label: str, *, context: bytes = b"", master: bytes | None = None) -> bytes:
    """32 bytes for one use, named by its label; `context` separates instances of that use."""
    return derive(master=master or master_key(), info=b"commons/" + label.encode() + b"\0" + context)


def license_key(*, union: str, license: str, epoch: str, master: bytes | None = None) -> bytes:
    """The key under which one license's pseudonyms of one epoch are made (docs/privacy.md)."""
    return derive(master=master or master_key(), info=f"{union}|{license}|{epoch}".encode())


def pid_under(key: bytes, salt_v: bytes) -> str:
    """20 base32 letters, 100 bits. For many vehicles derive `license_key` once and call this per vehicle."""
    return base64.b32encode(hmac.digest(key, salt_v, hashlib.sha256)).decode()[:20]


def pid(*, union: str, license: str, epoch: str, salt_v: bytes, master: bytes | None = None) -> str:
    """A vehicle's pseudonym in one license and epoch; equal nowhere else, and lost with `salt_v`."""
    return pid_under(license_key(union=union, license=license, epoch=epoch, master=master), salt_v)


def vin_tag(vin: str, *, key: bytes | None = None) -> bytes:
    """32 bytes that are equal for equal VINs and say nothing without the key (a serial has only six digits)."""
    return hmac.digest(key or subkey("vin-tag"), vin.strip().upper().encode(), hashlib.sha256)


def seal(plain: bytes, *, label: str, place: bytes = b"", master: bytes | None = None) -> bytes:
    """AES-256-GCM under the label's own key, bound to `place` (for example table and row)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return VERSION + nonce + AESGCM(subkey(f"seal/{label}", master=master)).encrypt(nonce, plain, place)


def unseal(sealed: bytes, *, label: str, place: bytes = b"", master: bytes | None = None) -> bytes:
    """The plain bytes of `seal` with the same label and place.

    Raises:
        SealBroken
    """
    version, nonce, text = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if version != VERSION or len(text) < 16:
        raise SealBroken
    try:
        return AESGCM(subkey(f"seal/{label}", master=master)).decrypt(nonce, text, place)
    except InvalidTag as error:
        raise SealBroken from error
