"""The days that messages are kept by. A missing day is an error, never a default partition."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

DAYS_AHEAD = 7
DAYS_BACK = 31  # a device's queue may be 30 days old
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_known: set[date] = set()


def ensure_days(*, days: Iterable[date]) -> int:
    """Create the partitions of these UTC days that are missing; how many were made. Safe to repeat and to race."""
    wanted = sorted(set(days) - _known)
    if not wanted:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_message_partitions(%s::date[])", [wanted])
        (made,) = cursor.fetchone()
    # Remembered only once it is true for everybody: a rolled-back partition does not exist.
    transaction.on_commit(lambda: _known.update(wanted))
    return int(made)


def forget(*, days: Iterable[date]) -> None:
    """No longer believe that these days have a partition."""
    _known.difference_update(days)


def ensure_ahead(*, now: datetime) -> int:
    """Create the partitions that devices may write to now and in the next week; how many were made."""
    _known.clear()
    today = now.astimezone(UTC).date()
    return ensure_days(days=[today + timedelta(days=offset) for offset in range(-DAYS_BACK, DAYS_AHEAD + 1)])
