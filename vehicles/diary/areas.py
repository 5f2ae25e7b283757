"""What a driver calls an area; the word is theirs alone and in nobody's dataset."""

from django.db import transaction

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles.models import NamedArea

LONGEST = 60


class AreaNameTooLong(DomainError):
    """A name of an area has at most 60 characters."""

    status = 400


class AreaUnknown(DomainError):
    """No area was measured at this end of the trip, so there is nothing to name."""


@transaction.atomic
def name_area(*, owner: User, cell: int | None, name: str) -> str:
    """Name an area of about 5 km², by its cell; an empty name takes the old one away. Idempotent; the name as kept.

    Raises:
        AreaUnknown, AreaNameTooLong
    """
    if cell is None:
        raise AreaUnknown(field="name")
    name = " ".join(name.replace("\x00", "").split())
    if len(name) > LONGEST:
        raise AreaNameTooLong(field="name")
    if name:
        NamedArea.objects.update_or_create(owner=owner, cell=cell, defaults={"name": name})
    else:
        NamedArea.objects.filter(owner=owner, cell=cell).delete()
    return name
