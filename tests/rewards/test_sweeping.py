"""Whoever settles, how many at once, and whatever dies meanwhile: each license is settled once."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest
from django.conf import settings
from django.db import transaction

from dimo.ledger import selectors
from dimo.ledger.books import findings
from dimo.ledger.models import Journal
from licensing.models import License
from rewards import settlement, tasks
from rewards.models import Settlement
from rewards.settlement import claim_delivered, settle_license
from tests.dimo.ledger.parties import at_once
from tests.rewards.factories import NOW, bought, deliver, delivered, fleet, union

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def three():
    """Three licenses of one union, delivered one after the other, whose members are in all of them."""
    of = union()
    rows = fleet(of, 6, messages=[])
    evidence = [(row, n, n) for n, row in enumerate(rows, start=1)]
    return [deliver(bought(of), evidence, now=NOW + timedelta(hours=hour)) for hour in range(3)]


def nothing_is_held_and_everybody_paid_once(licenses: list[License]) -> bool:
    held = [selectors.balance_of(kind="escrow", asset="EURC", owner=license.pk) for license in licenses]
    keys = set(Journal.objects.filter(kind="settle-license").values_list("key", flat=True))
    return not any(held) and keys == {f"settle-license:{license.pk}" for license in licenses} and findings() == []


def test_eight_workers_on_one_license_settle_it_once():
    license, _ = delivered()
    outcomes = at_once(8, lambda n: settle_license(license_id=license.pk, now=NOW))
    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], Journal)
    assert nothing_is_held_and_everybody_paid_once([license])


def test_sweepers_racing_settle_every_license_once(three):
    counts = at_once(6, lambda n: tasks.sweep_settlements())
    assert sum(counts) == 3
    assert nothing_is_held_and_everybody_paid_once(three)


def test_settlements_of_the_same_members_at_once_do_not_wait_for_ever(three):
    outcomes = at_once(3, lambda n: settle_license(license_id=three[n].pk, now=NOW))
    assert {type(outcome) for outcome in outcomes} == {Journal}
    assert nothing_is_held_and_everybody_paid_once(three)


def test_a_license_that_somebody_settles_is_passed_by(three):
    with transaction.atomic():
        first = claim_delivered()
        others = at_once(1, lambda n: [claim_in_a_transaction()])[0]
        assert first == three[0].pk
        assert others == [three[1].pk]


def claim_in_a_transaction():
    with transaction.atomic():
        return claim_delivered()


def test_there_is_nothing_to_claim_when_all_is_settled(three):
    assert tasks.sweep_settlements() == 3
    assert claim_in_a_transaction() is None
    assert tasks.sweep_settlements() == 0


def test_one_license_that_fails_alarms_and_does_not_stop_the_others(three, monkeypatch):
    note = settlement._note

    def note_unless_first(license: License, *rest: object) -> None:
        if license.pk == three[0].pk:
            raise ZeroDivisionError
        note(license, *rest)

    monkeypatch.setattr(settlement, "_note", note_unless_first)
    with pytest.raises(ExceptionGroup) as alarm:
        tasks.sweep_settlements()
    assert len(alarm.value.exceptions) == 1
    assert set(Settlement.objects.values_list("pk", flat=True)) == {three[1].pk, three[2].pk}


def test_the_task_is_safe_to_deliver_twice_and_waits_for_delivery(three):
    of = three[0].union
    waiting = bought(of)
    for _ in range(2):
        tasks.settle_license(license_id=str(three[0].pk))
        tasks.settle_license(license_id=str(waiting.pk))
    assert list(Settlement.objects.values_list("pk", flat=True)) == [three[0].pk]


CHILD = """
import sys, uuid, django
from dimo import tenancy
django.setup()
tenancy.work_for_the_platform()
from rewards.settlement import settle_license
settle_license(license_id=uuid.UUID(sys.argv[1]))
"""


def wait_until(happens: Callable[[], bool]) -> None:
    for _ in range(1500):
        if happens():
            return
        Event().wait(0.02)
    raise AssertionError("it did not happen within 30 seconds")


@pytest.mark.parametrize("table", ["rewards_settlement", "rewards_share", "dimo_auditevent"])
def test_a_worker_killed_in_mid_settlement_leaves_the_license_to_the_next(superuser, table):
    """The child stops at a locked table, with its journal written and not committed, and is killed there."""
    license, _ = delivered()
    superuser.autocommit = False
    superuser.execute(f"LOCK TABLE {table} IN SHARE MODE")
    worker = subprocess.Popen([sys.executable, "-c", CHILD, str(license.pk)], cwd=settings.BASE_DIR)
    stuck = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"
    wait_until(lambda: superuser.execute(stuck, [table]).fetchone() == (1,))
    worker.kill()
    assert worker.wait(timeout=20) == -9
    superuser.rollback()
    wait_until(lambda: claim_in_a_transaction() == license.pk)
    assert not Settlement.objects.exists()
    assert tasks.sweep_settlements() == 1
    assert nothing_is_held_and_everybody_paid_once([license])
