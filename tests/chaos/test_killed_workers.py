"""Real Celery workers, killed by SIGKILL in mid-work and replaced: delivered once, paid once, nothing left held."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic

import psycopg
import pytest
from django.utils import timezone

from dimo.ledger.books import findings
from dimo.ledger.models import Journal
from dimo.ledger.selectors import balance_of
from licensing import tasks as licensing_tasks
from licensing.datasets import claims, files
from licensing.models import Contribution, License
from rewards import tasks as rewards_tasks
from rewards.models import Share
from tests.licensing import factories
from tests.services import Services

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 90.0
Turn = Callable[[], object]


def until(reached: Callable[[], bool], *, turn: Turn = lambda: None) -> None:
    """Look again and again, doing what beat would do in between, until it is so."""
    end = monotonic() + PATIENCE
    while not reached():
        assert monotonic() < end, "it did not happen in time"
        turn()
        Event().wait(0.2)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts a worker of both queues as its own process group; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []
    log = (tmp_path / "worker.log").open("ab")

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "dimo.celery", "worker", "-Q", "celery,builds", "-c", "1"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", "-n", f"chaos-{len(started)}@%h"]
        started.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env={**os.environ}))
        return started[-1]

    yield start
    for process in started:
        kill(process)
    log.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the worker and its pool at once: no handler, no clean-up."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def stopped_at(services: Services, lock: str, *values: object) -> Iterator[Callable[[], bool]]:
    """Hold a lock; what is yielded tells whether somebody waits for it, which is where they are then killed."""
    with services.postgres.connect() as holder, services.postgres.connect() as looker, holder.transaction():
        holder.execute(lock, values or None)
        pid = holder.info.backend_pid

        def waits() -> bool:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
            found = looker.execute(asked, [pid]).fetchone()
            return found is not None and found[0] > 0

        yield waits


def gone(services: Services) -> Callable[[], bool]:
    """Whether the database has noticed that the killed worker's sessions are dead."""

    def none_active() -> bool:
        with services.postgres.connect() as looker:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            found = looker.execute(asked).fetchone()
        return found is not None and found[0] == 0

    return none_active


def state(license: License) -> str:
    license.refresh_from_db()
    return license.state


def beat() -> None:
    licensing_tasks.sweep_builds.apply_async()
    rewards_tasks.sweep_settlements.apply_async()


def test_a_worker_killed_in_mid_build_and_another_in_mid_settlement_still_pay_everybody_once(
    worker: Callable[[], subprocess.Popen[bytes]], services: Services
) -> None:
    union = factories.union()
    members = factories.fleet(union, 6)
    license = factories.license(union)
    price = license.price
    assert price > 0

    with stopped_at(services, "LOCK TABLE licensing_contribution IN SHARE ROW EXCLUSIVE MODE") as waits:
        first = worker()
        until(waits, turn=licensing_tasks.sweep_builds.apply_async)  # the file is written, its evidence is not
        kill(first)
    until(gone(services))
    assert state(license) == "building"
    assert balance_of(kind="escrow", asset="EURC", owner=license.pk) == price
    assert not Contribution.objects.exists()

    License.objects.filter(pk=license.pk).update(claimed_at=timezone.now() - claims.STALE_AFTER - timedelta(seconds=1))
    lock_escrow = """SELECT 1 FROM ledger_balance b JOIN ledger_account a ON a.id = b.account_id
                     WHERE a.kind = 'escrow' AND a.owner = %s FOR UPDATE OF b"""
    with stopped_at(services, lock_escrow, license.pk) as waits:
        second = worker()
        until(lambda: state(license) == "delivered", turn=licensing_tasks.sweep_builds.apply_async)
        until(waits, turn=rewards_tasks.sweep_settlements.apply_async)
        kill(second)
    until(gone(services))
    assert state(license) == "delivered"
    assert not Share.objects.exists()

    worker()
    until(lambda: state(license) == "settled", turn=beat)
    paid_once(license, len(members), price)


def paid_once(license: License, members: int, price: int) -> None:
    assert license.datasets.count() == 1
    assert not (files.lake() / "building" / str(license.pk)).exists()
    assert balance_of(kind="escrow", asset="EURC", owner=license.pk) == 0
    assert Journal.objects.filter(key=f"settle-license:{license.pk}").count() == 1
    assert Share.objects.filter(settlement_id=license.pk).count() == members
    settlement = license.settlement
    whole = settlement.protocol_amount + settlement.union_amount + settlement.drivers_amount
    assert whole == price
    assert findings() == []


def test_losing_every_message_loses_no_work(worker: Callable[[], subprocess.Popen[bytes]], services: Services) -> None:
    union = factories.union()
    members = factories.fleet(union, 6)
    license = factories.license(union)
    services.valkey.kill()
    services.valkey.start()
    with psycopg.connect(services.postgres.url("postgres")) as looker:
        assert looker.execute("SELECT count(*) FROM licensing_license WHERE state = 'funded'").fetchone() == (1,)
    worker()
    until(lambda: state(license) == "settled", turn=beat)
    paid_once(license, len(members), license.price)
