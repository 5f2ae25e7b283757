"""API keys: shown once, kept as a hash, bounded by scopes, ended at any time."""

from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from dimo.api import keys
from dimo.api.models import ApiKey
from dimo.users.models import User

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def asks(text: str) -> int:
    return APIClient().get("/api/v1/echo/", HTTP_AUTHORIZATION=f"Bearer {text}").status_code


def test_a_key_signs_its_owner_in(user: User) -> None:
    _, text = keys.issue_key(user=user, label="notebook", scopes=["buyer"])
    response = APIClient().get("/api/v1/echo/", HTTP_AUTHORIZATION=f"Bearer {text}")
    assert response.json() == {"hello": user.pk}


def test_the_secret_is_stored_nowhere(user: User) -> None:
    key, text = keys.issue_key(user=user, label="notebook", scopes=["buyer"])
    secret = text.removeprefix(f"du_live_{key.prefix}_")
    assert text.startswith("du_live_")
    assert len(secret) == 43
    row = ApiKey.objects.values_list().get(pk=key.pk)
    assert not any(secret in str(value) or secret.encode() in bytes(str(value), "utf-8") for value in row)
    assert bytes(key.secret_sha256) == keys.secret_hash(secret)


def test_two_keys_are_never_alike(user: User) -> None:
    texts = {keys.issue_key(user=user, label="n", scopes=["buyer"])[1] for _ in range(10)}
    assert len(texts) == 10


@pytest.mark.parametrize("spoil", [
    lambda text: text[:-1] + ("a" if text[-1] != "a" else "b"),
    lambda text: text[:-1],
    lambda text: text.replace("du_live_", "du_test_"),
    lambda text: "du_live_" + "0" * 12 + text[20:],
    lambda text: "du_live_",
    lambda text: "du_live_x_\0",
    lambda text: "\xe9" * 20,
])  # fmt: skip
def test_a_key_that_is_not_exactly_right_is_refused(user: User, spoil) -> None:
    _, text = keys.issue_key(user=user, label="notebook", scopes=["buyer"])
    assert asks(text) == 200
    assert asks(spoil(text)) == 401


def test_a_header_of_another_shape_is_explained(user: User) -> None:
    response = APIClient().get("/api/v1/echo/", HTTP_AUTHORIZATION="Bearer a b")
    assert (response.status_code, response.json()["code"]) == (401, "key_malformed")


def test_a_revoked_key_stops_at_once_and_revoking_again_changes_nothing(user: User) -> None:
    key, text = keys.issue_key(user=user, label="notebook", scopes=["buyer"])
    first = keys.revoke_key(user=user, key_id=key.pk, now=NOW)
    again = keys.revoke_key(user=user, key_id=key.pk, now=NOW + timedelta(days=1))
    assert asks(text) == 401
    assert first.revoked_at == again.revoked_at == NOW


def test_an_expired_key_is_refused_from_its_last_moment_on(user: User) -> None:
    end = NOW + timedelta(days=30)
    _, text = keys.issue_key(user=user, label="notebook", scopes=["buyer"], expires_at=end, now=NOW)
    assert keys.find_key(text=text, now=end - timedelta(microseconds=1))
    with pytest.raises(keys.KeyRefused):
        keys.find_key(text=text, now=end)


def test_a_frozen_persons_key_is_refused(user: User) -> None:
    _, text = keys.issue_key(user=user, label="notebook", scopes=["buyer"])
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert asks(text) == 401


def test_a_successor_has_the_same_scopes_and_the_old_key_ends(user: User) -> None:
    old, old_text = keys.issue_key(user=user, label="notebook", scopes=["buyer", "driver"])
    new, new_text = keys.rotate_key(user=user, key_id=old.pk)
    assert (new.label, new.scopes) == ("notebook", ["buyer", "driver"])
    assert (asks(old_text), asks(new_text)) == (401, 200)
    with pytest.raises(keys.KeyRevoked):
        keys.rotate_key(user=user, key_id=old.pk)


def test_an_overlap_lets_the_old_key_work_until_it_ends(user: User) -> None:
    old, text = keys.issue_key(user=user, label="notebook", scopes=["buyer"], now=NOW)
    keys.rotate_key(user=user, key_id=old.pk, overlap=timedelta(hours=1), now=NOW)
    assert keys.find_key(text=text, now=NOW + timedelta(minutes=59)).pk == old.pk
    with pytest.raises(keys.KeyRefused):
        keys.find_key(text=text, now=NOW + timedelta(hours=1))


def test_nobody_ends_or_replaces_anothers_key(user: User) -> None:
    key, text = keys.issue_key(user=user, label="notebook", scopes=["buyer"])
    neighbor = User.objects.create_user("eve@example.org")
    for act in (keys.revoke_key, keys.rotate_key):
        with pytest.raises(keys.KeyNotFound):
            act(user=neighbor, key_id=key.pk)
    assert asks(text) == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scopes": []}, keys.ScopeUnknown),
        ({"scopes": ["buyer", "root"]}, keys.ScopeUnknown),
        ({"label": "  "}, keys.KeyLabelMissing),
        ({"label": "x" * 81}, keys.KeyLabelMissing),
        ({"expires_at": NOW}, keys.KeyExpiryPassed),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(user: User, changes, error) -> None:
    with pytest.raises(error):
        keys.issue_key(**{"user": user, "label": "n", "scopes": ["buyer"], "now": NOW, **changes})
    assert not ApiKey.objects.exists()


def test_fifty_working_keys_are_enough(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "KEYS_PER_USER", 2)
    first, _ = keys.issue_key(user=user, label="1", scopes=["buyer"])
    keys.issue_key(user=user, label="2", scopes=["buyer"])
    with pytest.raises(keys.TooManyKeys):
        keys.issue_key(user=user, label="3", scopes=["buyer"])
    keys.revoke_key(user=user, key_id=first.pk)
    assert keys.issue_key(user=user, label="3", scopes=["buyer"])


def test_use_is_noted_coarsely(user: User) -> None:
    key, _ = keys.issue_key(user=user, label="n", scopes=["buyer"])
    keys.note_use(key=key, now=NOW)
    for later, noted in ((timedelta(minutes=4), NOW), (timedelta(minutes=6), NOW + timedelta(minutes=6))):
        key.refresh_from_db()
        keys.note_use(key=key, now=NOW + later)
        key.refresh_from_db()
        assert key.last_used_at == noted


def test_a_key_without_the_scope_is_refused_and_a_person_is_not(user: User) -> None:
    _, device = keys.issue_key(user=user, label="n", scopes=["device"])
    _, buyer = keys.issue_key(user=user, label="n", scopes=["buyer"])
    client = APIClient()
    refused = client.get("/api/v1/buyers/", HTTP_AUTHORIZATION=f"Bearer {device}")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert client.get("/api/v1/buyers/", HTTP_AUTHORIZATION=f"Bearer {buyer}").status_code == 200
    assert client.get("/api/v1/buyers/").status_code == 401
    client.force_login(user)
    assert client.get("/api/v1/buyers/").status_code == 200
