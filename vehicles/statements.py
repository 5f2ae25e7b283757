"""Statements of the hot path: bound on the server, prepared once a connection, several writes in one journey.

Django's own cursors write values into the text, so that no plan is ever used twice and every array is parsed as SQL.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg
from django.db import connection


class Write(NamedTuple):
    """One INSERT, UPDATE or DELETE and what it is bound to."""

    sql: str
    params: tuple[Any, ...]


@contextmanager
def prepared() -> "Iterator[psycopg.Connection[tuple[Any, ...]]]":
    """The connection, keeping the plan of each statement that a cursor of `cursor` executes meanwhile."""
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        raw.prepare_threshold = 0
        try:
            yield raw
        finally:
            raw.prepare_threshold = None  # Django's texts differ each time, and would only fill the memory


def cursor() -> "psycopg.Cursor[tuple[Any, ...]]":
    """A cursor that binds on the server, for use within `prepared`."""
    return psycopg.Cursor(connection.connection)


def run(writes: Sequence[Write]) -> None:
    """Carry out writes as one statement; none may touch a row that another of them touches."""
    if writes:
        bound = [value for write in writes for value in write.params]
        with prepared():
            cursor().execute(joined(tuple(write.sql for write in writes)), bound)


@lru_cache(maxsize=64)
def joined(texts: tuple[str, ...]) -> bytes:
    parts = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(texts))
    return f"WITH {parts} SELECT 1".encode()


def array(values: Iterable[object]) -> str:
    """Numbers or ISO moments as PostgreSQL's literal of an array, which costs a tenth of binding a list."""
    return "{" + ",".join(map(str, values)) + "}"
