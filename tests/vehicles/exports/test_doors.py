"""The doors of exports: page, archive behind a fresh sign-in, API."""

import zipfile
from io import BytesIO

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from dimo.api import keys
from tests.vehicles.factories import NOW, make_user
from vehicles.exports import building, pages, tables
from vehicles.models import DataExport

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a long enough password"


@pytest.fixture
def hints(monkeypatch):
    heard = []
    monkeypatch.setattr("vehicles.exports.tasks.build_export.delay", lambda **facts: heard.append(facts))
    return heard


def person(**fields):
    user = make_user(password=PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def body_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def ready(owner) -> DataExport:
    from django.utils.timezone import now

    asked = building.start_export(owner=owner, now=now())
    return building.build_export(export_id=asked.pk, now=now())


def test_a_person_asks_once_and_follows_it(client, hints, django_assert_max_num_queries):
    client.force_login(user := person())
    assert client.post(reverse("export")).status_code == 302
    [export] = DataExport.objects.all()
    assert hints == [{"export_id": str(export.pk)}]
    refused = client.post(reverse("export"))
    assert (refused.status_code, "being made already" in refused.content.decode()) == (409, True)
    with django_assert_max_num_queries(12):
        page = client.get(reverse("export")).content.decode()
    assert "Waiting for a free worker" in page
    assert 'hx-trigger="every 2s"' in page
    assert all(table.name in page for table in tables.registered())
    building.build_export(export_id=export.pk, now=NOW)
    part = client.get(reverse("export-state"), headers={"HX-Request": "true"}).content.decode()
    assert ("every 2s" in part, reverse("export-file", args=[export.pk]) in part) == (False, True)
    assert set(pages.TONES) == set(DataExport.State.values)
    assert building.exports_of(owner=user).get() == export


def test_the_archive_asks_for_a_fresh_sign_in_and_is_there_for_its_owner_alone(client):
    owner = person()
    export = ready(owner)
    path = reverse("export-file", args=[export.pk])
    assert client.get(path).status_code == 302
    client.force_login(owner)
    asked = client.get(path)
    assert (asked.status_code, "reauthenticate" in asked["Location"]) == (302, True)
    confirmed = client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": path})
    assert confirmed["Location"] == path
    answer = client.get(path)
    assert answer.status_code == 200
    content = body_of(answer)
    assert "data-dictionary.json" in zipfile.ZipFile(BytesIO(content)).namelist()
    part = client.get(path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, body_of(part)) == (206, content[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(content)}"
    stranger = person()
    client.force_login(stranger)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(path).status_code == 404


def test_the_api_starts_and_tells_and_never_shows_somebody_elses(client, hints):
    owner, other = person(), person()
    _, key = keys.issue_key(user=owner, label="k", scopes=["driver"], expires_at=None)
    bearer = {"Authorization": f"Bearer {key}", "Idempotency-Key": "one"}
    first = client.post(reverse("api-export"), {}, content_type="application/json", headers=bearer)
    assert (first.status_code, first.json()["state"]) == (202, "queued")
    assert (
        client.post(reverse("api-export"), {}, content_type="application/json", headers=bearer).json() == first.json()
    )
    again = client.post(
        reverse("api-export"), {}, content_type="application/json", headers={"Authorization": f"Bearer {key}"}
    )
    assert (again.status_code, again.json()["code"]) == (409, "export_running")
    assert len(hints) == 1
    assert [each["id"] for each in client.get(reverse("api-export"), headers=bearer).json()] == [first.json()["id"]]
    _, narrow = keys.issue_key(user=owner, label="n", scopes=["device"], expires_at=None)
    assert client.get(reverse("api-export"), headers={"Authorization": f"Bearer {narrow}"}).status_code == 403
    client.force_login(other)
    assert client.get(reverse("api-export")).json() == []
