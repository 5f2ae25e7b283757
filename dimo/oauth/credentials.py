"""What apps sign in with: issued once, kept as hashes, looked up at each read, ended at any time."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from dimo.errors import DomainError
from dimo.oauth.models import App, AppCredential, AppSession, secret_hash
from dimo.users.models import User

Kind = AppCredential.Kind
LABELS: Final = {Kind.CODE: "du_code", Kind.ACCESS: "du_app", Kind.REFRESH: "du_ref"}
SECRET_LABEL: Final = "du_sec"  # noqa: S105 - what secrets begin with
LASTS: Final = {
    Kind.CODE: timedelta(minutes=1),
    Kind.ACCESS: timedelta(minutes=10),
    Kind.REFRESH: timedelta(days=90),
}
USED_AGAIN_AFTER: Final = timedelta(minutes=5)
KEPT_AFTER_END: Final = timedelta(days=1)


class TokenRefused(DomainError):
    """The access token is unknown, has ended or was revoked; refresh it, or ask the owner again."""

    status = 401


class AppSuspended(DomainError):
    """This app was suspended; nothing is answered to it."""

    status = 403


def new_secret(label: str) -> str:
    """A secret of 256 bits that says what it is, so that scanners find it where it should not be."""
    return f"{label}_{secrets.token_urlsafe(32)}"


def begin_session(
    *, app: App, user: User, scopes: Iterable[str], redirect_uri: str, code_challenge: str, now: datetime
) -> AppSession:
    """Remember that a person authorized an app; codes and tokens are issued from it."""
    return AppSession.objects.create(
        app=app,
        user=user,
        scopes=list(scopes),
        redirect_uri=redirect_uri,
        code_challenge=code_challenge,
        began_at=now,
    )


def issue(*, session: AppSession, kind: AppCredential.Kind, text: str, scopes: Iterable[str], now: datetime) -> None:
    """Keep the hash of a new code or token."""
    AppCredential.objects.create(
        session=session,
        kind=kind,
        secret_sha256=secret_hash(text),
        scopes=list(scopes),
        issued_at=now,
        expires_at=now + LASTS[kind],
    )


def find_access(*, text: str, now: datetime) -> AppCredential:
    """The working access token that an app presented, with its session, app and person: one query.

    Raises:
        TokenRefused, AppSuspended
    """
    found = (
        AppCredential.objects.select_related("session__app", "session__user")
        .filter(secret_sha256=secret_hash(text), kind=Kind.ACCESS)
        .first()
    )
    if found is None or found.expires_at <= now or found.session.ended_at or not found.session.user.is_active:
        raise TokenRefused
    if not found.session.app.works:
        raise AppSuspended
    return found


def note_use(*, session: AppSession, now: datetime) -> None:
    """Remember that an app read, at most once in five minutes."""
    if session.last_used_at is None or session.last_used_at < now - USED_AGAIN_AFTER:
        AppSession.objects.filter(pk=session.pk).update(last_used_at=now)


@transaction.atomic
def take(*, text: str, kind: AppCredential.Kind, app: App, now: datetime) -> AppCredential | None:
    """Use up a code or a refresh token of this app; None: it does not work.

    One that comes a second time was stolen from one of the two who have it: everything of its session ends.
    """
    found = (
        AppCredential.objects.select_for_update(of=("self", "session"))
        .select_related("session__app", "session__user")
        .filter(secret_sha256=secret_hash(text), kind=kind, session__app=app)
        .first()
    )
    if found is None or found.session.ended_at or not found.session.user.is_active:
        return None
    if found.used_at is not None:
        reused = AppSession.Ended.CODE_REUSED if kind == Kind.CODE else AppSession.Ended.REFRESH_REUSED
        end_sessions(sessions=[found.session.pk], because=reused, now=now)
        return None
    if found.expires_at <= now:
        return None
    found.used_at = now
    found.save(update_fields=["used_at"])
    return found


def give_back(*, credential: AppCredential) -> None:
    """Let a credential that was taken, and bought nothing, be taken again; in the transaction in which it was taken."""
    credential.used_at = None
    credential.save(update_fields=["used_at"])


def end_sessions(*, sessions: Iterable[object], because: AppSession.Ended, now: datetime) -> int:
    """End sessions at once, and with them all that was issued from them. Idempotent."""
    running = AppSession.objects.filter(pk__in=list(sessions), ended_at=None)
    return running.update(ended_at=now, ended_because=because)


def end_all(*, app: App, user: User, now: datetime) -> int:
    """A person takes back all that an app may do in their name."""
    running = AppSession.objects.filter(app=app, user=user, ended_at=None)
    return running.update(ended_at=now, ended_because=AppSession.Ended.OWNER)


def prune_credentials(*, now: datetime) -> int:
    """Delete credentials a day after their end: until then one that comes back is still recognized."""
    return int(AppCredential.objects.filter(expires_at__lt=now - KEPT_AFTER_END).delete()[0])
