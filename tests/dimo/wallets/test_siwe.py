"""A wallet's signature counts for what was asked, here, now, and for nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from dimo.wallets.siwe import (
    AddressNotChecksummed,
    Expected,
    MessageExpired,
    MessageMalformed,
    MessageNeverExpires,
    MessageNotYetValid,
    SignatureMalformed,
    TimeMalformed,
    WalletMessageRefused,
    WrongChain,
    WrongDomain,
    WrongNonce,
    WrongSigner,
    WrongStatement,
    verify,
    write_message,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WALLET = Account.from_key(b"\x01" * 32)
ASKED = Expected("unions.example", "https://unions.example", "Sign in to Commons.", 137, "n0nce4711abc")
# https://eips.ethereum.org/EIPS/eip-4361, its example shortened to what we demand
EXAMPLE = """unions.example wants you to sign in with your Ethereum account:
0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1

Sign in to Commons.

URI: https://unions.example/
Version: 1
Chain ID: 137
Nonce: n0nce4711abc
Issued At: 2026-11-23T12:00:00Z
Expiration Time: 2026-11-23T12:10:00Z"""


def sign(message: str, wallet=WALLET) -> str:
    return "0x" + Account.sign_message(encode_defunct(text=message), wallet.key).signature.hex().removeprefix("0x")


def judge(message: str, *, signature: str | None = None, expected: Expected = ASKED, now: datetime = NOW) -> str:
    return verify(message=message, signature=signature or sign(message), expected=expected, now=now)


def test_the_message_is_written_as_the_standard_prescribes():
    message = write_message(
        expected=ASKED, address=WALLET.address.lower(), now=NOW, expires_at=NOW + timedelta(minutes=10)
    )
    assert message == EXAMPLE


def test_who_signed_what_was_asked_is_known():
    assert judge(EXAMPLE) == WALLET.address


@pytest.mark.parametrize(
    "more",
    [
        "\nNot Before: 2026-11-23T11:59:00Z",
        "\nRequest ID: 7",
        "\nResources:\n- https://unions.example/terms",
        "\nNot Before: 2026-11-23T12:59:00+01:00\nRequest ID: 7\nResources:",
    ],
)
def test_optional_lines_are_understood(more):
    assert judge(EXAMPLE + more) == WALLET.address


def changed(old: str, new: str) -> str:
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new)


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        (changed("unions.example wants", "evil.example wants"), WrongDomain),
        (changed("https://unions.example/", "https://unions.example.evil/"), WrongDomain),
        (changed("https://unions.example/", "https://unions.example@evil.example/"), WrongDomain),
        (changed("https://unions.example/", "https://unions.example:444/"), WrongDomain),
        (changed("https://unions.example/", "http://unions.example/"), WrongDomain),
        (changed("https://unions.example/", "https://[unions.example/"), MessageMalformed),
        ("http://" + EXAMPLE, WrongDomain),
        (changed("n0nce4711abc", "n0nce4711abd"), WrongNonce),
        (changed("Chain ID: 137", "Chain ID: 1"), WrongChain),
        (changed("Sign in to Commons.", "Sign in to Commons and pay."), WrongStatement),
        (changed("Sign in to Commons.\n", ""), WrongStatement),
        (changed(WALLET.address, WALLET.address.lower()), AddressNotChecksummed),
        (changed("\nExpiration Time: 2026-11-23T12:10:00Z", ""), MessageNeverExpires),
        (changed("12:10:00Z", "12:15:01Z"), MessageNeverExpires),
        (changed("12:10:00Z", "12:00:00Z"), MessageExpired),
        (changed("12:00:00Z", "12:00:31Z"), MessageNotYetValid),
        (EXAMPLE + "\nNot Before: 2026-11-23T12:01:00Z", MessageNotYetValid),
        (changed("Issued At: 2026-11-23T12:00:00Z", "Issued At: 2026-11-23T12:00:00"), TimeMalformed),
        (changed("Issued At: 2026-11-23T12:00:00Z", "Issued At: yesterday"), TimeMalformed),
        (changed("12:10:00Z", "25:10:00Z"), TimeMalformed),
        (changed("12:10:00Z", "12:10:00+99:00"), TimeMalformed),
        (EXAMPLE + "\nNot Before: soon", TimeMalformed),
        (changed("Version: 1", "Version: 2"), MessageMalformed),
        (changed("Chain ID: 137", "Chain ID: one"), MessageMalformed),
        (changed("n0nce4711abc", "short"), MessageMalformed),
        (changed("0x1a642f", "0x1a642"), MessageMalformed),
        (EXAMPLE + "\n", MessageMalformed),
        (EXAMPLE + "\nResources:" + "\n- x" * 2000, MessageMalformed),
        ("", MessageMalformed),
    ],
)
def test_what_differs_from_what_was_asked_is_refused(message, refusal):
    with pytest.raises(refusal) as refused:
        judge(message)
    assert type(refused.value) is refusal
    assert refused.value.field == "message"


def test_a_message_is_good_until_its_last_second():
    assert judge(EXAMPLE, now=NOW + timedelta(minutes=10) - timedelta(microseconds=1)) == WALLET.address
    with pytest.raises(MessageExpired):
        judge(EXAMPLE, now=NOW + timedelta(minutes=10))


def test_a_signature_over_other_words_is_somebody_elses():
    with pytest.raises(WrongSigner):
        judge(EXAMPLE, signature=sign(EXAMPLE + " "))


def test_another_account_cannot_sign_for_this_one():
    with pytest.raises(WrongSigner):
        judge(EXAMPLE, signature=sign(EXAMPLE, Account.from_key(b"\x02" * 32)))


@pytest.mark.parametrize(
    "signature",
    ["0x", "0x12", "12" * 65, "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "11" * 64 + "05", "0x" + "zz" * 65, "é" * 132],
)
def test_what_is_no_signature_is_said_to_be_none(signature):
    with pytest.raises(SignatureMalformed):
        judge(EXAMPLE, signature=signature)


@given(st.text(max_size=300), st.text(max_size=140))
def test_nonsense_is_refused_by_name(message, signature):
    with pytest.raises(WalletMessageRefused):
        verify(message=message, signature=signature, expected=ASKED, now=NOW)


@given(st.binary(min_size=65, max_size=65))
def test_any_65_bytes_get_an_answer_by_name(signature):
    with pytest.raises(WalletMessageRefused):
        judge(EXAMPLE, signature="0x" + signature.hex())


@given(st.integers(0, len(EXAMPLE) - 1), st.characters(exclude_characters=""))
def test_no_single_changed_letter_passes_with_the_old_signature(at, letter):
    message = EXAMPLE[:at] + letter + EXAMPLE[at + 1 :]
    if message != EXAMPLE:
        with pytest.raises(WalletMessageRefused):
            judge(message, signature=sign(EXAMPLE))


def test_a_message_for_no_address_is_not_written():
    with pytest.raises(MessageMalformed):
        write_message(expected=ASKED, address="0x12", now=NOW, expires_at=NOW)


def test_the_port_belongs_to_the_domain():
    local = replace(ASKED, domain="127.0.0.1:8000", origin="http://127.0.0.1:8000")
    message = write_message(expected=local, address=WALLET.address, now=NOW, expires_at=NOW + timedelta(minutes=1))
    assert judge(message, expected=local) == WALLET.address
    with pytest.raises(WrongDomain):
        judge(message, expected=replace(local, domain="127.0.0.1:8001", origin="http://127.0.0.1:8001"))
