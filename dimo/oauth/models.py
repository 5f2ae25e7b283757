"""Apps, what an owner's authorization of one began, and the credentials that were issued from it."""

import hashlib
import hmac
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dimo.oauth import scopes


def secret_hash(text: str) -> bytes:
    """Secrets have 256 bits, so a plain SHA-256 cannot be searched."""
    return hashlib.sha256(text.encode()).digest()


class App(models.Model):
    """A program of somebody else's that asks owners for their data. The methods are what Authlib asks of a client."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    developer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="apps")
    name = models.CharField(max_length=60)
    publisher = models.CharField(max_length=80)
    website = models.URLField(max_length=200)
    redirect_uris = ArrayField(models.CharField(max_length=300), size=10)
    scopes = ArrayField(models.CharField(max_length=64), help_text="the most it may ask for")
    secret_sha256 = models.BinaryField(max_length=32, null=True, help_text="none: an app that can keep no secret")
    registered_at = models.DateTimeField(default=timezone.now)
    verified_at = models.DateTimeField(null=True, blank=True, help_text="since when we know the publisher")
    suspended_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="by its developer")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(redirect_uris=[]), name="an_app_says_where_people_return_to"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def works(self) -> bool:
        return self.suspended_at is None and self.closed_at is None

    @property
    def client_id(self) -> str:
        return str(self.pk)

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: an authorization request has to say where to return to."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for, or all of the app's; None where it asks for more than it registered."""
        wanted = scopes.split(scope) or list(self.scopes)
        known = scopes.known()
        return " ".join(wanted) if all(w in known and scopes.within(w, self.scopes) for w in wanted) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return self.secret_sha256 is not None and hmac.compare_digest(
            bytes(self.secret_sha256), secret_hash(client_secret)
        )

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method == "none") == (self.secret_sha256 is None)

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


class AppSession(models.Model):
    """One authorization of an app by a person. Whatever is issued from it ends with it."""

    class Ended(models.TextChoices):
        OWNER = "owner", "Revoked by the owner"
        APP = "app", "Given back by the app"
        CODE_REUSED = "code_reused", "A code came twice"
        REFRESH_REUSED = "refresh_reused", "A refresh token came twice"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(App, models.PROTECT, related_name="sessions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="app_sessions")
    scopes = ArrayField(models.CharField(max_length=64))
    redirect_uri = models.CharField(max_length=300)
    code_challenge = models.CharField(max_length=128)
    began_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=16, blank=True, choices=Ended.choices)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "app"], name="app_session_by_person")]

    def __str__(self) -> str:
        return f"{self.app_id} for {self.user_id}"


class AppCredential(models.Model):
    """A code, an access token or a refresh token; only its SHA-256 is kept."""

    class Kind(models.TextChoices):
        CODE = "code", "Authorization code"
        ACCESS = "access", "Access token"
        REFRESH = "refresh", "Refresh token"

    session = models.ForeignKey(AppSession, models.CASCADE, related_name="credentials")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    secret_sha256 = models.BinaryField(max_length=32, unique=True)
    scopes = ArrayField(models.CharField(max_length=64))
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True, help_text="codes and refresh tokens work once")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.session_id}"

    # What Authlib asks of a code or a token.
    @property
    def code_challenge(self) -> str:
        return self.session.code_challenge

    @property
    def code_challenge_method(self) -> str:
        return "S256"

    def get_redirect_uri(self) -> str:
        return self.session.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.scopes)

    def check_client(self, client: Any) -> bool:
        return bool(self.session.app_id == client.pk)
