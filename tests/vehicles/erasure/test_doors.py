"""The doors of erasing: a fresh sign-in, a word to type, a week to call back, and a receipt behind a link."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.vehicles.exports.test_doors import PASSWORD, person
from tests.vehicles.factories import make_vehicle
from vehicles.erasure import certificate, running
from vehicles.models import Erasure, Vehicle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hints(monkeypatch):
    heard = []
    monkeypatch.setattr("vehicles.erasure.tasks.run_erasure.delay", lambda **facts: heard.append(facts))
    return heard


def signed_in_afresh(client, user):
    client.force_login(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def test_a_vehicle_is_erased_after_its_name_was_typed_and_who_asks_was_confirmed(client, hints):
    owner = person()
    vehicle = make_vehicle(owner=owner, nickname="Blue")
    path = reverse("vehicle-erase", args=[vehicle.public_id])
    client.force_login(owner)
    page = client.get(path).content.decode()
    assert "What stays, and why" in page
    asked = client.post(path, {"typed": "Blue"})
    assert (asked.status_code, "reauthenticate" in asked["Location"]) == (302, True)
    signed_in_afresh(client, owner)
    wrong = client.post(path, {"typed": "Bleu"})
    assert (wrong.status_code, Erasure.objects.count()) == (422, 0)
    assert "Nothing was erased" in wrong.content.decode()
    done = client.post(path, {"typed": "blue "})
    erasure = Erasure.objects.get()
    assert hints == [{"erasure_id": str(erasure.pk)}]
    receipt = done["Location"]
    assert receipt == reverse("erasure-receipt", args=[erasure.pk, certificate.link_secret(erasure_id=erasure.pk)])
    assert client.get(path).status_code == 404
    client.logout()
    assert "Being erased" in client.get(receipt).content.decode()
    assert client.get(f"{receipt}certificate.json").status_code == 404
    running.run_erasure(erasure_id=erasure.pk, now=timezone.now())
    assert not Vehicle.objects.exists()
    assert "Fetch the certificate" in client.get(receipt).content.decode()
    found = json.loads(client.get(f"{receipt}certificate.json").content)
    [key] = client.get("/.well-known/commons-keys.json").json()["keys"]
    assert found["key"] == key
    other = reverse("erasure-receipt", args=[erasure.pk, "x" * 32])
    assert [client.get(each).status_code for each in (other, f"{other}certificate.json")] == [404, 404]


def test_a_stranger_finds_no_vehicle_to_erase(client, hints):
    vehicle = make_vehicle()
    signed_in_afresh(client, person())
    path = reverse("vehicle-erase", args=[vehicle.public_id])
    assert [client.get(path).status_code, client.post(path, {"typed": str(vehicle)}).status_code] == [404, 404]
    assert (Erasure.objects.count(), hints) == (0, [])


def test_an_account_waits_a_week_and_can_be_kept(client, django_assert_max_num_queries):
    owner = person()
    make_vehicle(owner=owner, nickname="Blue")
    signed_in_afresh(client, owner)
    path = reverse("account-erase")
    assert client.post(path, {"typed": "somebody@example.org"}).status_code == 422
    assert client.post(path, {"typed": owner.email}).status_code == 302
    assert client.post(path, {"typed": owner.email}).status_code == 409
    assert "Blue" not in client.get(reverse("vehicles")).content.decode()
    with django_assert_max_num_queries(12):
        page = client.get(path).content.decode()
    assert ("Keep my account" in page, "Erase my account" in page) == (True, False)
    assert client.post(reverse("account-keep")).status_code == 302
    assert Erasure.objects.get().state == "canceled"
    assert "Blue" in client.get(reverse("vehicles")).content.decode()
    assert client.post(reverse("account-keep")).status_code == 404
    assert "Erase my account" in client.get(path).content.decode()
