"""Row-level security, asked in raw SQL as the application's own role: the net below every filter."""

import os
import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth import login
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dimo import tenancy
from dimo.users.models import User
from tests.unions.factories import member as make_member
from tests.unions.factories import union as make_union
from unions.models import Membership, Union

# Tables that name a union and have no policy, and why that is right.
OPEN = {
    "dimo_auditevent": "the ground's log is read by one selector, and written by every rule in whoever's name",
    "ledger_journal": "the books of all unions stand in one table, and its selectors name the union",
    "ledger_account": "accounts are looked up by owner and kind; balances of unions are published",
}
TENANT_TABLES = """
SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
       EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'union_id' AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
"""


def seen() -> set[Any]:
    """The unions whose memberships a bare query finds now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT union_id FROM unions_membership")
        return {union for (union,) in cursor.fetchall()}


@pytest.fixture
def two(db: None) -> tuple[Union, Union]:
    """Two unions with a member each."""
    first, second = make_union(), make_union()
    make_member(first)
    make_member(second)
    return first, second


def test_every_table_that_names_a_union_is_secured_or_says_why_not(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TENANT_TABLES)
        found = {name: forced and has_policy for name, forced, has_policy in cursor.fetchall()}
    assert {name for name, secured in found.items() if not secured} == set(OPEN)
    assert len(found) >= 10


def test_the_role_of_the_application_cannot_look_past_policies(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls, rolname FROM pg_roles WHERE rolname IN (current_user, 'dimo_owner')"
        )
        assert {looks_past for looks_past, _ in cursor.fetchall()} == {False}


def test_without_a_scope_nobodys_rows_are_there(two: tuple[Union, Union]) -> None:
    with tenancy.scope(tenancy.NOBODY):
        assert seen() == set()
        assert not Membership.objects.exists()


def test_in_a_unions_name_a_bare_query_finds_that_unions_rows_alone(two: tuple[Union, Union]) -> None:
    first, second = two
    with tenancy.only_union(first.pk):
        assert seen() == {first.pk}
    with tenancy.only_union(second.pk):
        assert seen() == {second.pk}


def test_a_person_finds_their_own_rows_and_a_steward_those_of_the_union(two: tuple[Union, Union]) -> None:
    first, second = two
    member = Membership.objects.get(union=first).member
    steward = second.seats.get(until=None).user
    with tenancy.scope(tenancy.Scope(person=member.pk)):
        assert seen() == {first.pk}
    with tenancy.scope(tenancy.Scope(person=steward.pk)):
        assert seen() == {second.pk}


def test_a_row_of_another_union_cannot_be_written(two: tuple[Union, Union]) -> None:
    first, second = two
    other = Membership.objects.get(union=second)
    with tenancy.only_union(first.pk):
        assert Membership.objects.filter(pk=other.pk).update(state="left") == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Membership.objects.create(
                union=second, vehicle=other.vehicle, member=other.member, owner_epoch=1, state="requested"
            )


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_served_one_union_keeps_nothing_for_the_next() -> None:
    first, second = make_union(), make_union()
    make_member(first)
    make_member(second)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()
        for union in (first, second, first):
            with tenancy.only_union(union.pk):
                assert seen() == {union.pk}
        with tenancy.scope(tenancy.NOBODY):
            assert seen() == set()
            cursor.execute("SELECT pg_backend_pid()")
            assert cursor.fetchone() == backend


@pytest.mark.django_db(transaction=True)
def test_a_request_leaves_no_scope_behind() -> None:
    union = make_union()
    row = make_member(union)
    client = Client()
    client.force_login(row.member)
    assert union.name in client.get(reverse("consent"), follow=True).content.decode()
    assert tenancy.current() == tenancy.base


def test_who_signs_in_during_a_request_is_at_work_from_then_on(two: tuple[Union, Union], rf: RequestFactory) -> None:
    first, _ = two
    member = Membership.objects.get(union=first).member
    request = rf.get("/")
    request.session = Client().session
    with tenancy.scope(tenancy.NOBODY):
        login(request, member, backend="django.contrib.auth.backends.ModelBackend")
        assert seen() == {first.pk}


def test_the_web_process_begins_as_nobody_and_a_worker_as_the_platform() -> None:
    begun = "from dimo import tenancy; print(tenancy.base == tenancy.NOBODY)"
    web = f"import dimo.asgi; {begun}"
    worker = f"import dimo.celery; from celery.signals import worker_process_init as s; s.send(None); {begun}"
    for program, nobody in ((web, "True"), (worker, "False")):
        told = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ)
        )
        assert told.stdout.split()[-1] == nobody


class Connections(RuleBasedStateMachine):
    """Transactions, savepoints, rollbacks and scopes in any order: a query always sees its scope and no more."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[transaction.Atomic] = []
        self.wanted = tenancy.NOBODY
        self.token = tenancy.entered.set(tenancy.NOBODY)

    @initialize()
    def two_unions(self) -> None:
        with tenancy.everything():
            self.ids = list(Union.objects.order_by("name").values_list("pk", flat=True))

    @rule(which=st.sampled_from(["nobody", 0, 1, "everything"]))
    def enter(self, which: str | int) -> None:
        self.wanted = {"nobody": tenancy.NOBODY, "everything": tenancy.EVERYTHING}.get(which) or tenancy.Scope(  # type: ignore[call-overload]
            unions=frozenset({self.ids[int(which)]})
        )
        tenancy.entered.set(self.wanted)

    @rule()
    def begin(self) -> None:
        if len(self.blocks) < 4:
            block = transaction.atomic()
            block.__enter__()
            self.blocks.append(block)

    @rule(fails=st.booleans())
    def end(self, fails: bool) -> None:
        if self.blocks:
            block = self.blocks.pop()
            error = ValueError("undone")
            block.__exit__(*((ValueError, error, None) if fails else (None, None, None)))

    @invariant()
    def sees_its_scope(self) -> None:
        if hasattr(self, "ids"):
            expected = set(self.ids) if self.wanted.everything else set(self.wanted.unions)
            assert seen() == expected

    def teardown(self) -> None:
        while self.blocks:
            self.blocks.pop().__exit__(None, None, None)
        tenancy.entered.reset(self.token)


@pytest.fixture
def committed(transactional_db: None) -> None:
    for _ in range(2):
        make_member(make_union())


@pytest.mark.usefixtures("committed")
def test_no_order_of_transactions_and_rollbacks_shows_another_scopes_rows() -> None:
    run_state_machine_as_test(Connections, settings=settings(max_examples=40, stateful_step_count=20, database=None))
    assert User.objects.exists()
