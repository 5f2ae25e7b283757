"""From the browser's wallet to a linked account or a session, over the real doors."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from eth_account import Account
from eth_account.messages import encode_defunct

from dimo.audit.models import AuditEvent
from dimo.users.models import User
from dimo.wallets import linking
from dimo.wallets.models import Wallet
from tests.dimo.ledger.parties import at_once

pytestmark = pytest.mark.django_db
WALLET, OTHER = Account.from_key(b"\x01" * 32), Account.from_key(b"\x02" * 32)


@pytest.fixture
def user():
    return User.objects.create_user("ada@example.org", "correct horse battery")


@pytest.fixture
def signed_in(client, user):
    client.force_login(user)
    return client


def send(client: Client, door: str, body: object):
    return client.post(reverse(door), json.dumps(body), content_type="application/json")


def ask(client: Client, purpose: str, wallet=WALLET) -> str:
    answer = send(client, "wallet-nonce", {"purpose": purpose, "address": wallet.address, "chain_id": 1})
    assert answer.status_code == 200
    return answer.json()["message"]


def signed(message: str, wallet=WALLET) -> dict[str, str]:
    signature = Account.sign_message(encode_defunct(text=message), wallet.key).signature.hex()
    return {"message": message, "signature": "0x" + signature.removeprefix("0x")}


def link(client: Client, wallet=WALLET):
    return send(client, "wallet-link", signed(ask(client, "link", wallet), wallet))


def refused(answer, status: int, code: str) -> bool:
    assert answer["Content-Type"] == "application/problem+json"
    return (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_wallet_is_linked_by_signing(signed_in, user):
    answer = link(signed_in)
    assert answer.status_code == 201
    assert answer.json()["address"] == WALLET.address
    assert user.wallets.get().address == WALLET.address
    assert AuditEvent.objects.get(action="wallet.linked").subject == user


def test_linking_again_changes_nothing_and_several_are_possible(signed_in, user):
    assert link(signed_in).json() == link(signed_in).json()
    link(signed_in, OTHER)
    assert user.wallets.count() == 2


def test_a_wallet_belongs_to_one_person(signed_in):
    Wallet.objects.create(user=User.objects.create_user("bob@example.org"), address=WALLET.address)
    assert refused(link(signed_in), 409, "wallet_taken")


def test_there_is_an_end_to_the_number_of_wallets(signed_in, user):
    Wallet.objects.bulk_create(Wallet(user=user, address=f"0x{n:040x}") for n in range(linking.MOST_WALLETS))
    assert refused(link(signed_in), 409, "too_many_wallets")


def test_a_message_is_answered_once(signed_in, user):
    answer = signed(ask(signed_in, "link"))
    assert send(signed_in, "wallet-link", answer).status_code == 201
    user.wallets.all().delete()
    assert refused(send(signed_in, "wallet-link", answer), 400, "nothing_asked")
    assert not user.wallets.exists()


def test_a_failed_answer_uses_the_message_up(signed_in):
    message = ask(signed_in, "link")
    wrong = {**signed(message), "signature": signed(message, OTHER)["signature"]}
    assert refused(send(signed_in, "wallet-link", wrong), 400, "wrong_signer")
    assert refused(send(signed_in, "wallet-link", signed(message)), 400, "nothing_asked")


def test_a_message_for_linking_does_not_sign_in_and_the_reverse(signed_in):
    assert refused(send(signed_in, "wallet-sign-in", signed(ask(signed_in, "link"))), 400, "nothing_asked")
    assert refused(send(signed_in, "wallet-link", signed(ask(signed_in, "sign-in"))), 400, "nothing_asked")


def test_a_message_of_another_session_is_refused(signed_in, user):
    thief = Client()
    ask(thief, "sign-in")
    assert refused(send(thief, "wallet-sign-in", signed(ask(signed_in, "sign-in"))), 400, "wrong_nonce")


def test_an_older_message_of_the_session_is_refused(signed_in):
    older = ask(signed_in, "link")
    ask(signed_in, "link")
    assert refused(send(signed_in, "wallet-link", signed(older)), 400, "wrong_nonce")


def test_a_question_dies_after_ten_minutes(signed_in, monkeypatch):
    monkeypatch.setattr("dimo.wallets.nonces.LIFE", -linking.siwe.CLOCK_SKEW)
    assert refused(link(signed_in), 400, "nothing_asked")


@pytest.mark.django_db(transaction=True)
def test_of_racing_answers_one_takes_the_question(signed_in):
    answer = signed(ask(signed_in, "link"))
    cookies = signed_in.cookies

    def race(number: int) -> int:
        racer = Client()
        racer.cookies = cookies
        return send(racer, "wallet-link", answer).status_code

    assert sorted(at_once(6, race)) == [201] + [400] * 5


def test_one_signs_in_with_a_linked_wallet(client, user):
    Wallet.objects.create(user=user, address=WALLET.address)
    answer = send(client, "wallet-sign-in", signed(ask(client, "sign-in")) | {"next": "/settings/"})
    assert answer.json() == {"next": "/settings/"}
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", 7, None])
def test_signing_in_leads_nowhere_else(client, user, next_page):
    Wallet.objects.create(user=user, address=WALLET.address)
    answer = send(client, "wallet-sign-in", signed(ask(client, "sign-in")) | {"next": next_page})
    assert answer.json() == {"next": "/"}


def test_a_second_factor_is_still_asked_for(client, user):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(user, generate_totp_secret())
    Wallet.objects.create(user=user, address=WALLET.address)
    answer = send(client, "wallet-sign-in", signed(ask(client, "sign-in")))
    assert answer.json()["next"].startswith(reverse("mfa_authenticate"))
    assert "_auth_user_id" not in client.session


def test_who_is_switched_off_does_not_come_in_by_wallet(client, user):
    Wallet.objects.create(user=user, address=WALLET.address)
    User.objects.update(is_active=False)
    send(client, "wallet-sign-in", signed(ask(client, "sign-in")))
    assert "_auth_user_id" not in client.session


def test_an_unknown_wallet_signs_nobody_in(client):
    assert refused(send(client, "wallet-sign-in", signed(ask(client, "sign-in"))), 403, "wallet_not_linked")


def test_strangers_link_nothing(client):
    assert refused(link(client), 401, "signed_out")


def test_a_wallet_is_unlinked_by_its_owner_alone(signed_in, user):
    link(signed_in)
    wallet = user.wallets.get()
    neighbor = Client()
    neighbor.force_login(User.objects.create_user("bob@example.org"))
    door = reverse("wallet-unlink", args=[wallet.pk])
    assert neighbor.post(door).status_code == 404
    assert Client().post(door)["Location"].startswith("/account/login/")
    assert signed_in.get(door).status_code == 405
    assert user.wallets.exists()
    assert signed_in.post(door)["Location"] == reverse("settings")
    assert not user.wallets.exists()
    assert AuditEvent.objects.filter(action="wallet.unlinked", object_id=str(wallet.pk)).exists()


@pytest.mark.parametrize("door", ["wallet-nonce", "wallet-link", "wallet-sign-in"])
def test_another_sites_form_is_refused(user, door):
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(user)
    assert send(guarded, door, {}).status_code == 403
    assert guarded.get(reverse(door)).status_code == 405


@pytest.mark.parametrize("body", ["", "{", "[]", "7", b"\xff", '{"purpose": "steal"}', '{"purpose": ["link"]}'])
def test_what_is_no_request_is_refused(client, body):
    answer = client.post(reverse("wallet-nonce"), body, content_type="application/json")
    assert refused(answer, 400, "wallet_request_malformed")


@pytest.mark.parametrize(
    ("change", "field"),
    [({"chain_id": 0}, "chain_id"), ({"chain_id": "1"}, "chain_id"), ({"chain_id": 10**30}, "chain_id"),
     ({"chain_id": True}, "chain_id"), ({"address": 7}, "address"), ({"address": "0x"}, "address"),
     ({"address": "\0"}, "address")],
)  # fmt: skip
def test_a_field_at_fault_is_named(client, change, field):
    answer = send(client, "wallet-nonce", {"purpose": "link", "address": WALLET.address, "chain_id": 1} | change)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
