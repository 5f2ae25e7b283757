import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.vehicles.factories import NOW, make_user
from tests.vehicles.importers.files import asleep, teslafi_csv, teslafi_row
from vehicles import import_pages, imports
from vehicles.import_tasks import run_import, sweep_imports
from vehicles.models import ImportBatch

pytestmark = pytest.mark.django_db
CONTENT = teslafi_csv(
    *(teslafi_row(f"2020-01-01 10:0{n}:00") for n in range(5)), asleep("2020-01-01 10:09:00")
).encode()


@pytest.fixture
def driver():
    return make_user()


@pytest.fixture
def signed_in(driver):
    client = Client()
    client.force_login(driver)
    return client


def upload(signed_in, content=CONTENT, **fields):
    form = {"format": "teslafi", "timezone": "Europe/Berlin", "vehicle": "", **fields}
    return signed_in.post(reverse("import"), {**form, "file": SimpleUploadedFile("TeslaFi12020.csv", content)})


def test_a_driver_uploads_follows_and_reads_the_result(signed_in):
    assert signed_in.get(reverse("import")).status_code == 200
    answer = upload(signed_in)
    batch = ImportBatch.objects.get()
    assert answer.url == reverse("import-progress", args=[batch.pk])
    waiting = signed_in.get(answer.url).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    run_import(batch_id=str(batch.pk))
    fragment = signed_in.get(answer.url, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in fragment
    assert "<html" not in fragment
    assert "The car was asleep" in fragment
    assert "blank_row" in fragment
    listed = signed_in.get(reverse("imports")).content.decode()
    assert "TeslaFi12020.csv" in listed


def test_no_zone_is_chosen_beforehand_and_none_is_refused_at_its_field(signed_in):
    assert 'value="" selected' in signed_in.get(reverse("import")).content.decode()
    answer = upload(signed_in, timezone="")
    assert answer.status_code == 422
    assert "say which zone" in answer.content.decode()
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"content": b""}, "The file is empty"),
        ({"content": b"PK\x03\x04" + CONTENT}, "unpack the file first"),
        ({"format": "geotab"}, "Select a valid choice"),
        ({"timezone": "Mars/Base"}, "Select a valid choice"),
        ({"vehicle": "5"}, "is not a valid"),
        ({"vehicle": "0c6f6e2e-7d0c-4b5f-9d53-0d6f5d4b8f10"}, "Select a valid choice"),
    ],
)
def test_bad_input_is_answered_in_words_at_the_form(signed_in, fields, words):
    answer = upload(signed_in, **fields)
    assert answer.status_code in (413, 422)
    assert words in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_a_form_without_a_file_is_answered_in_words(signed_in):
    answer = signed_in.post(reverse("import"), {"format": "teslafi", "timezone": "UTC"})
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()


def test_a_file_over_the_limit_never_reaches_the_disk(signed_in, monkeypatch):
    monkeypatch.setattr(import_pages, "LARGEST_FILE", 1000)
    answer = upload(signed_in)
    assert answer.status_code == 413
    assert "larger than" in answer.content.decode()
    assert not ImportBatch.objects.exists()


def test_a_broken_file_shows_its_reason(signed_in):
    upload(signed_in, CONTENT[:-80])
    batch = ImportBatch.objects.get()
    run_import(batch_id=str(batch.pk))
    shown = signed_in.get(reverse("import-progress", args=[batch.pk])).content.decode()
    assert "cells where the header names" in shown
    assert "Nothing of the file was stored" in shown


def test_undo_deletes_and_the_page_says_so(signed_in):
    upload(signed_in)
    batch = ImportBatch.objects.get()
    address = reverse("import-undo", args=[batch.pk])
    assert signed_in.post(address).status_code == 409
    run_import(batch_id=str(batch.pk))
    assert signed_in.get(address).status_code == 405
    answer = signed_in.post(address, follow=True)
    assert "This import was undone" in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == "undone"


@pytest.mark.parametrize("name", ["import-progress", "import-undo"])
def test_a_neighbor_and_a_stranger_see_nothing_of_an_import(signed_in, name):
    upload(signed_in)
    address = reverse(name, args=[ImportBatch.objects.get().pk])
    neighbor = Client()
    neighbor.force_login(make_user())
    assert neighbor.get(address).status_code in (404, 405)
    assert neighbor.post(address).status_code in (404, 405)
    stranger = Client().get(address)
    assert (stranger.status_code, stranger.url.split("?")[0]) == (302, reverse("account_login"))
    assert "TeslaFi12020" not in neighbor.get(reverse("imports")).content.decode()


def test_the_upload_needs_its_token(driver):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(driver)
    assert upload(strict).status_code == 403
    assert not ImportBatch.objects.exists()


def test_pages_ask_few_questions(signed_in, driver, django_assert_max_num_queries):
    for _ in range(3):
        upload(signed_in)
    for batch in ImportBatch.objects.all():
        imports.run_import(batch_id=batch.pk, now=NOW)
    with django_assert_max_num_queries(12):
        signed_in.get(reverse("imports"))
    with django_assert_max_num_queries(12):
        signed_in.get(reverse("import-progress", args=[ImportBatch.objects.first().pk]))


def test_a_sweep_finds_an_import_whose_message_was_lost(signed_in, monkeypatch):
    upload(signed_in)
    batch = ImportBatch.objects.get()
    sent = []
    monkeypatch.setattr(run_import, "delay", lambda **arguments: sent.append(arguments))
    sweep_imports()
    assert sent == []
    ImportBatch.objects.update(created_at=NOW.replace(year=2020))
    sweep_imports()
    assert sent == [{"batch_id": str(batch.pk)}]


def test_the_towns_map_is_open_cached_and_answers_unchanged():
    first = Client().get(reverse("basemap"))
    assert first["Content-Type"] == "application/geo+json"
    assert "max-age" in first["Cache-Control"]
    again = Client().get(reverse("basemap"), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert Client().get(reverse("basemap"), headers={"Accept-Encoding": "gzip"})["Content-Encoding"] == "gzip"
