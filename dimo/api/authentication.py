"""Who calls the API: a program with a key, or a person with a session."""

from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from dimo.api import keys
from dimo.api.models import ApiKey
from dimo.users.models import User


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer du_live_<prefix>_<secret>`; `request.auth` is then the key."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise exceptions.AuthenticationFailed("Write it as: Authorization: Bearer <key>", code="key_malformed")
        now = timezone.now()
        try:
            key = keys.find_key(text=words[1].decode("latin-1"), now=now)
        except keys.KeyRefused as refusal:
            raise exceptions.AuthenticationFailed(str(refusal), code=refusal.code) from refusal
        keys.note_use(key=key, now=now)
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
