"""For whom a piece of work reads tenants' rows: the application's side of row-level security, the last net.

PostgreSQL shows a tenant's row to work done in its union's name, to the person whose row it is, and to the platform's
own work; without a scope it shows none. Rules and selectors still name union and person themselves: a scope only turns
a forgotten filter into no rows instead of a neighbor's. The scope is made the connection's before each statement that
Django sends, so that a connection that served somebody else cannot keep theirs.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from psycopg.pq import TransactionStatus

APPLY = (
    "SELECT set_config('commons.everything', %s, %s), set_config('commons.unions', %s, %s),"
    " set_config('commons.person', %s, %s)"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows are seen: those of unions, those of one person (by primary key), or everybody's."""

    unions: frozenset[UUID] = frozenset()
    person: int | None = None
    everything: bool = False

    def settings(self) -> tuple[str, str, str]:
        """The values of PostgreSQL's settings everything, unions and person."""
        unions = "{" + ",".join(sorted(map(str, self.unions))) + "}"
        return "on" if self.everything else "off", unions, "" if self.person is None else str(self.person)


NOBODY = Scope()
EVERYTHING = Scope(everything=True)
base = NOBODY  # of this process: workers and commands are the platform's own work, the web is nobody's
entered: ContextVar[Scope | None] = ContextVar("tenancy", default=None)


def current() -> Scope:
    return entered.get() or base


def work_for_the_platform() -> None:
    """Let all that this process does see every tenant: workers and commands, never the web."""
    global base
    base = EVERYTHING


def become(person: int | None) -> None:
    """Go on as this person, who has just signed in; whoever opened the scope ends it."""
    entered.set(replace(current(), person=person))


def act_for_the_platform() -> None:
    """Go on seeing every tenant, for an operator; whoever opened the scope ends it."""
    entered.set(EVERYTHING)


@contextmanager
def scope(wanted: Scope) -> Iterator[None]:
    """Do a piece of work within exactly this scope."""
    token = entered.set(wanted)
    try:
        yield
    finally:
        entered.reset(token)


@contextmanager
def unions(*ids: UUID) -> Iterator[None]:
    """Do a piece of work in the name of unions, besides what may be seen anyway."""
    with scope(replace(current(), unions=current().unions | frozenset(ids))):
        yield


@contextmanager
def only_union(union: UUID) -> Iterator[None]:
    """Do a piece of work that must see this union's rows and no other tenant's, whoever asked for it."""
    with scope(Scope(unions=frozenset({union}))):
        yield


@contextmanager
def everything() -> Iterator[None]:
    """Do a piece of work over all tenants that tells nobody of another's rows, such as a sum or a uniqueness check."""
    with scope(EVERYTHING):
        yield


@dataclass(slots=True)
class Applied:
    """What a connection's settings are: for its session, and within a transaction and savepoint that may be undone."""

    raw: Any
    session: Scope | None = None
    local: Scope | None = None
    savepoints: tuple[Any, ...] = ()
    known: bool = True


def bring(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's wrapper of each statement: first make the scope the connection's, if it is not.

    A setting made in a transaction is undone with it or with its savepoint, so what was made there is trusted only as
    long as both go on; PostgreSQL's own default is a scope that sees nothing.
    """
    connection: BaseDatabaseWrapper = context["connection"]
    wanted, raw = current(), connection.connection
    applied: Applied | None = getattr(connection, "tenancy", None)
    if applied is None or applied.raw is not raw:
        applied = connection.tenancy = Applied(raw)  # type: ignore[attr-defined]
    if isinstance(sql, str) and sql.startswith("ROLLBACK TO"):
        applied.known = False  # what was set since the savepoint is undone with it
        return execute(sql, params, many, context)
    if raw.pgconn.transaction_status == TransactionStatus.INERROR:
        return execute(sql, params, many, context)  # whatever comes is refused anyway
    if connection.in_atomic_block:
        savepoints = tuple(connection.savepoint_ids)
        if raw.pgconn.transaction_status == TransactionStatus.IDLE:
            applied.local, applied.known = None, True
        stands = applied.session if applied.local is None else applied.local
        if stands != wanted or not applied.known or (applied.local is not None and applied.savepoints != savepoints):
            apply(raw, wanted, local=True)
            applied.local, applied.savepoints, applied.known = wanted, savepoints, True
    elif applied.session != wanted:
        apply(raw, wanted, local=False)
        applied.session, applied.local = wanted, None
    return execute(sql, params, many, context)


def apply(raw: Any, wanted: Scope, *, local: bool) -> None:
    """Set a psycopg connection's settings; until the transaction's end if `local`."""
    with raw.cursor() as cursor:
        cursor.execute(APPLY, [part for value in wanted.settings() for part in (value, local)])


def watch(sender: Any, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Signal `connection_created`: have each statement of a new connection brought into scope."""
    if bring not in connection.execute_wrappers:
        connection.execute_wrappers.append(bring)


def signed_in(sender: Any, user: Any, **_: Any) -> None:
    """Signal `user_logged_in`: the rest of this request is that person's."""
    become(user.pk)


class RequestScope(MiddlewareMixin):
    """A request sees what its person may see; a view adds a union after it has checked the person's role there."""

    def process_request(self, request: HttpRequest) -> None:
        entered.set(Scope(person=request.user.pk))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        entered.set(None)
        return response
