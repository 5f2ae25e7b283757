"""Locks of a worker that was killed: PostgreSQL lets go of them as soon as it notices, which is not at once."""

from django.db import connection


def let_go(*keys: tuple[int, int]) -> None:
    """Wait until nobody holds these advisory locks, by taking each in turn."""
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", key)
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)
