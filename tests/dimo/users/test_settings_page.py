"""The settings pages: profile, sign-in methods, wallets, API keys."""

import re

import pytest
from django.test import Client
from rest_framework.test import APIClient

from dimo.api import keys
from dimo.api.models import ApiKey
from dimo.users import profile
from dimo.users.models import User
from dimo.wallets.models import Wallet

pytestmark = pytest.mark.django_db
KEY = re.compile(r"du_live_[0-9a-f]{12}_[A-Za-z0-9]{43}")


@pytest.mark.parametrize("path", ["/settings/", "/settings/keys/"])
def test_strangers_are_sent_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"].startswith("/account/login/?next=")
    assert client.post(path)["Location"].startswith("/account/login/?next=")


def test_the_page_shows_what_somebody_has(signed_in: Client, user: User) -> None:
    Wallet.objects.create(user=user, address="0x" + "aB" * 20)
    neighbor = User.objects.create_user("eve@example.org")
    Wallet.objects.create(user=neighbor, address="0x" + "cD" * 20)
    page = signed_in.get("/settings/").content.decode()
    assert "ada@example.org" in page
    assert "0xaBaB…BaB" not in page
    assert "0xaBaB…aBaB" in page
    assert "0xcDcD" not in page


def test_name_and_zone_are_changed(signed_in: Client, user: User) -> None:
    response = signed_in.post("/settings/", {"name": "  Ada   Lovelace ", "timezone": "Europe/Berlin"})
    user.refresh_from_db()
    assert (response.status_code, user.name, user.timezone) == (302, "Ada Lovelace", "Europe/Berlin")


@pytest.mark.parametrize("values", [{"name": "x" * 81, "timezone": "UTC"}, {"name": "", "timezone": "Mars/Base"}])
def test_a_value_that_cannot_be_is_refused_beside_its_field(signed_in: Client, user: User, values: dict) -> None:
    response = signed_in.post("/settings/", values)
    assert response.status_code == 400
    assert b'class="error"' in response.content
    user.refresh_from_db()
    assert (user.name, user.timezone) == ("Ada King", "UTC")


def test_the_rule_refuses_what_a_form_might_let_pass(user: User) -> None:
    with pytest.raises(profile.TimezoneUnknown):
        profile.change_profile(user=user, name="", timezone="../etc/passwd")
    with pytest.raises(profile.NameTooLong):
        profile.change_profile(user=user, name="x" * 81, timezone="UTC")


def test_a_new_key_is_shown_once_and_works(signed_in: Client, user: User) -> None:
    response = signed_in.post("/settings/keys/", {"label": "Notebook", "scopes": ["buyer"], "lasts": "30"})
    text = KEY.search(response.content.decode())[0]
    assert "no-store" in response["Cache-Control"]
    assert keys.find_key(text=text, now=ApiKey.objects.get().created_at).user == user
    assert not KEY.search(signed_in.get("/settings/keys/").content.decode())
    key = ApiKey.objects.get()
    assert (key.expires_at - key.created_at).days in (29, 30)


@pytest.mark.parametrize(
    "values",
    [
        {"label": "", "scopes": ["buyer"], "lasts": "90"},
        {"label": "n", "scopes": [], "lasts": "90"},
        {"label": "n", "scopes": ["root"], "lasts": "90"},
        {"label": "n", "scopes": ["buyer"], "lasts": "9999"},
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(signed_in: Client, values: dict) -> None:
    response = signed_in.post("/settings/keys/", values)
    assert response.status_code == 400
    assert not ApiKey.objects.exists()


def test_a_key_may_be_made_to_work_until_revoked(signed_in: Client) -> None:
    signed_in.post("/settings/keys/", {"label": "Notebook", "scopes": ["buyer"], "lasts": "never"})
    assert ApiKey.objects.get().expires_at is None


def test_a_replaced_key_stops_and_its_successor_is_shown(signed_in: Client, user: User) -> None:
    old, old_text = keys.issue_key(user=user, label="n", scopes=["buyer"])
    page = signed_in.post(f"/settings/keys/{old.pk}/rotate/").content.decode()
    new_text = KEY.search(page)[0]
    assert [ask(text) for text in (old_text, new_text)] == [401, 200]


def test_a_revoked_key_stops(signed_in: Client, user: User) -> None:
    key, text = keys.issue_key(user=user, label="n", scopes=["buyer"])
    assert signed_in.post(f"/settings/keys/{key.pk}/revoke/").status_code == 302
    assert ask(text) == 401
    assert b"Revoked" in signed_in.get("/settings/keys/").content


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_a_neighbors_key_is_not_found(signed_in: Client, verb: str) -> None:
    key, _ = keys.issue_key(user=User.objects.create_user("eve@example.org"), label="n", scopes=["buyer"])
    assert signed_in.post(f"/settings/keys/{key.pk}/{verb}/").status_code == 404
    assert ApiKey.objects.get().revoked_at is None


def test_reading_changes_nothing(signed_in: Client, user: User) -> None:
    key, _ = keys.issue_key(user=user, label="n", scopes=["buyer"])
    assert signed_in.get(f"/settings/keys/{key.pk}/revoke/").status_code == 405


def ask(text: str) -> int:
    return APIClient().get("/api/schema/", HTTP_AUTHORIZATION=f"Bearer {text}").status_code
