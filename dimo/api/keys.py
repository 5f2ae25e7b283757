"""Keys that programs sign in with: made once, shown once, kept as a hash, bounded by scopes, ended at any time."""

import hashlib
import hmac
import secrets
import string
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dimo.api.models import ApiKey
from dimo.errors import DomainError
from dimo.users.models import User

LABEL = "du_live"
ALPHABET = string.ascii_letters + string.digits
SECRET_LENGTH = 43  # 256 bits, so a plain SHA-256 of it cannot be searched
KEYS_PER_USER = 50
USED_AGAIN_AFTER = timedelta(minutes=5)


class ScopeUnknown(DomainError):
    """A key's scopes are some of: buyer, developer, device, driver, steward."""

    status = 400


class KeyLabelMissing(DomainError):
    """A key needs a label of 1 to 80 characters, so that you recognize it later."""

    status = 400


class KeyExpiryPassed(DomainError):
    """A key's end must lie in the future."""

    status = 400


class TooManyKeys(DomainError):
    """You have 50 keys that work; revoke one first."""


class KeyNotFound(DomainError):
    """You have no such key."""

    status = 404


class KeyRevoked(DomainError):
    """This key was revoked."""


class KeyRefused(DomainError):
    """The key is unknown, was revoked or has expired."""

    status = 401


def secret_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


@transaction.atomic
def issue_key(
    *, user: User, label: str, scopes: Sequence[str], expires_at: datetime | None = None, now: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key for a user; the second value is the whole key, which nobody can show again.

    Raises:
        ScopeUnknown, KeyLabelMissing, KeyExpiryPassed, TooManyKeys
    """
    now = now or timezone.now()
    label = label.strip()
    if not label or len(label) > 80:
        raise KeyLabelMissing(field="label")
    wanted = sorted(set(scopes))
    if not wanted or not set(wanted) <= set(ApiKey.Scope.values):
        raise ScopeUnknown(field="scopes")
    if expires_at is not None and expires_at <= now:
        raise KeyExpiryPassed(field="expires_at")
    User.objects.select_for_update().get(pk=user.pk)  # two tabs at once must not pass the limit together
    if ApiKey.objects.filter(user=user, revoked_at=None).exclude(expires_at__lte=now).count() >= KEYS_PER_USER:
        raise TooManyKeys
    prefix = secrets.token_hex(6)
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
    key = ApiKey.objects.create(
        user=user, label=label, prefix=prefix, secret_sha256=secret_hash(secret), scopes=wanted, expires_at=expires_at
    )
    return key, f"{LABEL}_{prefix}_{secret}"


def find_key(*, text: str, now: datetime) -> ApiKey:
    """The working key that a caller presented. The answer does not tell which part was wrong.

    Raises:
        KeyRefused
    """
    prefix, _, secret = text.removeprefix(f"{LABEL}_").partition("_")
    if not text.startswith(f"{LABEL}_") or not prefix.isascii() or not secret or "\0" in text:
        raise KeyRefused
    key = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
    # An unknown prefix costs the same comparison as a wrong secret.
    known = bytes(key.secret_sha256) if key else b"\0" * 32
    if not hmac.compare_digest(known, secret_hash(secret)) or key is None:
        raise KeyRefused
    if key.revoked_at or (key.expires_at and key.expires_at <= now) or not key.user.is_active:
        raise KeyRefused
    return key


def note_use(*, key: ApiKey, now: datetime) -> None:
    """Remember that a key was used, at most once in five minutes."""
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_AGAIN_AFTER)
    if key.last_used_at is None or key.last_used_at < now - USED_AGAIN_AFTER:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


@transaction.atomic
def revoke_key(*, user: User, key_id: UUID | str, now: datetime | None = None) -> ApiKey:
    """End one of the user's keys at once. Revoking again changes nothing.

    Raises:
        KeyNotFound
    """
    key = ApiKey.objects.select_for_update().filter(user=user, pk=key_id).first()
    if key is None:
        raise KeyNotFound
    if key.revoked_at is None:
        key.revoked_at = now or timezone.now()
        key.save(update_fields=["revoked_at"])
    return key


@transaction.atomic
def rotate_key(
    *, user: User, key_id: UUID | str, overlap: timedelta = timedelta(0), now: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a successor with the same label and scopes; the old key works for `overlap` longer, then ends.

    Raises:
        KeyNotFound, KeyRevoked, TooManyKeys
    """
    now = now or timezone.now()
    old = ApiKey.objects.select_for_update().filter(user=user, pk=key_id).first()
    if old is None:
        raise KeyNotFound
    if old.revoked_at:
        raise KeyRevoked
    if overlap:
        old.expires_at = min(filter(None, [old.expires_at, now + overlap]))
    else:
        old.revoked_at = now
    old.save(update_fields=["expires_at", "revoked_at"])
    return issue_key(user=user, label=old.label, scopes=old.scopes, now=now)
