"""Who calls the API: an app that an owner allowed, a program with a key, or a person with a session."""

from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from dimo import tenancy
from dimo.api import keys
from dimo.api.models import ApiKey
from dimo.errors import DomainError
from dimo.oauth import credentials
from dimo.oauth.models import AppCredential
from dimo.users.models import User

APP_TOKEN = f"{credentials.LABELS[AppCredential.Kind.ACCESS]}_"


def bearer(request: Request) -> str | None:
    """The token of `Authorization: Bearer`, or None where there is no such header."""
    words = get_authorization_header(request).split()
    if not words or words[0].lower() != b"bearer":
        return None
    if len(words) != 2:
        raise exceptions.AuthenticationFailed("Write it as: Authorization: Bearer <key>", code="key_malformed")
    return words[1].decode("latin-1")


class AppAuthentication(BaseAuthentication):
    """`Authorization: Bearer du_app_…`; `request.auth` is then the token, `request.user` the owner who allowed it.

    Only views that say `read_by_apps` answer apps at all, whatever their permissions are.
    """

    def authenticate(self, request: Request) -> tuple[User, AppCredential] | None:
        text = bearer(request)
        if text is None or not text.startswith(APP_TOKEN):
            return None
        now = timezone.now()
        try:
            found = credentials.find_access(text=text, now=now)
        except credentials.AppSuspended as refusal:
            raise exceptions.PermissionDenied(str(refusal), code=refusal.code) from refusal
        except DomainError as refusal:
            raise exceptions.AuthenticationFailed(str(refusal), code=refusal.code) from refusal
        view = (request.parser_context or {}).get("view")
        if not getattr(view, "read_by_apps", False) or request.method not in ("GET", "HEAD", "OPTIONS"):
            raise exceptions.PermissionDenied(
                "Apps may not ask this, whatever their owner allowed; it takes a key or a person.",
                code="app_not_allowed",
            )
        credentials.note_use(session=found.session, now=now)
        tenancy.become(found.session.user.pk)
        return found.session.user, found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer du_live_<prefix>_<secret>`; `request.auth` is then the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        text = bearer(request)
        if text is None:
            return None
        now = timezone.now()
        try:
            key = keys.find_key(text=text, now=now)
        except keys.KeyRefused as refusal:
            raise exceptions.AuthenticationFailed(str(refusal), code=refusal.code) from refusal
        keys.note_use(key=key, now=now)
        tenancy.become(key.user_id)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
