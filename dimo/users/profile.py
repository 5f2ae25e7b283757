"""What a person tells us about themselves: a name and the zone in which they read times."""

from zoneinfo import available_timezones

from django.utils.functional import SimpleLazyObject

from dimo.errors import DomainError
from dimo.users.models import User

ZONES = SimpleLazyObject(lambda: frozenset(available_timezones()))
NAME_LENGTH = 80


class TimezoneUnknown(DomainError):
    """That is not a time zone; an example is Europe/Berlin."""

    status = 400


class NameTooLong(DomainError):
    """A name has at most 80 characters."""

    status = 400


def change_profile(*, user: User, name: str, timezone: str) -> User:
    """Set name and time zone. An empty name is fine: then the email stands for it, to the person alone.

    Raises:
        TimezoneUnknown, NameTooLong
    """
    name = " ".join(name.split())
    if len(name) > NAME_LENGTH:
        raise NameTooLong(field="name")
    if timezone not in ZONES:
        raise TimezoneUnknown(field="timezone")
    user.name, user.timezone = name, timezone
    user.save(update_fields=["name", "timezone"])
    return user
