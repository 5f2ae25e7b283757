"""Sign-In with Ethereum (EIP-4361): write the message a wallet signs, and judge what comes back. Pure.

Stricter than the standard where that costs nobody anything: the message must expire, soon, and say exactly what it
was asked to say. Contract wallets (ERC-1271) are not verified.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys.exceptions import BadSignature
from eth_utils.address import to_checksum_address
from eth_utils.exceptions import ValidationError

from dimo.errors import DomainError

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)"
MESSAGE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<domain>[^\s/?#]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n"
    r"\n(?:(?P<statement>[^\n]+)\n)?\n"
    r"URI: (?P<uri>\S+)\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain_id>[1-9][0-9]{0,17})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,64})\n"
    r"Issued At: (?P<issued_at>\S+)"
    r"(?:\nExpiration Time: (?P<expires_at>\S+))?"
    r"(?:\nNot Before: (?P<not_before>\S+))?"
    r"(?:\nRequest ID: [^\n]*)?"
    r"(?:\nResources:(?:\n- [^\n]+)*)?"
)
SIGNATURE = re.compile(r"0x[0-9a-fA-F]{130}")
LONGEST_MESSAGE = 4000
CLOCK_SKEW = timedelta(seconds=30)
LONGEST_LIFE = timedelta(minutes=15)


class WalletMessageRefused(DomainError):
    """The wallet's message is not acceptable."""

    status: ClassVar[int] = 400


class MessageMalformed(WalletMessageRefused):
    """The message is not written as EIP-4361 prescribes."""


class WrongDomain(WalletMessageRefused):
    """The message was made for another site. Somebody may have shown it to you to sign in as you."""


class WrongStatement(WalletMessageRefused):
    """The message says something else than what was asked."""


class WrongChain(WalletMessageRefused):
    """The message names another chain than was asked."""


class WrongNonce(WalletMessageRefused):
    """The message does not carry the number it was asked to; it may be an old one."""


class AddressNotChecksummed(WalletMessageRefused):
    """The address is not in its EIP-55 spelling."""


class TimeMalformed(WalletMessageRefused):
    """A time in the message is not a date and time with its zone."""


class MessageNeverExpires(WalletMessageRefused):
    """The message must expire within fifteen minutes of being issued."""


class MessageExpired(WalletMessageRefused):
    """The message has expired; ask for a new one."""


class MessageNotYetValid(WalletMessageRefused):
    """The message is dated in the future; check the clock."""


class SignatureMalformed(WalletMessageRefused):
    """A signature is 65 bytes in hexadecimal, with 0x before them."""


class WrongSigner(WalletMessageRefused):
    """The message was signed by another account than it names."""


@dataclass(frozen=True)
class Expected:
    """What the message must say: made when the nonce was given out."""

    domain: str
    origin: str
    statement: str
    chain_id: int
    nonce: str


def write_message(*, expected: Expected, address: str, now: datetime, expires_at: datetime) -> str:
    """The text for a wallet to sign.

    Raises:
        MessageMalformed: the address is none
    """
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", address):
        raise MessageMalformed("An address is 0x and 40 hexadecimal digits.", field="address")
    return (
        f"{expected.domain} wants you to sign in with your Ethereum account:\n{to_checksum_address(address)}\n\n"
        f"{expected.statement}\n\nURI: {expected.origin}/\nVersion: 1\nChain ID: {expected.chain_id}\n"
        f"Nonce: {expected.nonce}\nIssued At: {_written(now)}\nExpiration Time: {_written(expires_at)}"
    )


def verify(*, message: str, signature: str, expected: Expected, now: datetime) -> str:
    """The checksummed address that signed `message`, which must say what was expected and be valid at `now`.

    Raises:
        WalletMessageRefused: one of its kinds, naming the field
    """
    found = MESSAGE.fullmatch(message) if len(message) <= LONGEST_MESSAGE else None
    if found is None:
        raise MessageMalformed(field="message")
    said = found.groupdict()
    _check_words(said, expected)
    _check_times(said, now)
    return _signer(message, signature, said["address"])


def _check_words(said: dict[str, str], expected: Expected) -> None:
    try:
        uri = urlsplit(said["uri"])
        origin = f"{uri.scheme}://{uri.netloc}"
    except ValueError as error:
        raise MessageMalformed("The message's URI is none.", field="message") from error
    scheme = said["scheme"] or urlsplit(expected.origin).scheme
    if said["domain"] != expected.domain or origin != expected.origin or not expected.origin.startswith(f"{scheme}://"):
        raise WrongDomain(field="message")
    if said["nonce"] != expected.nonce:
        raise WrongNonce(field="message")
    if int(said["chain_id"]) != expected.chain_id:
        raise WrongChain(field="message")
    if said["statement"] != expected.statement:
        raise WrongStatement(field="message")
    if to_checksum_address(said["address"]) != said["address"]:
        raise AddressNotChecksummed(field="message")


def _check_times(said: dict[str, str], now: datetime) -> None:
    issued_at = _read(said["issued_at"])
    if said["expires_at"] is None:
        raise MessageNeverExpires(field="message")
    expires_at = _read(said["expires_at"])
    not_before = issued_at if said["not_before"] is None else _read(said["not_before"])
    if expires_at <= now:
        raise MessageExpired(field="message")
    if max(issued_at, not_before) > now + CLOCK_SKEW:
        raise MessageNotYetValid(field="message")
    if expires_at - issued_at > LONGEST_LIFE:
        raise MessageNeverExpires(field="message")


def _signer(message: str, signature: str, address: str) -> str:
    if not SIGNATURE.fullmatch(signature):
        raise SignatureMalformed(field="signature")
    try:
        signer = str(Account.recover_message(encode_defunct(text=message), signature=signature))
    except (BadSignature, ValidationError, ValueError) as error:
        raise SignatureMalformed("No account could have made this signature.", field="signature") from error
    if signer != address:
        raise WrongSigner(field="signature")
    return signer


def _read(text: str) -> datetime:
    if not re.fullmatch(TIME, text):
        raise TimeMalformed(field="message")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeMalformed(field="message") from error


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
