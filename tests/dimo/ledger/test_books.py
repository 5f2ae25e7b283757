"""Whoever writes past the triggers is found out by the books themselves."""

from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command

from dimo.ledger.books import BooksDoNotBalance, check_books, findings
from dimo.ledger.tasks import check_books as check_books_task
from tests.dimo.ledger.parties import buyer, driver, move

pytestmark = pytest.mark.django_db(transaction=True)

FORGERIES = {
    "UPDATE ledger_entry SET amount = amount + 1 WHERE amount > 0": "an asset does not sum to zero",
    "DELETE FROM ledger_entry": "a journal does not sum to zero, or not all of it is there",
    "UPDATE ledger_balance SET amount = amount + 1 WHERE NOT lazy": "a balance is not the sum of its entries",
    "UPDATE ledger_balance SET amount = amount + 1 WHERE lazy": "a balance is not the sum of its entries",
    "UPDATE ledger_account SET asset = 'DUN'": "an entry names no account of its journal's asset",
    "DELETE FROM ledger_balance": "an account has no balance, or one of another asset",
    "INSERT INTO ledger_entry SELECT j.id, a.id, 1 FROM ledger_account a, ledger_journal j "
    "ON CONFLICT DO NOTHING": "a journal does not sum to zero, or not all of it is there",
}


@pytest.fixture
def forger(superuser: psycopg.Connection) -> psycopg.Connection:
    move(buyer(100), driver(), 60)
    superuser.execute("SET session_replication_role = replica")
    return superuser


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_found(forger, forgery):
    assert findings() == []
    forger.execute(forgery)
    assert FORGERIES[forgery] in {finding.fact for finding in findings()}
    with pytest.raises(BooksDoNotBalance):
        check_books()


def test_the_task_alarms_by_failing(forger):
    check_books_task()
    forger.execute("DELETE FROM ledger_entry WHERE amount > 0")
    with pytest.raises(BooksDoNotBalance):
        check_books_task()


def test_the_command_prints_each_contradiction_and_exits_with_an_error(forger):
    out, err = StringIO(), StringIO()
    call_command("check_books", stdout=out)
    assert "The books balance." in out.getvalue()
    forger.execute("UPDATE ledger_balance SET amount = 7 WHERE NOT lazy")
    with pytest.raises(CommandError, match="1 contradictions"):
        call_command("check_books", stderr=err)
    assert "a balance is not the sum of its entries" in err.getvalue()
