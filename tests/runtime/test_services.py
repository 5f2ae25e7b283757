"""The services that every test runs on."""

import os
import subprocess
import sys

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection

from dimo.runtime.parts import born_at
from dimo.users.models import User
from tests.runtime.test_parts import wait_until_gone
from tests.services import Services, sweep

pytestmark = pytest.mark.django_db


def test_tests_run_as_the_role_that_owns_no_table():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, (SELECT count(*) FROM pg_tables WHERE tableowner = current_user)")
        assert cursor.fetchone() == ("dimo_app", 0)


@pytest.mark.parametrize("_", range(2))
@pytest.mark.django_db(transaction=True)
def test_a_committed_row_is_gone_in_the_next_test(_):
    assert not User.objects.exists()
    User.objects.create(email="a@example.org")


@pytest.mark.django_db(transaction=True)
def test_reference_rows_survive_a_reset():
    assert ContentType.objects.filter(app_label="dimo", model="user").exists()


def test_the_cache_answers():
    cache.set("k", 1)
    assert cache.get("k") == 1


def test_a_killed_test_run_leaves_no_process_and_the_next_one_sweeps_its_folder(services: Services):
    script = (
        "import signal; from tests.services import Services; s = Services(); s.start();"
        "print(s.folder, s.postgres.part.pid, s.valkey.part.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as other:
        folder, *pids = other.stdout.readline().split()
        running = {int(pid): born_at(int(pid)) for pid in pids}
        assert all(running.values())
        other.kill()
    wait_until_gone(running)
    assert os.path.isdir(folder)
    sweep(services.folder.parent)
    assert not os.path.exists(folder)
    assert services.folder.exists()
