"""Statements of the hot path: bound on the server, prepared once a connection, several in one journey.

Django's cursors write values into the text, so that no plan is ever used twice and every array is parsed as SQL; and
each wait of psycopg's own cursors costs as much as a small statement. Here libpq is asked directly, within Django's
connection, transaction and errors. Values go as PostgreSQL's literals; a text must say their types where it matters.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache
from hashlib import md5
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, TransactionStatus

Raw: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"
Question = tuple[str, Sequence[object]]  # `%s` stands for each value
FINE = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.COPY_IN})
known: WeakKeyDictionary[Raw, set[bytes]] = WeakKeyDictionary()


class Write(NamedTuple):
    """One INSERT, UPDATE or DELETE and what it is bound to."""

    sql: str
    params: tuple[Any, ...]


def run(writes: Sequence[Write]) -> None:
    """Carry out writes as one statement; none may touch a row that another of them touches."""
    if not writes:
        return
    sql = joined(tuple(write.sql for write in writes))
    with opened() as raw:
        begin(raw)
        name = prepared(raw, sql)
        bound: list[Any] = [literal(value) for write in writes for value in write.params]
        checked(raw, raw.pgconn.exec_prepared(name, bound))


def ask(questions: Sequence[Question]) -> list[list[tuple[Any, ...]]]:
    """The rows that answer each question. All leave in one piece; each is answered after the one before is."""
    with opened() as raw:
        named = [(prepared(raw, sql), [literal(value) for value in params]) for sql, params in questions]
        with blocking(raw), pipeline(raw):
            begins = starts_transaction(raw)
            if begins:
                raw.pgconn.send_query_params(b"BEGIN", None)
            for name, params in named:
                raw.pgconn.send_query_prepared(name, params)
            raw.pgconn.pipeline_sync()
            results = list(answers(raw))
        return [rows_of(raw, checked(raw, result)) for result in results][begins:]


def copy(statement: str, data: bytes) -> None:
    """Send a whole COPY … FROM STDIN."""
    with opened() as raw:
        begin(raw)
        checked(raw, raw.pgconn.exec_(statement.encode()))
        with blocking(raw):
            raw.pgconn.put_copy_data(data)
            raw.pgconn.put_copy_end()
            result = raw.pgconn.get_result()
            while raw.pgconn.get_result() is not None:
                pass
        checked(raw, result)


@contextmanager
def opened() -> Iterator[Raw]:
    """Django's connection; what goes wrong on it is told in Django's errors."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        yield connection.connection


@contextmanager
def blocking(raw: Raw) -> Iterator[None]:
    """psycopg keeps its sockets from blocking, and then libpq's plain calls might send only a part."""
    raw.pgconn.nonblocking = 0
    try:
        yield
    finally:
        raw.pgconn.nonblocking = 1


@contextmanager
def pipeline(raw: Raw) -> Iterator[None]:
    raw.pgconn.enter_pipeline_mode()
    try:
        yield
    finally:
        raw.pgconn.exit_pipeline_mode()


def answers(raw: Raw) -> Iterator[Any]:
    """The results of a pipeline up to its end; a result that failed is among them, and those after it are empty."""
    while (result := raw.pgconn.get_result()) is None or result.status != ExecStatus.PIPELINE_SYNC:
        if result is not None:
            yield result
        elif raw.pgconn.status != psycopg.pq.ConnStatus.OK:
            raise psycopg.OperationalError("the connection is lost")


def starts_transaction(raw: Raw) -> bool:
    """Whether a transaction must be begun: psycopg does that before its own statements alone."""
    return not raw.autocommit and raw.pgconn.transaction_status == TransactionStatus.IDLE


def begin(raw: Raw) -> None:
    if starts_transaction(raw):
        checked(raw, raw.pgconn.exec_(b"BEGIN"))


def prepared(raw: Raw, sql: str) -> bytes:
    """The name of a statement that this connection has prepared."""
    name, text = numbered(sql)
    names = known.setdefault(raw, set())
    if name not in names:
        checked(raw, raw.pgconn.prepare(name, text))
        names.add(name)
    return name


def checked(raw: Raw, result: Any) -> Any:
    """A result, or the error that it tells."""
    if result.status not in FINE:
        raise psycopg.errors.error_from_result(result, raw.info.encoding)
    return result


def rows_of(raw: Raw, result: Any) -> list[tuple[Any, ...]]:
    reader = Transformer(raw)
    reader.set_pgresult(result)
    return reader.load_rows(0, result.ntuples, tuple)


@lru_cache(maxsize=256)
def numbered(sql: str) -> tuple[bytes, bytes]:
    """A statement's name, and its text with `$1` for the first value."""
    first, *rest = sql.split("%s")
    text = (first + "".join(f"${number}{part}" for number, part in enumerate(rest, 1))).encode()
    return b"hot_" + md5(text, usedforsecurity=False).hexdigest().encode(), text


@lru_cache(maxsize=64)
def joined(texts: tuple[str, ...]) -> str:
    parts = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(texts))
    return f"WITH {parts} SELECT 1"


def array(values: Iterable[object]) -> str:
    """Numbers or ISO moments as PostgreSQL's literal of an array."""
    return "{" + ",".join(map(str, values)) + "}"


def literal(value: object) -> bytes | None:
    """A value as PostgreSQL reads it from text; a list becomes an array of one dimension.

    Raises:
        DataError: a NUL, at which libpq would end the value
    """
    if value is None:
        return None
    text = written(value)
    if b"\0" in text:
        raise psycopg.DataError("PostgreSQL text cannot hold a NUL")
    return text


def written(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    if isinstance(value, datetime | date):
        return value.isoformat().encode()
    if isinstance(value, list):
        return ("{" + ",".join(map(element, value)) + "}").encode()
    return str(value).encode()


def element(value: object) -> str:
    """A value inside an array's literal."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, bytes):
        return '"\\\\x' + value.hex() + '"'
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
