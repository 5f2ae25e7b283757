"""Real erasers, killed by SIGKILL after each step; and a device that goes on sending meanwhile."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.chaos.locks import let_go
from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.erasure import world as leaving
from tests.vehicles.store import world
from tests.vehicles.store.conftest import folder  # noqa: F401
from vehicles import imports
from vehicles.erasure import asking, running
from vehicles.models import Erasure, ErasureCertificate, Vehicle
from vehicles.store import seal

pytestmark = pytest.mark.django_db(transaction=True)


def killed_after(erasure: Erasure, step: str) -> None:
    command = [sys.executable, "-m", "tests.vehicles.erasure.killed_eraser", str(erasure.pk), step]
    process = subprocess.Popen(
        [*command, leaving.NOW.isoformat()],
        cwd=settings.BASE_DIR,
        env={**os.environ, "LAKE_URL": settings.LAKE_URL},
        stderr=subprocess.PIPE,
    )
    _, words = process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL, words.decode()
    person = erasure.person_id % 2**31
    let_go((running.LOCK, person), (imports.LOCK, person))


@pytest.mark.parametrize("step", running.STEPS)
def test_an_eraser_killed_after_any_step_is_finished_by_the_next_with_the_same_counts(step):
    source, [other] = leaving.full_vehicle(), world.fleet(1)
    seal.seal_day(day=world.DAY, now=leaving.NOW)
    before = world.everything([other])
    asked = asking.erase_vehicle(owner=source.vehicle.owner, vehicle=source.vehicle, now=leaving.NOW)
    killed_after(asked, step)
    done = running.run_erasure(erasure_id=asked.pk, now=leaving.NOW)
    assert (done.state, ErasureCertificate.objects.count()) == ("done", 1)
    assert leaving.tables_naming(source.vehicle_id) == set()
    assert leaving.in_files() == {other.vehicle_id}
    assert world.everything([other]).equals(before)
    counts = {"vehicles_trip": 2, "lake values": 484, "message": 242, "vehicles_pairing": 1, "vehicles_vehicle": 1}
    assert counts.items() <= done.counts.items()


def test_a_device_that_goes_on_sending_is_refused_and_leaves_nothing():
    device = make_client()
    vehicle, taken = device.vehicle, []
    assert post(Client(), [device.signed([reading(ago=200)])]).json()["accepted"] == 1
    asked = asking.erase_vehicle(owner=vehicle.owner, vehicle=vehicle, now=timezone.now())
    stop, faults = threading.Event(), []

    def send() -> None:
        try:
            ago = 190.0
            while not stop.is_set() or not taken:
                ago -= 0.01  # measured before it was asked, so that only the erasure refuses it
                answer = post(Client(), [device.signed([reading(ago=ago)])])
                taken.append((answer.status_code, answer.json().get("accepted", 0)))
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    sender = threading.Thread(target=send)
    sender.start()
    running.run_erasure(erasure_id=asked.pk, now=timezone.now())
    stop.set()
    sender.join()
    assert faults == []
    assert post(Client(), [device.signed([reading(ago=5)])]).json().get("accepted", 0) == 0
    assert leaving.tables_naming(vehicle.pk) == set()
    assert not Vehicle.objects.filter(pk=vehicle.pk).exists()


def test_what_a_device_measured_before_is_refused_as_soon_as_the_erasing_has_begun():
    device, taken = make_client(), []
    vehicle = device.vehicle
    asked = asking.erase_vehicle(owner=vehicle.owner, vehicle=vehicle, now=timezone.now())

    def send(step: str) -> None:
        if step == "closed":
            taken.append(post(Client(), [device.signed([reading(ago=120)])]).json().get("accepted", 0))

    running.run_erasure(erasure_id=asked.pk, now=timezone.now(), reached=send)
    assert taken == [0]
    assert leaving.tables_naming(vehicle.pk) == set()
