"""Real builders of exports, killed by SIGKILL: the next one goes on, and the archive is whole."""

import os
import signal
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings

from tests.chaos.locks import let_go
from tests.vehicles.erasure import world as leaving
from tests.vehicles.store.conftest import folder  # noqa: F401
from vehicles.exports import building, tables

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("step", ["words", "table trips", "{vehicle} 2025-03", "packed"])
def test_a_builder_killed_after_any_step_is_finished_by_the_next(step):
    vehicle = leaving.full_vehicle().vehicle
    asked = building.start_export(owner=vehicle.owner, now=leaving.NOW)
    command = [sys.executable, "-m", "tests.vehicles.exports.killed_builder", str(asked.pk)]
    process = subprocess.Popen(
        [*command, step.format(vehicle=vehicle.public_id), leaving.NOW.isoformat()],
        cwd=settings.BASE_DIR,
        env={**os.environ, "LAKE_URL": settings.LAKE_URL},
        stderr=subprocess.PIPE,
    )
    _, words = process.communicate(timeout=200)
    assert process.returncode == -signal.SIGKILL, words.decode()
    let_go((building.LOCK, vehicle.owner_id % 2**31))
    done = building.build_export(export_id=asked.pk, now=leaving.NOW)
    assert (done.state, done.attempts) == ("ready", 2)
    _, path = building.archive_of(owner=vehicle.owner, export_id=asked.pk, now=leaving.NOW)
    names = set(zipfile.ZipFile(path).namelist())
    assert {f"tables/{table.name}.csv" for table in tables.registered()} <= names
    assert f"vehicles/{vehicle.public_id}/readings/2025-03.csv" in names
    assert not [name for name in names if name.endswith(".part")]
