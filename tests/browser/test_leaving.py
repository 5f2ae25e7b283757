"""Pages on which data leaves, as a browser sees them: export, erasing, receipt."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dimo.users.models import User
from tests.browser.visits import Visit
from tests.vehicles.factories import make_source, make_user, make_vehicle
from vehicles.erasure import asking, certificate, running
from vehicles.exports import building
from vehicles.models import DataExport

Open = Callable[..., Visit]
LOOKS = [("light", 1440), ("dark", 390), ("light", 390), ("dark", 1440)]


@pytest.fixture
def person(transactional_db: None) -> User:
    user = make_user(email="ada@example.org", name="Ada King")
    make_source(make_vehicle(owner=user, nickname="Blue"))
    return user


def looked_at(visit: Open, path: str, name: str, user: User | None) -> None:
    for theme, width in LOOKS:
        visit(path, user=user, theme=theme, width=width).settled().check(name)


def test_exports_ready_failed_and_under_way(visit: Open, person: User) -> None:
    now = timezone.now()
    ready = building.start_export(owner=person, now=now - timedelta(hours=1))
    building.build_export(export_id=ready.pk, now=now)
    DataExport.objects.create(owner=person, state="failed", asked_at=now - timedelta(days=9))
    DataExport.objects.create(
        owner=person, state="running", asked_at=now, phase="Blue, 2026-03", done_parts=17, total_parts=52
    )
    looked_at(visit, reverse("export"), "export", person)


def test_erasing_a_vehicle_its_receipt_and_an_account(visit: Open, person: User) -> None:
    vehicle = person.vehicles.get()
    looked_at(visit, reverse("vehicle-erase", args=[vehicle.public_id]), "vehicle-erase", person)
    looked_at(visit, reverse("account-erase"), "account-erase", person)
    asked = asking.erase_vehicle(owner=person, vehicle=vehicle, now=timezone.now())
    running.run_erasure(erasure_id=asked.pk, now=timezone.now())
    receipt = reverse("erasure-receipt", args=[asked.pk, certificate.link_secret(erasure_id=asked.pk)])
    looked_at(visit, receipt, "erasure-receipt", None)
    asking.erase_account(person=person, now=timezone.now())
    looked_at(visit, reverse("account-erase"), "account-waiting", person)
