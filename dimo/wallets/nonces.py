"""One-time questions: what a wallet was asked to sign lives in the session, for ten minutes, for one answer."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import TextChoices

from dimo.errors import DomainError
from dimo.wallets.siwe import Expected, write_message

SLOT = "wallet_question"
LIFE = timedelta(minutes=10)


class Purpose(TextChoices):
    LINK = "link", f"Link this account to my account at {settings.SITE_NAME}. This costs nothing."
    SIGN_IN = "sign-in", f"Sign in to {settings.SITE_NAME}. This costs nothing."


class NothingAsked(DomainError):
    """No wallet was asked here, or its one answer was given; ask for a new message."""

    status = 400


def ask(*, session: SessionBase, purpose: Purpose, address: str, chain_id: int, now: datetime) -> str:
    """The message that `address` shall sign; replaces an earlier question of this session.

    Raises:
        MessageMalformed: the address is none
    """
    nonce = secrets.token_hex(16)
    expires_at = now + LIFE
    expected = _expected(nonce, purpose, chain_id)
    message = write_message(expected=expected, address=address, now=now, expires_at=expires_at)
    session[SLOT] = {"nonce": nonce, "purpose": purpose.value, "chain_id": chain_id, "until": expires_at.timestamp()}
    session.save()
    return message


def take(*, session: SessionBase, purpose: Purpose, now: datetime) -> Expected:
    """What the session's wallet was asked for; forgotten from here on, whatever the answer turns out to be.

    Of several requests racing with one answer, one takes the question.

    Raises:
        NothingAsked
    """
    question = _take_locked(session)
    if question is None or question["purpose"] != purpose.value or question["until"] <= now.timestamp():
        raise NothingAsked(field="message")
    return _expected(question["nonce"], purpose, question["chain_id"])


def _take_locked(session: SessionBase) -> dict[str, Any] | None:
    """The stored session decides, under a lock: this request's copy may be older than another's answer."""
    session.pop(SLOT, None)
    with transaction.atomic():
        row = Session.objects.select_for_update().filter(pk=session.session_key or "").first()
        if row is None:
            return None
        stored = row.get_decoded()
        question: dict[str, Any] | None = stored.pop(SLOT, None)
        if question is not None:
            row.session_data = session.encode(stored)
            row.save(update_fields=["session_data"])
    return question


def _expected(nonce: str, purpose: Purpose, chain_id: int) -> Expected:
    origin = settings.BASE_URL.rstrip("/")
    return Expected(
        domain=urlsplit(origin).netloc, origin=origin, statement=str(purpose.label), chain_id=chain_id, nonce=nonce
    )
