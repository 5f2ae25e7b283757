"""Reading the books."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from dimo.ledger.models import Account, Balance, Entry


@dataclass(frozen=True)
class Line:
    """One leg as its account's owner sees it; `amount` in base units, positive received."""

    journal_id: int
    at: datetime
    kind: str
    key: str
    amount: int


def balance(*, account_id: int) -> int:
    """What an account holds, in base units.

    Raises:
        Balance.DoesNotExist
    """
    kept = Balance.objects.get(pk=account_id)
    if not kept.lazy:
        return int(kept.amount)
    return int(Entry.objects.filter(account_id=account_id).aggregate(total=Sum("amount"))["total"] or 0)


def balance_of(*, kind: str, asset: str, owner: UUID | None = None, union_id: UUID | None = None) -> int:
    """What a party holds; zero where it has no account yet."""
    account = Account.objects.filter(kind=kind, asset=asset, owner=owner, union_id=union_id).first()
    return balance(account_id=account.pk) if account else 0


def statement(*, account_id: int, before: int | None = None, limit: int = 50) -> list[Line]:
    """An account's latest legs, newest first; `before` a journal id continues a list."""
    entries = Entry.objects.filter(account_id=account_id).select_related("journal").order_by("-journal_id")
    if before is not None:
        entries = entries.filter(journal_id__lt=before)
    return [
        Line(entry.journal_id, entry.journal.created_at, entry.journal.kind, entry.journal.key, entry.amount)
        for entry in entries[:limit]
    ]
