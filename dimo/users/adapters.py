"""How allauth does things here."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from dimo.crypto import seal, unseal


class SecondFactors(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes are sealed, so that a copy of the database signs in nobody."""

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text.encode(), label="second-factor")).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), label="second-factor").decode()


def lockout_name(request: HttpRequest, credentials: dict[str, str] | None) -> str:
    """Under which name failed sign-ins are counted: the email, whatever its case."""
    given = credentials or {}
    name = given.get("email") or given.get("username") or request.POST.get("login") or ""
    return name.strip().lower()[:255]
