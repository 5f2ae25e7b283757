"""Opening accounts. An account comes with a balance of zero, and each party has one per kind and asset."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from dimo.errors import DomainError
from dimo.ledger.models import SUMMED_KINDS, SYSTEM_KINDS, Account, Asset

OPEN = """
INSERT INTO ledger_account (union_id, kind, asset, owner, lazy, allow_negative)
SELECT %s, %s, %s, owner, %s, %s FROM unnest(%s::uuid[]) AS t(owner) ORDER BY owner
ON CONFLICT DO NOTHING
"""
FIND = "SELECT owner::text, id FROM ledger_account WHERE kind = %s AND asset = %s AND owner = ANY(%s::uuid[]) AND "


class AccountMisnamed(DomainError):
    """An account names its party: system accounts none, a union's treasury its union, the others their owner."""


def open_account(*, kind: str, asset: str, owner: UUID | None = None, union_id: UUID | None = None) -> int:
    """Id of the party's account of this kind and asset, opened at zero if there is none. Idempotent.

    Raises:
        AccountMisnamed
    """
    _check(kind, asset)
    if (known := _find(kind, asset, owner, union_id)) is not None:
        return known
    _open(kind, asset, [owner], union_id)
    opened = _find(kind, asset, owner, union_id)
    if opened is None:
        raise AccountMisnamed
    return opened


def open_accounts(*, kind: str, asset: str, owners: Sequence[UUID], union_id: UUID | None = None) -> dict[UUID, int]:
    """Ids of many parties' accounts by owner, opened in one statement where missing. Idempotent.

    Raises:
        AccountMisnamed
    """
    _check(kind, asset)
    wanted = set(owners)
    known = _find_many(kind, asset, wanted, union_id)
    if missing := wanted - known.keys():
        _open(kind, asset, list(missing), union_id)
        known |= _find_many(kind, asset, missing, union_id)
    return known


def _check(kind: str, asset: str) -> None:
    if kind not in Account.Kind.values:
        raise AccountMisnamed(f"There is no account of kind {kind!r}.", field="kind")
    if asset not in Asset.values:
        raise AccountMisnamed(f"There is no asset {asset!r}.", field="asset")


def _open(kind: str, asset: str, owners: Sequence[UUID | None], union_id: UUID | None) -> None:
    """Sorted by owner, so that two sessions opening the same accounts wait for each other in one order."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            how = [kind in SUMMED_KINDS, kind in SYSTEM_KINDS]
            cursor.execute(OPEN, [union_id, str(kind), str(asset), *how, _array(owners)])
    except IntegrityError as error:
        raise AccountMisnamed(field="owner") from error


def _find(kind: str, asset: str, owner: UUID | None, union_id: UUID | None) -> int | None:
    party = {"kind": kind, "asset": asset, "owner": owner, "union_id": union_id}
    return Account.objects.filter(**party).values_list("id", flat=True).first()


def _find_many(kind: str, asset: str, owners: set[UUID], union_id: UUID | None) -> dict[UUID, int]:
    of_union = "union_id IS NULL" if union_id is None else "union_id = %s"
    by_text = {str(owner): owner for owner in owners}
    parameters: list[str | UUID] = [str(kind), str(asset), _array(owners)]
    if union_id is not None:
        parameters.append(union_id)
    with connection.cursor() as cursor:
        cursor.execute(FIND + of_union, parameters)
        return {by_text[owner]: account for owner, account in cursor.fetchall()}


def _array(owners: Iterable[UUID | None]) -> str:
    """One text instead of many parameters: with a hundred thousand owners that is most of the time."""
    return "{" + ",".join("NULL" if owner is None else str(owner) for owner in owners) + "}"
