"""Freezing a person."""

import pytest
from django.test import Client

from dimo.api import keys
from dimo.audit.models import AuditEvent
from dimo.users import access
from dimo.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_user("op@example.org", is_staff=True)


def test_freezing_ends_sessions_and_keys_at_once_and_is_written_down(signed_in: Client, user, operator) -> None:
    key, _ = keys.issue_key(user=user, label="n", scopes=["buyer"])
    assert signed_in.get("/settings/").status_code == 200
    access.freeze_user(user=user, by=operator)
    key.refresh_from_db()
    assert signed_in.get("/settings/").status_code == 302
    assert key.revoked_at is not None
    access.freeze_user(user=user, by=operator)
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.object_id) == ("user.frozen", operator, str(user.public_id))


def test_unfreezing_gives_sign_in_back_but_no_key(user, operator) -> None:
    key, _ = keys.issue_key(user=user, label="n", scopes=["buyer"])
    access.freeze_user(user=user, by=operator)
    access.unfreeze_user(user=user, by=operator)
    user.refresh_from_db()
    key.refresh_from_db()
    assert user.is_active
    assert key.revoked_at is not None
    assert list(AuditEvent.objects.order_by("at").values_list("action", flat=True)) == [
        "user.frozen",
        "user.unfrozen",
    ]


def test_nobody_freezes_themselves(operator) -> None:
    with pytest.raises(access.CannotFreezeYourself):
        access.freeze_user(user=operator, by=operator)
    operator.refresh_from_db()
    assert operator.is_active
