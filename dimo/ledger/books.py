"""Checking the books against themselves, in one statement and so at one moment."""

from dataclasses import dataclass

from django.db import connection

from dimo.errors import DomainError

FINDINGS = """
SELECT 'an asset does not sum to zero', j.asset, sum(e.amount)::text
  FROM ledger_entry e JOIN ledger_journal j ON j.id = e.journal_id GROUP BY j.asset HAVING sum(e.amount) <> 0
UNION ALL
SELECT 'a journal does not sum to zero, or not all of it is there', j.key, coalesce(sum(e.amount), 0)::text
  FROM ledger_journal j LEFT JOIN ledger_entry e ON e.journal_id = j.id
  GROUP BY j.id HAVING coalesce(sum(e.amount), 0) <> 0 OR j.legs IS DISTINCT FROM count(e.account_id)
UNION ALL
SELECT 'a balance is not the sum of its entries', b.account_id::text, b.amount::text
  FROM ledger_balance b
  LEFT JOIN (SELECT account_id, sum(amount) AS total FROM ledger_entry GROUP BY account_id) e USING (account_id)
  WHERE (NOT b.lazy AND b.amount <> coalesce(e.total, 0)) OR (b.lazy AND b.amount <> 0)
     OR (NOT b.allow_negative AND coalesce(e.total, 0) < 0)
UNION ALL
SELECT 'an entry names no account of its journal''s asset', e.account_id::text, e.amount::text
  FROM ledger_entry e
  LEFT JOIN ledger_journal j ON j.id = e.journal_id LEFT JOIN ledger_account a ON a.id = e.account_id
  WHERE j.asset IS DISTINCT FROM a.asset OR a.asset IS NULL
UNION ALL
SELECT 'an account has no balance, or one of another asset', a.id::text, a.asset
  FROM ledger_account a LEFT JOIN ledger_balance b ON b.account_id = a.id
  WHERE b.asset IS DISTINCT FROM a.asset OR b.lazy <> a.lazy OR b.allow_negative <> a.allow_negative
"""


@dataclass(frozen=True)
class Finding:
    """What is wrong, with which asset, journal key or account, and the figure found."""

    fact: str
    subject: str
    figure: str


class BooksDoNotBalance(DomainError):
    """The ledger contradicts itself. Nothing may be posted over this; find out who wrote past the triggers."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        first = findings[0]
        super().__init__(f"{len(findings)} contradictions; the first: {first.fact}: {first.subject} ({first.figure})")


def findings() -> list[Finding]:
    """Every contradiction in the books: sums, balances, missing or foreign legs. Reads all entries."""
    with connection.cursor() as cursor:
        cursor.execute(FINDINGS)
        return [Finding(*row) for row in cursor.fetchall()]


def check_books() -> None:
    """Do nothing when the books agree with themselves.

    Raises:
        BooksDoNotBalance
    """
    if found := findings():
        raise BooksDoNotBalance(found)
