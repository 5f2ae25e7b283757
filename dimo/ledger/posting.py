"""Writing journals: whole, once per business event, by one statement.

The database proves each of them (migration 0002): sums to zero, known accounts of one asset, nobody below zero.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import ClassVar, cast
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from dimo.errors import DomainError
from dimo.ledger.accounts import AccountMisnamed, open_account, open_accounts
from dimo.ledger.models import Entry, Journal

__all__ = ["AccountMisnamed", "find", "open_account", "open_accounts", "post", "post_split", "reverse"]

ADD_JOURNAL = """
INSERT INTO ledger_journal (union_id, kind, asset, key, body_sha256, reverses_id) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (union_id, key) DO NOTHING RETURNING id
"""
COPY_ENTRIES = "COPY ledger_entry (journal_id, account_id, amount) FROM STDIN"


class KeyReused(DomainError):
    """This key already names another business event."""


class InsufficientBalance(DomainError):
    """The account holds less than this takes."""

    status: ClassVar[int] = 402


class UnbalancedJournal(DomainError):
    """The legs of a journal are whole numbers, move something and sum to zero."""


class UnknownAccount(DomainError):
    """A leg names no account of the journal's asset."""


class AlreadyReversed(DomainError):
    """This journal was reversed before."""


class AmountOutOfRange(DomainError):
    """An amount has at most 78 digits."""


REFUSALS: dict[str, type[DomainError]] = {
    "balance_is_not_negative": InsufficientBalance,
    "journal_sums_to_zero": UnbalancedJournal,
    "entry_names_known_accounts": UnknownAccount,
    "ledger_journal_reverses_id_key": AlreadyReversed,
}


def find(*, key: str, union_id: UUID | None = None) -> Journal | None:
    """The journal of a business event, if it happened."""
    return Journal.objects.filter(key=key, union_id=union_id).first()


def post(
    *,
    key: str,
    kind: str,
    asset: str,
    legs: Sequence[tuple[int, int]],
    body: Mapping[str, object] | None = None,
    union_id: UUID | None = None,
    reverses: Journal | None = None,
) -> Journal:
    """Write a journal of `legs` (account id, base units; positive receives) in one statement.

    Legs of one account are added up and zero ones left out. Idempotent by `(union_id, key)`: the same call again
    returns the journal of the first; a concurrent twin waits for it.

    Raises:
        KeyReused, InsufficientBalance, UnbalancedJournal, UnknownAccount, AlreadyReversed, AmountOutOfRange
    """
    moved = _net(legs)
    lines = "".join(f"{account}\t{amount}\n" for account, amount in moved)
    reversed_id: int | None = reverses.pk if reverses else None
    head = {"kind": kind, "asset": asset, "body": body, "reverses": reversed_id}
    digest = sha256(f"{canonical(head)}\n{lines}".encode()).digest()
    with _refusals(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ADD_JOURNAL, [union_id, str(kind), str(asset), key, digest, reversed_id])
            added = cursor.fetchone()
            if added:
                _copy(added[0], lines)
        journal = Journal.objects.get(key=key, union_id=union_id)
    if bytes(journal.body_sha256) != digest:
        raise KeyReused(key=key)
    return journal


def post_split(
    *,
    key: str,
    kind: str,
    asset: str,
    source: int,
    fixed: Sequence[tuple[int, int]],
    accounts: Sequence[int],
    amounts: Sequence[int],
    body: Mapping[str, object] | None = None,
    union_id: UUID | None = None,
) -> Journal:
    """Move from `source` what the `fixed` legs and the shares (`amounts[i]` to `accounts[i]`) receive, in one journal.

    Idempotent like `post`, and as whole: 100,000 shares are one statement with every check on.

    Raises:
        KeyReused, InsufficientBalance, UnbalancedJournal, UnknownAccount, AmountOutOfRange
    """
    legs = [*fixed, *zip(accounts, amounts, strict=True)]
    total = sum(amount for _, amount in legs)
    return post(key=key, kind=kind, asset=asset, legs=[(source, -total), *legs], body=body, union_id=union_id)


def reverse(*, journal: Journal, key: str, kind: str = "reversal") -> Journal:
    """Undo a journal by its mirror image; the original stays. Idempotent by `key`, and once per journal.

    Raises:
        AlreadyReversed, KeyReused, InsufficientBalance: a receiver no longer has it
    """
    entries = Entry.objects.filter(journal_id=journal.pk).values_list("account_id", "amount")
    legs = [(account, -int(amount)) for account, amount in entries]
    return post(key=key, kind=kind, asset=journal.asset, legs=legs, union_id=journal.union_id, reverses=journal)


def canonical(value: object) -> str:
    """JSON with sorted keys and integers as strings, so that the same facts always have the same bytes."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"a journal's body holds no {type(value).__name__}")


def _net(legs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What each account receives, by account id."""
    sums: dict[int, int] = {}
    for account, amount in legs:
        sums[account] = sums.get(account, 0) + amount
    moved = [(account, sums[account]) for account in sorted(sums) if sums[account]]
    total = sum(sums.values())
    if type(total) is not int or total or not moved:  # a float anywhere makes the sum one
        raise UnbalancedJournal(field="legs")
    return moved


def _copy(journal_id: int, lines: str) -> None:
    """Write the legs, each line an account and an amount, under their journal."""
    rows = f"{journal_id}\t" + lines.rstrip().replace("\n", f"\n{journal_id}\t") + "\n"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(COPY_ENTRIES) as copy:
        copy.write(rows)


@contextmanager
def _refusals() -> Iterator[None]:
    """Give the database's refusals their names; whatever has none passes through."""
    try:
        yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        named = REFUSALS.get(cast(str, getattr(diagnosis, "constraint_name", "")))
        if named is None:
            raise
        raise named from error
    except DataError as error:
        if getattr(error.__cause__, "sqlstate", "") != "22003":
            raise
        raise AmountOutOfRange(field="legs") from error
