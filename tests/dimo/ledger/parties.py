"""Parties with money, and ways to knock on the database's door without our rules in between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import psycopg
from django.db import connections

from dimo.ledger.models import Journal
from dimo.ledger.posting import open_account, post

EURO = "EURC"


def world(asset: str = EURO) -> int:
    return open_account(kind="world", asset=asset)


def driver(owner: UUID | None = None, asset: str = EURO) -> int:
    return open_account(kind="driver", asset=asset, owner=owner or uuid4())


def buyer(amount: int = 0, asset: str = EURO) -> int:
    """A buyer's account holding `amount`."""
    account = open_account(kind="buyer", asset=asset, owner=uuid4())
    if amount:
        move(world(asset), account, amount, asset=asset)
    return account


def move(giver: int, receiver: int, amount: int, *, key: str = "", asset: str = EURO) -> Journal:
    legs = [(giver, -amount), (receiver, amount)]
    return post(key=key or uuid4().hex, kind="test", asset=asset, legs=legs)


def add_journal(cursor: psycopg.Cursor, asset: str = EURO) -> int:
    """A journal's row without its entries."""
    statement = (
        "INSERT INTO ledger_journal (kind, asset, key, body_sha256) VALUES ('test', %s, %s, sha256('')) RETURNING id"
    )
    return int(cursor.execute(statement, [asset, uuid4().hex]).fetchone()[0])


def entries(journal: int, *legs: tuple[int, object]) -> tuple[str, list[object]]:
    """One INSERT of these legs."""
    values = ", ".join(["(%s, %s, %s)"] * len(legs))
    parameters = [value for account, amount in legs for value in (journal, account, amount)]
    return f"INSERT INTO ledger_entry (journal_id, account_id, amount) VALUES {values}", parameters


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """What `count` threads got, or the exceptions they met, having all started together."""
    gate = Barrier(count)

    def run(number: int) -> object:
        gate.wait(timeout=20)
        try:
            return act(number)
        except Exception as error:  # the test looks at it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))
