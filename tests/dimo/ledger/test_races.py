"""Many at once: the books come out as if they had come one by one, and nobody waits for ever."""

from random import Random
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from dimo.ledger import selectors
from dimo.ledger.books import findings
from dimo.ledger.models import Journal
from dimo.ledger.posting import InsufficientBalance, KeyReused, open_accounts, post
from dimo.runtime.postgres import APP
from tests.dimo.ledger.parties import EURO, add_journal, at_once, buyer, driver, entries, move, world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("kind", ["stored", "summed"])
def test_of_twenty_who_take_sixty_of_a_hundred_one_wins(kind):
    giver, receiver = buyer(100) if kind == "stored" else driver(), driver()
    if kind == "summed":
        move(world(), giver, 100)
    outcomes = at_once(20, lambda n: move(giver, receiver, 60))
    assert [type(o) for o in outcomes if not isinstance(o, InsufficientBalance)] == [Journal]
    assert (selectors.balance(account_id=giver), selectors.balance(account_id=receiver)) == (40, 60)
    assert findings() == []


def test_twins_of_one_event_post_it_once():
    giver, receiver = buyer(100), driver()
    outcomes = at_once(12, lambda n: move(giver, receiver, 10, key="event"))
    assert len(set(outcomes)) == 1
    assert selectors.balance(account_id=giver) == 90


def test_twins_that_disagree_post_one_and_refuse_the_others():
    giver, receiver = buyer(100), driver()
    outcomes = at_once(8, lambda n: move(giver, receiver, n + 1, key="event"))
    posted = [o for o in outcomes if isinstance(o, Journal)]
    assert len(posted) == 1
    assert {type(o) for o in outcomes if o not in posted} == {KeyReused}


def test_concurrent_settlements_of_the_same_accounts_never_deadlock():
    """Every account is both debited and credited, in another order by each thread, stored and summed alike."""
    accounts = [buyer(1_000_000) for _ in range(30)] + [driver() for _ in range(30)]
    for account in accounts[30:]:
        move(world(), account, 1_000_000)

    def settle(number: int) -> int:
        random = Random(number)
        for turn in range(12):
            order = random.sample(accounts, len(accounts))
            legs = [(a, amount) for a, amount in zip(order, [1, -1] * 30, strict=True)]
            post(key=f"{number}-{turn}", kind="test", asset=EURO, legs=legs)
        return 12

    assert at_once(8, settle) == [12] * 8
    assert findings() == []
    assert sum(selectors.balance(account_id=a) for a in accounts) == 60_000_000


def test_statements_that_bypass_our_sorting_do_not_deadlock_either(services):
    accounts = [buyer(1_000_000) for _ in range(40)]

    def shuffle(number: int) -> int:
        random = Random(number)
        with services.postgres.connect(APP) as session:
            for _ in range(10):
                order = random.sample(accounts, len(accounts))
                legs = list(zip(order, [1, -1] * 20, strict=True))
                with session.transaction(), session.cursor() as cursor:
                    cursor.execute(*entries(add_journal(cursor), *legs))
        return number

    assert at_once(6, shuffle) == list(range(6))
    assert findings() == []


def test_an_old_snapshot_cannot_spend_what_another_spent(services):
    """Under REPEATABLE READ the sum of a summed balance is as old as the snapshot; the debit must fail, not pass."""
    giver, receiver = driver(), driver()
    move(world(), giver, 100)
    with services.postgres.connect(APP) as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        def spend_late() -> None:
            with session.transaction(), session.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM ledger_entry")
                move(giver, receiver, 60)
                cursor.execute(*entries(add_journal(cursor), (giver, -60), (receiver, 60)))

        with pytest.raises(errors.SerializationFailure):
            spend_late()
    assert selectors.balance(account_id=giver) == 40


def test_racers_open_each_account_once():
    owners = [uuid4() for _ in range(50)]

    def open_all(number: int) -> tuple:
        opened = open_accounts(kind="driver", asset=EURO, owners=Random(number).sample(owners, 50))
        return tuple(sorted(opened.items()))

    outcomes = at_once(8, open_all)
    assert len(set(outcomes)) == 1
    assert len(outcomes[0]) == 50


def test_a_credit_does_not_wait_for_a_credit_of_the_same_driver(services):
    account = driver()
    world_id = world()
    with services.postgres.connect(APP) as other, other.transaction(), other.cursor() as cursor:
        cursor.execute(*entries(add_journal(cursor), (world_id, -5), (account, 5)))
        move(world_id, account, 7)
        assert selectors.balance(account_id=account) == 7
    assert selectors.balance(account_id=account) == 12
