"""A business event moves money once, whole, or not at all."""

from uuid import uuid4

import pytest
from django.db import transaction

from dimo.ledger import selectors
from dimo.ledger.books import findings
from dimo.ledger.models import Account, Entry, Journal
from dimo.ledger.posting import (
    AccountMisnamed,
    AlreadyReversed,
    AmountOutOfRange,
    InsufficientBalance,
    KeyReused,
    UnbalancedJournal,
    UnknownAccount,
    find,
    open_account,
    open_accounts,
    post,
    post_split,
    reverse,
)
from tests.dimo.ledger.parties import EURO, buyer, driver, move, world

pytestmark = pytest.mark.django_db
UINT256 = 2**256 - 1


def test_what_one_gives_the_other_receives():
    giver, receiver = buyer(100), driver()
    journal = move(giver, receiver, 60)
    assert (selectors.balance(account_id=giver), selectors.balance(account_id=receiver)) == (40, 60)
    assert journal.legs == 2
    assert findings() == []


def test_the_same_event_happens_once():
    giver, receiver = buyer(100), driver()
    first = move(giver, receiver, 60, key="sale:1")
    assert move(giver, receiver, 60, key="sale:1") == first
    assert selectors.balance(account_id=receiver) == 60
    assert find(key="sale:1") == first


def test_a_key_names_one_event_only():
    giver, receiver = buyer(100), driver()
    move(giver, receiver, 60, key="sale:1")
    with pytest.raises(KeyReused):
        move(giver, receiver, 61, key="sale:1")
    with pytest.raises(KeyReused):
        post(key="sale:1", kind="other", asset=EURO, legs=[(giver, -60), (receiver, 60)])
    with pytest.raises(KeyReused):
        post(key="sale:1", kind="test", asset=EURO, legs=[(giver, -60), (receiver, 60)], body={"sale": 2})
    assert selectors.balance(account_id=receiver) == 60


def test_two_unions_may_use_the_same_key():
    giver, receiver, union = buyer(100), driver(), uuid4()
    legs = [(giver, -10), (receiver, 10)]
    platform = post(key="k", kind="test", asset=EURO, legs=legs)
    unions = post(key="k", kind="test", asset=EURO, legs=legs, union_id=union)
    assert platform != unions
    assert (find(key="k"), find(key="k", union_id=union)) == (platform, unions)


@pytest.mark.parametrize("make", [buyer, lambda amount: give(driver(), amount)])
def test_nobody_gives_more_than_they_hold(make):
    giver, receiver = make(100), driver()
    with pytest.raises(InsufficientBalance):
        move(giver, receiver, 101, key="too much")
    assert find(key="too much") is None
    move(giver, receiver, 100)
    assert selectors.balance(account_id=giver) == 0


def give(account: int, amount: int) -> int:
    move(world(), account, amount)
    return account


def test_a_refusal_leaves_the_callers_transaction_usable():
    giver, receiver = buyer(10), driver()
    with transaction.atomic():
        with pytest.raises(InsufficientBalance):
            move(giver, receiver, 11)
        move(giver, receiver, 10)
    assert selectors.balance(account_id=receiver) == 10


@pytest.mark.parametrize("amounts", [(-60, 59), (-60, 60.0), (0, 0), (-1.5, 1.5)])
def test_legs_that_are_not_whole_or_do_not_sum_to_zero_are_refused(amounts):
    accounts = buyer(100), driver()
    with pytest.raises(UnbalancedJournal):
        post(key="k", kind="test", asset=EURO, legs=list(zip(accounts, amounts, strict=True)))
    assert find(key="k") is None


def test_legs_of_one_account_are_added_up():
    giver, receiver = buyer(100), driver()
    journal = post(
        key="k",
        kind="test",
        asset=EURO,
        legs=[(giver, -30), (receiver, 30), (giver, -20), (receiver, 20), (world(), 0)],
    )
    assert list(journal.entries.order_by("account_id").values_list("account_id", "amount")) == sorted(
        [(giver, -50), (receiver, 50)]
    )


def test_an_account_that_nobody_opened_receives_nothing():
    with pytest.raises(UnknownAccount):
        move(buyer(100), 10**12, 60)


def test_an_account_of_another_asset_receives_nothing():
    with pytest.raises(UnknownAccount):
        move(buyer(100), driver(asset="DUN"), 60)


def test_amounts_of_256_bits_are_exact():
    giver, receiver = buyer(UINT256, asset="DUN"), driver(asset="DUN")
    move(giver, receiver, UINT256 - 1, asset="DUN")
    assert selectors.balance(account_id=giver) == 1
    assert selectors.balance(account_id=receiver) == UINT256 - 1
    assert selectors.balance(account_id=world("DUN")) == -UINT256


def test_an_amount_beyond_78_digits_is_refused():
    with pytest.raises(AmountOutOfRange):
        move(world(), driver(), 10**78)


def test_a_split_pays_everybody_from_one_source():
    owners = [uuid4() for _ in range(1000)]
    accounts = open_accounts(kind="driver", asset=EURO, owners=owners)
    source, treasury = buyer(10_000_000), open_account(kind="treasury", asset=EURO)
    amounts = list(range(1, 1001))
    journal = post_split(
        key="sale",
        kind="settlement",
        asset=EURO,
        source=source,
        fixed=[(treasury, 77)],
        accounts=[accounts[owner] for owner in owners],
        amounts=amounts,
    )
    assert journal.legs == 1002
    assert selectors.balance(account_id=source) == 10_000_000 - 77 - sum(amounts)
    assert selectors.balance_of(kind="driver", asset=EURO, owner=owners[41]) == 42
    assert selectors.balance(account_id=treasury) == 77


def test_a_reversal_undoes_once_and_the_original_stays():
    giver, receiver = buyer(100), driver()
    journal = move(giver, receiver, 60)
    undone = reverse(journal=journal, key="undo")
    assert reverse(journal=journal, key="undo") == undone
    assert selectors.balance(account_id=giver) == 100
    assert Entry.objects.filter(journal=journal).count() == 2
    with pytest.raises(AlreadyReversed):
        reverse(journal=journal, key="undo again")


def test_what_a_receiver_has_spent_is_not_taken_back():
    giver, receiver = buyer(100), driver()
    journal = move(giver, receiver, 60)
    move(receiver, driver(), 1)
    with pytest.raises(InsufficientBalance):
        reverse(journal=journal, key="undo")


def test_a_party_has_one_account_per_kind_and_asset():
    owner = uuid4()
    first = open_account(kind="driver", asset=EURO, owner=owner)
    assert open_account(kind="driver", asset=EURO, owner=owner) == first
    assert open_accounts(kind="driver", asset=EURO, owners=[owner, owner])[owner] == first
    assert open_account(kind="buyer", asset=EURO, owner=owner) != first
    assert open_account(kind="driver", asset="DUN", owner=owner) != first
    assert Account.objects.filter(owner=owner).count() == 3


@pytest.mark.parametrize(
    "party",
    [
        {"kind": "driver"},
        {"kind": "treasury", "owner": uuid4()},
        {"kind": "union"},
        {"kind": "driver", "owner": uuid4(), "union_id": uuid4()},
        {"kind": "king", "owner": uuid4()},
        {"kind": "driver", "owner": uuid4(), "asset": "GOLD"},
    ],
)
def test_an_account_names_its_party(party):
    with pytest.raises(AccountMisnamed):
        open_account(**{"asset": EURO, **party})


def test_a_statement_lists_the_latest_first_and_continues():
    giver, receiver = buyer(100), driver()
    journals = [move(giver, receiver, amount) for amount in (1, 2, 3)]
    lines = selectors.statement(account_id=receiver, limit=2)
    assert [line.amount for line in lines] == [3, 2]
    rest = selectors.statement(account_id=receiver, before=lines[-1].journal_id)
    assert [(line.journal_id, line.amount, line.key) for line in rest] == [(journals[0].pk, 1, journals[0].key)]


def test_a_party_without_an_account_holds_nothing():
    assert selectors.balance_of(kind="driver", asset=EURO, owner=uuid4()) == 0
    assert Journal.objects.count() == 0
