"""Real sealers, killed by SIGKILL after each step of the move, with late data in between, and racing each other.

The moves are told twice: with the lake in a folder, and on a real S3 server, where a commit is a conditional put.
"""

import os
import signal
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.db import connections

from tests.vehicles.store import world
from tests.vehicles.store.conftest import folder  # noqa: F401
from tests.vehicles.store.object_storage import object_storage, s3_address  # noqa: F401
from vehicles.models import SealedDay
from vehicles.store import days, passes

pytestmark = pytest.mark.django_db(transaction=True)
SEALING = ("closed", "read", "written", "verified", "recorded")
LATE = ("late noted", "late written", "late verified", "late recorded")


@pytest.fixture(params=["folder", "object_storage"])
def lake(request):
    """Where sealed days lie."""
    return request.getfixturevalue(request.param)


def sealer(step: str, now=world.NOW) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.vehicles.store.killed_sealer", step, now.isoformat()]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env={**os.environ, "LAKE_URL": settings.LAKE_URL}, stderr=subprocess.PIPE
    )


def killed_after(step: str, now=world.NOW) -> None:
    process = sealer(step, now)
    _, words = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, words.decode()


def assert_each_once(sources, expected: int) -> None:
    found = world.everything(sources)
    assert world.twice(found) == []
    assert found.num_rows == expected


def in_the_table() -> int:
    """What any other engine finds in the Delta table, which knows nothing of PostgreSQL."""
    from vehicles.store import table

    return table.open_table().to_pyarrow_dataset().count_rows()


@pytest.mark.parametrize("step", SEALING)
def test_a_sealer_killed_after_any_step_loses_nothing_and_doubles_nothing(lake, step):
    sources = world.fleet()
    before = world.everything(sources)
    killed_after(step)
    assert world.everything(sources).equals(before)  # readers notice nothing of it
    came = world.messages(world.START + days.ONE / 4, count=5)
    assert world.store(sources[0], came).stored == 15  # the day is closed, and takes late data all the same
    assert_each_once(sources, before.num_rows + 15)
    passes.seal_due_days(now=world.NOW, day=world.DAY)
    assert_each_once(sources, before.num_rows + 15)
    assert in_the_table() == before.num_rows + 15
    passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY)
    assert SealedDay.objects.get().state == "dropped"
    assert_each_once(sources, before.num_rows + 15)


@pytest.mark.parametrize("step", LATE)
def test_a_pass_over_late_data_killed_after_any_step_moves_it_once(lake, step):
    sources = world.fleet()
    passes.seal_due_days(now=world.NOW, day=world.DAY)
    world.store(sources[0], world.messages(world.START + days.ONE / 4, count=5))
    before = world.everything(sources)
    killed_after(step)
    assert world.everything(sources).equals(before)
    world.store(sources[1], world.messages(world.START + days.ONE / 3, count=4))  # after it was noted what goes
    for _ in range(2):
        passes.seal_due_days(now=world.NOW, day=world.DAY)
        assert_each_once(sources, before.num_rows + 12)
    assert in_the_table() == before.num_rows + 12
    assert SealedDay.objects.get().rows == before.num_rows + 12


def test_a_sealer_killed_after_dropping_leaves_a_day_that_is_gone_from_postgresql_and_whole_in_the_lake(lake):
    sources = world.fleet()
    before = world.everything(sources)
    passes.seal_due_days(now=world.NOW, day=world.DAY)
    killed_after("dropped", world.AFTER_GRACE)
    world.forget_partitions()
    assert SealedDay.objects.get().state == "dropped"
    assert world.everything(sources).equals(before)


def test_two_sealers_racing_move_the_day_once(lake):
    sources = world.fleet()
    before = world.everything(sources)
    racers = [sealer("never") for _ in range(2)]
    for racer in racers:
        racer.communicate(timeout=120)
    assert {racer.returncode for racer in racers} <= {0, 3}  # done, or turned away
    assert SealedDay.objects.get().version == 1
    assert_each_once(sources, before.num_rows)
    assert in_the_table() == before.num_rows


def test_writers_and_readers_beside_a_sealer_see_every_value_once():
    sources = world.fleet()
    expected, stop, faults = [world.everything(sources).num_rows], threading.Event(), []

    def write() -> None:
        try:
            for number in range(12):
                world.store(sources[0], world.messages(world.START + days.ONE * (number + 20) / 96, count=3))
                expected.append(9)
        finally:
            stop.set()
            connections.close_all()

    def watch() -> None:
        known = 0
        try:
            while not stop.is_set():
                found = world.everything(sources)
                faults.extend(world.twice(found))
                if found.num_rows < known:
                    faults.append(("lost", known, found.num_rows))
                known = found.num_rows
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=act) for act in (write, watch)]
    for thread in threads:
        thread.start()
    while not stop.is_set():
        passes.seal_due_days(now=world.NOW, day=world.DAY)
    for thread in threads:
        thread.join()
    passes.seal_due_days(now=world.NOW, day=world.DAY)
    assert faults == []
    assert_each_once(sources, sum(expected))
    assert in_the_table() == sum(expected)
