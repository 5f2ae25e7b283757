"""The owner of an unknown file names its columns, looks at the preview, and imports; nothing is stored before."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from tests.vehicles.factories import make_user, make_vehicle
from vehicles import column_imports, imports
from vehicles.column_imports import ChoicesMade
from vehicles.import_tasks import run_import, sweep_imports
from vehicles.models import ImportBatch, Trip, Vehicle

pytestmark = pytest.mark.django_db


def drive(start: str = "2026-11-01", speed: str = "Speed (mph)") -> bytes:
    rows = [f"{start}T10:{at // 60:02}:{at % 60:02}Z,{56 + at * 1e-4:.6f},10.2,20,80" for at in range(0, 600, 5)]
    return "\n".join([f"time,lat,lon,{speed},soc", *rows, "never,1,1,1,1"]).encode()


@pytest.fixture
def driver():
    return make_user()


@pytest.fixture
def signed_in(driver):
    client = Client()
    client.force_login(driver)
    return client


def upload(client, content=None, **fields):
    form = {"format": "columns", "timezone": "", "vehicle": "", **fields}
    answer = client.post(
        reverse("import"), {**form, "file": SimpleUploadedFile("logger.csv", drive() if content is None else content)}
    )
    return ImportBatch.objects.order_by("-created_at").first(), answer


CHOICES = {
    "clock": "iso",
    "timezone": "",
    "is_0": "time",
    "is_1": "currentLocationLatitude",
    "is_2": "currentLocationLongitude",
    "is_3": "speed",
    "unit_3": "mph",
    "is_4": "powertrainTractionBatteryStateOfChargeCurrent",
    "unit_4": "%",
}


def test_a_driver_names_the_columns_and_imports(signed_in):
    batch, answer = upload(signed_in)
    page = reverse("import-columns", args=[batch.pk])
    assert answer.url == page
    assert batch.state == ImportBatch.State.MAPPING
    seen = signed_in.get(page).content.decode()
    assert "32.18688" in seen  # 20 mph in the catalog's unit
    assert not Vehicle.objects.exists()
    answer = signed_in.post(page, {**CHOICES, "import": "1"})
    assert answer.url == reverse("import-progress", args=[batch.pk])
    run_import(batch_id=str(batch.pk))
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.DONE
    assert batch.stored == 120 * 4
    assert batch.rejected == {"bad_time": 1}
    assert Trip.objects.get().distance_km > 0.5
    assert signed_in.get(page).url == answer.url  # chosen once


def test_a_change_shows_the_preview_again_and_stores_nothing(signed_in):
    batch, _ = upload(signed_in)
    page = reverse("import-columns", args=[batch.pk])
    answer = signed_in.post(page, {**CHOICES, "unit_3": "m/s"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert ">72<" in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.MAPPING


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"is_0": ""}, "Choose the column that holds the time"),
        ({"is_4": "speed"}, "are both set to"),
        ({"clock": "sundial"}, "Select a valid choice"),
        ({"is_1": "warp"}, "Select a valid choice"),
        ({"timezone": "Mars/Base"}, "Select a valid choice"),
        ({f"is_{at}": "" for at in range(1, 5)}, "at least one column"),
    ],
)
def test_choices_that_do_not_fit_are_told_beside_the_form(signed_in, changes, words):
    batch, _ = upload(signed_in)
    answer = signed_in.post(reverse("import-columns", args=[batch.pk]), {**CHOICES, **changes, "import": "1"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == ImportBatch.State.MAPPING


def test_local_times_ask_for_their_zone(signed_in):
    batch, _ = upload(signed_in, drive().replace(b"Z,", b","))
    page = reverse("import-columns", args=[batch.pk])
    answer = signed_in.post(page, {**CHOICES, "import": "1"})
    assert answer.status_code == 422
    assert "say which zone" in answer.content.decode()
    assert signed_in.post(page, {**CHOICES, "timezone": "Europe/Berlin", "import": "1"}).status_code == 302


def test_the_next_file_with_these_columns_is_proposed_the_same_way(signed_in, driver):
    first, _ = upload(signed_in, drive(speed="v"))
    signed_in.post(reverse("import-columns", args=[first.pk]), {**CHOICES, "unit_3": "kn", "import": "1"})
    second, _ = upload(signed_in, drive("2026-11-02", speed="v"))
    assert column_imports.proposal(batch=second)[1].columns["v"].unit == "kn"
    other = Client()
    other.force_login(make_user())
    foreign, _ = upload(other, drive(speed="v"))
    assert "v" not in column_imports.proposal(batch=foreign)[1].columns


def test_the_same_logger_feeds_the_same_car_and_a_chosen_car_is_respected(signed_in, driver):
    for day in ("2026-11-01", "2026-11-02"):
        batch, _ = upload(signed_in, drive(day))
        column_imports.accept_proposal(batch=batch)
        imports.run_import(batch_id=batch.pk, now=now())
    assert Vehicle.objects.filter(owner=driver).count() == 1
    car = make_vehicle(owner=driver)
    batch, _ = upload(signed_in, drive("2026-11-03"), vehicle=str(car.public_id))
    column_imports.accept_proposal(batch=batch)
    imports.run_import(batch_id=batch.pk, now=now())
    assert car.trips.count() == 1


def test_a_neighbors_file_is_not_there(signed_in):
    batch, _ = upload(signed_in)
    stranger = Client()
    stranger.force_login(make_user())
    for name in ("import-columns", "import-drop"):
        assert stranger.post(reverse(name, args=[batch.pk]), CHOICES).status_code == 404
    assert stranger.get(reverse("import-columns", args=[batch.pk])).status_code == 404


def test_a_file_may_be_forgotten_and_one_left_alone_is(signed_in):
    batch, _ = upload(signed_in)
    path = Path(settings.MEDIA_ROOT) / batch.path
    assert path.is_file()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda act, **_: act())
        signed_in.post(reverse("import-drop", args=[batch.pk]))
        assert not path.exists()
        left, _ = upload(signed_in)
        sweep_imports()
        assert ImportBatch.objects.filter(pk=left.pk).exists()
        ImportBatch.objects.filter(pk=left.pk).update(created_at=now() - timedelta(days=2))
        sweep_imports()
    assert not ImportBatch.objects.exists()


def test_an_import_that_has_begun_cannot_be_forgotten_or_chosen_again(signed_in):
    batch, _ = upload(signed_in)
    plan = column_imports.proposal(batch=batch)[1]
    column_imports.accept_proposal(batch=batch)
    with pytest.raises(ChoicesMade):
        column_imports.drop(batch_id=batch.pk)
    with pytest.raises(ChoicesMade):
        column_imports.choose(batch_id=batch.pk, plan=plan, timezone="")


def test_a_file_that_is_no_table_says_so(signed_in):
    _batch, answer = upload(signed_in, b"just words\nand more\n")
    page = signed_in.get(answer.url)
    assert page.status_code == 422
    assert "names 1 columns" in page.content.decode()
