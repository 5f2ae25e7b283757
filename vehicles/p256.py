"""ECDSA signatures on P-256, the curve of phones' keystores, checked against the key that a did:key spells. Pure."""

import re
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from vehicles.signatures import BadSignature

DID_KEY: Final = re.compile(r"did:key:z(Dn[1-9A-HJ-NP-Za-km-z]{46})")
SIGNATURE = re.compile(r"0x([0-9a-fA-F]{64})([0-9a-fA-F]{64})")
MULTICODEC = b"\x80\x24"  # p256-pub, 0x1200, as a varint
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DIGITS = {digit: value for value, digit in enumerate(BASE58)}
ALGORITHM = ec.ECDSA(SHA256())


def check(*, did: str, message: bytes, signature: str) -> None:
    """Refuse what the key that `did` spells did not sign. A signature is 0x and 128 digits: r, and s in its lower half.

    Of the two numbers s that fit every message only the lower is taken, so that nobody can write a second signature.

    Raises:
        BadSignature
    """
    key = key_of(did)
    if not (found := SIGNATURE.fullmatch(signature)):
        raise BadSignature("A signature by a P-256 key is 0x and 128 hexadecimal digits.", field="signature")
    r, s = int(found[1], 16), int(found[2], 16)
    if not (0 < r < ORDER and 0 < s <= ORDER // 2):
        raise BadSignature("The signature's s is above half of the curve's order, or a number is 0.", field="signature")
    try:
        key.verify(encode_dss_signature(r, s), message, ALGORITHM)
    except InvalidSignature as error:
        raise BadSignature(
            "The signature is not the producer's, or what it signs was changed.", field="signature"
        ) from error


@lru_cache(maxsize=4096)
def key_of(did: str) -> ec.EllipticCurvePublicKey:
    """The public key that `did:key:zDn…` spells: base58btc of the multicodec and the compressed point.

    Raises:
        BadSignature
    """
    if not (found := DID_KEY.fullmatch(did)):
        raise BadSignature("A P-256 key is named by did:key:zDn… and 46 further digits of base58.", field="producer")
    number = 0
    for digit in found[1]:
        number = number * 58 + DIGITS[digit]
    spelled = number.to_bytes(36, "big")  # 48 digits may say a little more than the 35 bytes there are
    if spelled[:1] != b"\0" or spelled[1:3] != MULTICODEC or spelled[3] not in (2, 3):
        raise BadSignature("The producer is no compressed P-256 key.", field="producer")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), spelled[3:])
    except ValueError as error:
        raise BadSignature("The producer's key is no point of the curve.", field="producer") from error


def did_of(key: ec.EllipticCurvePublicKey) -> str:
    """How a P-256 key is spelled."""
    numbers = key.public_numbers()
    number = int.from_bytes(MULTICODEC + bytes([2 + numbers.y % 2]) + numbers.x.to_bytes(32, "big"), "big")
    digits = ""
    while number:
        number, rest = divmod(number, 58)
        digits = BASE58[rest] + digits
    return f"did:key:z{digits}"
