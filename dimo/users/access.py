"""Whether a person may sign in at all."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from dimo.api.models import ApiKey
from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User


class CannotFreezeYourself(DomainError):
    """Somebody else has to freeze your account."""


@transaction.atomic
def freeze_user(*, user: User, by: User, now: datetime | None = None) -> None:
    """Refuse sign-in and end the user's API keys; what they own stays theirs. Again: changes nothing.

    Open sessions end with the next request, because Django drops the session of an inactive user.

    Raises:
        CannotFreezeYourself
    """
    if user.pk == by.pk:
        raise CannotFreezeYourself
    now = now or timezone.now()
    if User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        ApiKey.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
        trail.record(actor=by, action="user.frozen", object_kind="user", object_id=str(user.public_id), now=now)


@transaction.atomic
def unfreeze_user(*, user: User, by: User, now: datetime | None = None) -> None:
    """Let a user sign in again; ended keys stay ended. Again: changes nothing."""
    now = now or timezone.now()
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
        trail.record(actor=by, action="user.unfrozen", object_kind="user", object_id=str(user.public_id), now=now)
