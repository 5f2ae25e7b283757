"""Signing in and up by email, second factors, lock-out, sessions."""

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client

from dimo.users.adapters import lockout_name
from dimo.users.models import User
from tests.dimo.users.conftest import PASSWORD

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXP"


def sign_in(client: Client, email: str = "ada@example.org", password: str = PASSWORD):
    return client.post("/account/login/", {"login": email, "password": password})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def code_now() -> str:
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@Example.org"])
def test_the_right_password_signs_in_whatever_the_case_of_the_email(client: Client, user: User, email: str) -> None:
    assert sign_in(client, email).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_wrong_password_and_an_unknown_email_read_the_same(client: Client, user: User) -> None:
    def errors(email: str) -> str:
        page = sign_in(client, email, "wrong").content.decode()
        return re.sub(r'value="[^"]*"', "", re.search(r'<div class="notice bad.*?</div>', page, re.S)[0])

    assert errors("ada@example.org") == errors("nobody@example.org")
    assert not is_signed_in(client)


def test_the_tenth_failure_pauses_sign_in_with_a_page_that_says_so(client: Client, user: User) -> None:
    answers = [sign_in(client, password="wrong") for _ in range(10)]
    assert [answer.status_code for answer in answers] == [200] * 9 + [429]
    assert b"Sign-in is paused" in answers[-1].content
    assert sign_in(client).status_code == 429
    assert not is_signed_in(client)


def test_a_pause_counts_an_email_in_any_spelling_and_no_other(client: Client, user: User) -> None:
    for number in range(10):
        sign_in(client, "ada@example.org" if number % 2 else "Ada@Example.ORG", "wrong")
    assert sign_in(client).status_code == 429
    User.objects.create_user("eve@example.org", PASSWORD)
    assert sign_in(Client(), "eve@example.org").status_code == 302


@pytest.mark.parametrize("credentials", [{"email": " Ada@Example.ORG"}, {"username": "ADA@example.org "}, None])
def test_failures_are_counted_under_one_spelling(rf, credentials) -> None:
    request = rf.post("/account/login/", {"login": " aDa@example.org"})
    assert lockout_name(request, credentials) == "ada@example.org"


def test_signing_up_makes_one_account_per_email(client: Client, user: User) -> None:
    made = client.post("/account/signup/", {"email": "new@example.org", "password1": "a long enough phrase"})
    assert made.status_code == 302
    assert User.objects.get(email="new@example.org").has_usable_password()
    Client().post("/account/signup/", {"email": "ADA@example.org", "password1": "a long enough phrase"})
    assert User.objects.filter(email__iexact="ada@example.org").count() == 1


def test_a_password_that_everybody_uses_is_refused(client: Client) -> None:
    response = client.post("/account/signup/", {"email": "new@example.org", "password1": "password"})
    assert b"too common" in response.content
    assert not User.objects.exists()


def test_a_forgotten_password_is_set_anew_by_a_letter_that_works_once(client: Client, user: User) -> None:
    client.post("/account/password/reset/", {"email": "ada@example.org"})
    (letter,) = mail.outbox
    assert letter.subject.startswith("Commons: ")
    link = re.search(r"http://testserver(/account/password/reset/key/\S+)", letter.body)[1]
    form = client.get(link, follow=True)
    where = form.redirect_chain[-1][0]
    client.post(where, {"password1": "another long phrase", "password2": "another long phrase"})
    assert sign_in(Client(), password="another long phrase").status_code == 302
    assert b"Bad Token" in Client().get(link, follow=True).content


def test_an_authenticator_app_is_asked_after_the_password(client: Client, user: User) -> None:
    TOTP.activate(user, SECRET)
    assert sign_in(client)["Location"] == "/account/2fa/authenticate/"
    assert not is_signed_in(client)
    assert client.get("/account/2fa/authenticate/").status_code == 200
    client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert not is_signed_in(client)
    client.post("/account/2fa/authenticate/", {"code": code_now()})
    assert is_signed_in(client)


def test_the_apps_secret_is_sealed_in_the_database(user: User) -> None:
    TOTP.activate(user, SECRET)
    assert SECRET not in str(Authenticator.objects.get(user=user).data)


def test_a_frozen_person_cannot_sign_in(client: Client, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    sign_in(client)
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "path",
    ["login/", "signup/", "password/reset/", "password/reset/done/", "inactive/", "confirm-email/"],
)
def test_pages_for_visitors_are_drawn_in_our_shell(client: Client, path: str) -> None:
    page = client.get(f"/account/{path}")
    assert page.status_code == 200
    assert b"tokens.css" in page.content
    assert page.content.count(b"<h1>") == 1


@pytest.mark.parametrize(
    "path",
    [
        "logout/",
        "email/",
        "password/change/",
        "sessions/",
        "2fa/",
        "2fa/totp/activate/",
        "2fa/webauthn/",
        "2fa/webauthn/add/",
    ],
)
def test_pages_for_members_are_drawn_in_our_shell(client: Client, user: User, path: str) -> None:
    sign_in(client)
    assert client.get("/account/reauthenticate/").status_code == 200
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    page = client.get(f"/account/{path}")
    assert page.status_code == 200
    assert b"tokens.css" in page.content
    assert page.content.count(b"<h1>") == 1


def test_other_sessions_can_be_ended(client: Client, user: User) -> None:
    elsewhere = Client()
    for browser in (client, elsewhere):
        sign_in(browser)
        browser.get("/settings/")
    client.post("/account/sessions/")
    assert client.get("/settings/").status_code == 200
    assert elsewhere.get("/settings/").status_code == 302
