"""What a person's settings show."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from dimo.api.models import ApiKey
from dimo.users.models import User
from dimo.wallets.models import Wallet


@dataclass(frozen=True)
class SignInMethods:
    """How somebody signs in; `second_factor` is asked after the password."""

    email: str
    email_verified: bool
    password: bool
    passkeys: int
    authenticator_app: bool
    recovery_codes: bool

    @property
    def second_factor(self) -> bool:
        return self.authenticator_app or self.passkeys > 0


def sign_in_methods(*, user: User) -> SignInMethods:
    kinds = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return SignInMethods(
        email=user.email,
        email_verified=EmailAddress.objects.filter(user=user, email__iexact=user.email, verified=True).exists(),
        password=user.has_usable_password(),
        passkeys=kinds.count(Authenticator.Type.WEBAUTHN),
        authenticator_app=Authenticator.Type.TOTP in kinds,
        recovery_codes=Authenticator.Type.RECOVERY_CODES in kinds,
    )


def wallets(*, user: User) -> QuerySet[Wallet]:
    return Wallet.objects.filter(user=user).order_by("linked_at")


def keys(*, user: User) -> QuerySet[ApiKey]:
    """All keys, those that work first, then the newest."""
    return ApiKey.objects.filter(user=user).order_by(F("revoked_at").asc(nulls_first=True), "-created_at")


def working_keys(*, user: User) -> QuerySet[ApiKey]:
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return ApiKey.objects.filter(unexpired, user=user, revoked_at=None)
