"""The log of who read whose data: an entry is written before the answer is given, or nothing is answered."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from django.db import DatabaseError, OperationalError, connection, transaction

from dimo.audit.models import AccessEntry
from dimo.errors import DomainError
from dimo.users.models import User

MONTHS_AHEAD: Final = 6
WORDLESS = {AccessEntry.Reader.OPERATOR: "An operator", AccessEntry.Reader.STEWARD: "A steward"}


class AccessNotLogged(DomainError):
    """This read could not be written into its owner's log, so it is not answered. Please try again in a moment."""

    status = 503


def record_views(
    *,
    by: User,
    reader: AccessEntry.Reader,
    of: Iterable[tuple[int, int | None]],
    what: str,
    scopes: Sequence[str] = (),
    note: str = "",
    now: datetime,
) -> int:
    """Write down that a person in an office looks at rows of these (owner, vehicle), each once; their own left out.

    Raises:
        AccessNotLogged: then nothing may be shown.
    """
    seen = sorted({pair for pair in of if pair[0] != by.pk}, key=lambda pair: (pair[0], pair[1] or 0))
    entries = [
        AccessEntry(
            at=now,
            owner_id=owner,
            vehicle_id=vehicle,
            reader=reader,
            reader_id=str(by.public_id),
            reader_name=by.name or WORDLESS.get(reader, str(reader.label)),
            what=what,
            scopes=list(scopes),
            under=AccessEntry.Under.ROLE,
            note=note[:160],
        )
        for owner, vehicle in seen
    ]
    with logged():
        AccessEntry.objects.bulk_create(entries)
    return len(entries)


@contextmanager
def logged() -> Iterator[None]:
    """Whatever keeps the entry from being written keeps the read from being answered."""
    try:
        with transaction.atomic():
            yield
    except OperationalError:
        raise  # every door says 503 to this
    except DatabaseError as error:
        raise AccessNotLogged from error


def ensure_ahead(*, now: datetime) -> int:
    """Create the months that entries may be written to, this one and half a year ahead; how many were made. Idempotent.

    An entry of a month that is missing is refused, and with it the read.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_access_months(%s::date, %s)", [now.astimezone(UTC).date(), MONTHS_AHEAD])
        return int(cursor.fetchone()[0])


def forget(*, person: User) -> int:
    """Erase a person's log with the person; the one way in which entries go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_access_log(%s)", [person.pk])
        return int(cursor.fetchone()[0])
