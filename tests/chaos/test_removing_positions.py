"""Real sweeps of exact positions, killed by SIGKILL after each step: the next leaves none, and nothing else goes."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from tests.vehicles.retention import world
from tests.vehicles.store.conftest import folder  # noqa: F401
from vehicles.models import ExactWish, LakeErasure, Trip
from vehicles.retention import sweeping
from vehicles.retention.choices import choose
from vehicles.store import passes

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = ("last values cleared", "asked", "hot erased", "lake erased", "files recorded", "vacuumed")


def killed_after(step: str) -> None:
    command = [sys.executable, "-m", "tests.vehicles.retention.killed_sweeper", step, world.NOW.isoformat()]
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env={**os.environ, "LAKE_URL": settings.LAKE_URL}, stderr=subprocess.PIPE
    )
    _, words = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, words.decode()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("finisher", ["sweep", "sealer"])
def test_a_sweep_killed_after_any_step_is_finished_by_the_next(step, finisher):
    source = world.driven(days=2)
    other = world.driven(days=2)
    world.seal_first()
    choose(owner=source.vehicle.owner, days=None, now=world.NOW)
    before, figures = world.kept(source), list(Trip.objects.order_by("pk").values_list("distance_km", "readings"))
    choose(owner=other.vehicle.owner, days=None, now=world.NOW)
    untouched = world.lying(other)
    make_due(source)
    killed_after(step)
    assert world.kept(source) == before
    if finisher == "sealer" and step != "last values cleared":
        passes.seal_due_days(now=world.NOW, day=world.DAY)  # an hourly pass finishes what was promised
    else:
        sweeping.sweep(now=world.NOW)
    assert world.lying(source) == 0
    assert world.lying(other) == untouched > 0
    assert world.kept(source) == before
    assert list(Trip.objects.order_by("pk").values_list("distance_km", "readings")) == figures
    assert not LakeErasure.objects.exists()
    assert set(source.trips.values_list("points_removed_at", flat=True)) == {world.NOW}
    assert set(other.trips.values_list("points_removed_at", flat=True)) == {None}


def make_due(source) -> None:
    """Their owner keeps a month."""
    ExactWish.objects.filter(owner=source.vehicle.owner).update(days=30)
