"""secp256k1 signatures traced back to addresses. Pure."""

import re
from functools import lru_cache

import coincurve
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from dimo.errors import DomainError

SIGNATURE = re.compile(r"0x[0-9a-fA-F]{130}")


class BadSignature(DomainError):
    """The signature does not belong to this envelope."""

    status = 401


class Unsigned(BadSignature):
    """The envelope is not signed."""


def signer_of(message: bytes, signature: str) -> str:
    """The EIP-55 address whose key signed the message by EIP-191.

    Raises:
        BadSignature
    """
    return recover(keccak(b"\x19Ethereum Signed Message:\n%d" % len(message) + message), signature)


def recover(digest: bytes, signature: str) -> str:
    if not SIGNATURE.fullmatch(signature):
        raise BadSignature("A signature is 0x and 130 hexadecimal digits.", field="signature")
    rsv = bytes.fromhex(signature[2:])
    v = rsv[64] - 27 if rsv[64] >= 27 else rsv[64]
    if v not in (0, 1):
        raise BadSignature("The signature's last byte is 27 or 28.", field="signature")
    try:
        key = coincurve.PublicKey.from_signature_and_message(rsv[:64] + bytes([v]), digest, hasher=None)
    except Exception as error:  # coincurve raises bare Exception for numbers off the curve
        raise BadSignature("The signature is no point of the curve.", field="signature") from error
    return checksummed(keccak(key.format(compressed=False)[1:])[-20:])


@lru_cache(maxsize=4096)
def checksummed(address: bytes) -> str:
    return to_checksum_address(address)
