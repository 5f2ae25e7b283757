"""The database refuses by itself what our rules would never ask: as the application, and as the tables' owner."""

from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import errors

from dimo.ledger.books import findings
from dimo.runtime.postgres import APP, OWNER
from tests.dimo.ledger.parties import EURO, add_journal, buyer, driver, entries, move, world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[APP, OWNER])
def role(request, services):
    """A connection of our own, so that commit and rollback are the test's."""
    with services.postgres.connect(request.param) as session:
        yield session


@pytest.fixture
def owner(services):
    with services.postgres.connect(OWNER) as session:
        yield session


def attempt(session: psycopg.Connection, *legs: tuple[int, object], asset: str = EURO) -> None:
    with session.transaction(), session.cursor() as cursor:
        cursor.execute(*entries(add_journal(cursor, asset), *legs))


def constraint(refusal: pytest.ExceptionInfo) -> str | None:
    return refusal.value.diag.constraint_name


def test_tests_do_not_run_as_the_owner_of_the_tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, tableowner FROM pg_tables WHERE tablename = 'ledger_entry'")
        assert cursor.fetchone() == (APP, OWNER)


@pytest.mark.parametrize("legs", [(-60, 59), (-60, 61), ("NaN", "NaN")])
def test_an_unbalanced_journal_is_refused(role, legs):
    accounts = world(), driver()
    with pytest.raises(errors.CheckViolation) as refusal:
        attempt(role, *zip(accounts, legs, strict=True))
    assert constraint(refusal) == "journal_sums_to_zero"


def test_a_batch_with_one_unbalanced_journal_is_refused_whole(role):
    giver, receiver = world(), driver()

    def post_both():
        with role.transaction(), role.cursor() as cursor:
            good, bad = add_journal(cursor), add_journal(cursor)
            one, more = entries(good, (giver, -5), (receiver, 5))
            cursor.execute(one + ", (%s, %s, %s), (%s, %s, %s)", [*more, bad, giver, -5, bad, receiver, 4])

    with pytest.raises(errors.CheckViolation):
        post_both()
    assert findings() == []


def test_an_unbalanced_copy_is_refused(role):
    accounts = world(), driver()

    def copy_in():
        with role.transaction(), role.cursor() as cursor:
            journal = add_journal(cursor)
            with cursor.copy("COPY ledger_entry (journal_id, account_id, amount) FROM STDIN") as copy:
                copy.write_row((journal, accounts[0], -60))
                copy.write_row((journal, accounts[1], 59))

    with pytest.raises(errors.CheckViolation):
        copy_in()


def test_two_legs_in_two_statements_are_refused(role):
    giver, receiver = world(), driver()

    def post_one_by_one():
        with role.transaction(), role.cursor() as cursor:
            journal = add_journal(cursor)
            cursor.execute(*entries(journal, (giver, -60)))
            cursor.execute(*entries(journal, (receiver, 60)))

    with pytest.raises(errors.CheckViolation):
        post_one_by_one()


def test_nothing_is_added_to_a_written_journal(role):
    journal = move(world(), driver(), 60)
    with pytest.raises(errors.ForeignKeyViolation) as refusal:
        role.execute(*entries(journal.pk, (driver(), -5), (driver(), 5)))
    assert constraint(refusal) == "journal_is_written_once"


def test_a_journal_without_entries_does_not_commit(role):
    with pytest.raises(errors.CheckViolation) as refusal:
        add_journal(role.cursor())
    assert constraint(refusal) == "journal_has_entries"


def test_an_entry_of_nothing_is_refused(role):
    with pytest.raises(errors.CheckViolation) as refusal:
        attempt(role, (world(), 0))
    assert constraint(refusal) == "an_entry_moves_something"


@pytest.mark.parametrize("kind", ["stored", "summed"])
def test_an_overdraft_is_refused(role, kind):
    giver = buyer(100) if kind == "stored" else driver()
    if kind == "summed":
        move(world(), giver, 100)
    with pytest.raises(errors.CheckViolation) as refusal:
        attempt(role, (giver, -101), (driver(), 101))
    assert constraint(refusal) == "balance_is_not_negative"
    attempt(role, (giver, -100), (driver(), 100))


def test_an_unknown_journal_is_refused(role):
    with pytest.raises(errors.ForeignKeyViolation) as refusal:
        role.execute(*entries(10**12, (world(), -1), (driver(), 1)))
    assert constraint(refusal) == "journal_is_written_once"


@pytest.mark.parametrize("stranger", ["unknown account", "other asset"])
def test_strangers_are_refused(role, stranger):
    receiver = 10**12 if stranger == "unknown account" else driver(asset="DUN")
    with pytest.raises(errors.ForeignKeyViolation) as refusal:
        attempt(role, (world(), -1), (receiver, 1))
    assert constraint(refusal) == "entry_names_known_accounts"


def test_a_journal_of_another_asset_is_refused_even_if_its_accounts_agree(role):
    giver, receiver = world(), driver()
    with pytest.raises(errors.ForeignKeyViolation) as refusal:
        attempt(role, (giver, -1), (receiver, 1), asset="DUN")
    assert constraint(refusal) == "entry_names_known_accounts"


def test_a_key_is_used_once(role):
    journal = move(world(), driver(), 1)
    with pytest.raises(errors.UniqueViolation) as refusal:
        role.execute(
            "INSERT INTO ledger_journal (kind, asset, key, body_sha256) VALUES ('x', 'EURC', %s, sha256(''))",
            [journal.key],
        )
    assert constraint(refusal) == "one_journal_per_event"


CHANGES = [
    "UPDATE ledger_entry SET amount = amount * 2",
    "DELETE FROM ledger_entry",
    "TRUNCATE ledger_entry",
    "UPDATE ledger_journal SET key = key || 'x'",
    "UPDATE ledger_journal SET legs = NULL",
    "DELETE FROM ledger_journal",
    "TRUNCATE ledger_journal CASCADE",
    "UPDATE ledger_account SET allow_negative = true",
    "DELETE FROM ledger_account",
    "TRUNCATE ledger_account CASCADE",
    "UPDATE ledger_balance SET amount = amount + 1",
    "INSERT INTO ledger_balance (account_id, asset, lazy, allow_negative, amount, version) "
    "SELECT id, asset, false, false, 5, 0 FROM ledger_account",
    "DELETE FROM ledger_balance",
    "TRUNCATE ledger_balance",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_owner_changes_nothing_that_is_written(owner, change):
    move(world(), buyer(), 60)
    # Emptying a table that another one references is refused for that already.
    refused = errors.RestrictViolation, errors.FeatureNotSupported
    with pytest.raises(refused):
        owner.execute(change)
    assert findings() == []


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to_change_what_is_written(change):
    move(world(), buyer(), 60)
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


@pytest.mark.parametrize("column", ["legs", "created_at", "public_id"])
def test_the_application_does_not_choose_a_journals_stamp_or_time(column):
    value = {"legs": "2", "created_at": "'2020-01-01'", "public_id": "gen_random_uuid()"}[column]
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_journal (kind, asset, key, body_sha256, {column}) "
            f"VALUES ('x', 'EURC', 'k', sha256(''), {value})"
        )
    assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege)


def test_only_system_accounts_may_go_below_zero(role):
    for kind, lazy, negative in (("buyer", False, True), ("buyer", True, False), ("driver", True, True)):
        with pytest.raises(errors.CheckViolation) as refusal:
            role.execute(
                "INSERT INTO ledger_account (kind, asset, owner, lazy, allow_negative) VALUES (%s, 'EURC', %s, %s, %s)",
                [kind, uuid4(), lazy, negative],
            )
        assert constraint(refusal) == "a_kind_says_how_its_balance_is_kept"


def test_a_balance_begins_at_zero_with_its_account():
    account = buyer()
    with connection.cursor() as cursor:
        cursor.execute("SELECT amount, version, lazy FROM ledger_balance WHERE account_id = %s", [account])
        assert cursor.fetchone() == (0, 0, False)


def test_the_triggers_ignore_the_callers_search_path(role):
    giver, receiver = buyer(100), driver()
    role.execute("SET search_path = pg_temp, public")
    role.execute("CREATE TEMP TABLE ledger_balance (account_id bigint, asset text, lazy bool, allow_negative bool)")
    with pytest.raises(errors.CheckViolation):
        attempt(role, (giver, -101), (receiver, 101))
