"""A phone's way in by REST: its challenge, its registration, the car that it is in."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from dimo.api import keys
from tests.vehicles.factories import make_user, make_vehicle
from tests.vehicles.phone.phones import PhoneClient, make_phone
from vehicles.models import Device, Pairing

pytestmark = pytest.mark.django_db
PHONES = "/api/v1/phones/"


def send(client, method, path, body=None, **headers):
    return getattr(client, method)(path, body or {}, content_type="application/json", headers=headers)


def register(client, phone, **changes):
    challenge = send(client, "post", reverse("api-phone-challenge")).json()["challenge"]
    answer = {"producer": phone.address, "challenge": challenge, "signature": phone.answer(challenge)}
    return send(client, "post", PHONES, answer | changes)


def move(client, phone_id, vehicle):
    return send(client, "put", reverse("api-phone-vehicle", args=[phone_id]), {"vehicle": str(vehicle.public_id)})


def test_a_phone_registers_is_paired_moved_and_let_go(client, django_assert_max_num_queries):
    owner, phone = make_user(), PhoneClient(number=3)
    first, second = make_vehicle(owner=owner), make_vehicle(owner=owner)
    client.force_login(owner)
    made = register(client, phone, label="Old phone")
    assert made.status_code == 201
    told = made.json()
    assert (told["producer"], told["label"], told["vehicle"]) == (phone.address, "Old phone", None)
    assert register(client, phone).json()["id"] == told["id"]
    assert Device.objects.get().kind == Device.Kind.PHONE
    assert move(client, told["id"], first).json()["vehicle"] == str(first.public_id)
    moved = move(client, told["id"], second).json()
    assert (moved["vehicle"], moved["measures_since"] is not None) == (str(second.public_id), True)
    with django_assert_max_num_queries(5):
        listed = client.get(PHONES).json()
    assert [each["vehicle"] for each in listed] == [str(second.public_id)]
    gone = send(client, "delete", reverse("api-phone-vehicle", args=[told["id"]]))
    assert (gone.status_code, gone.json()["vehicle"]) == (200, None)


def test_what_belongs_to_somebody_else_is_not_there(client):
    theirs = make_phone()
    own = make_user()
    car = make_vehicle(owner=own)
    client.force_login(own)
    assert client.get(PHONES).json() == []
    assert move(client, theirs.device.public_id, car).status_code == 404
    assert send(client, "delete", reverse("api-phone-vehicle", args=[theirs.device.public_id])).status_code == 404
    mine = register(client, PhoneClient(number=4)).json()["id"]
    assert move(client, mine, theirs.vehicle).status_code == 404
    assert Pairing.objects.get(period__endswith__isnull=True).vehicle == theirs.vehicle


def test_a_phone_that_measures_somebody_s_car_stays_theirs(client):
    theirs = make_phone()
    client.force_login(make_user())
    refused = register(client, theirs)
    assert (refused.status_code, refused.json()["code"]) == (409, "device_taken")


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"producer": ""}, 400, "producer"),
        ({"producer": "did:key:zDn" + "z" * 46}, 400, "signature"),
        ({"signature": "0x" + "0" * 128}, 400, "signature"),
        ({"challenge": "Register this device with Commons: x"}, 400, "signature"),
        ({"label": "a" * 61}, 400, "label"),
    ],
)
def test_a_wrong_answer_is_refused_by_its_field(client, changes, status, field):
    client.force_login(make_user())
    refused = register(client, PhoneClient(number=3), **changes)
    assert refused.status_code == status
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert not Device.objects.exists()


def test_a_challenge_made_for_somebody_else_is_no_use(client):
    phone = PhoneClient(number=3)
    client.force_login(make_user())
    challenge = send(client, "post", reverse("api-phone-challenge")).json()["challenge"]
    client.force_login(make_user())
    answer = {"producer": phone.address, "challenge": challenge, "signature": phone.answer(challenge)}
    assert send(client, "post", PHONES, answer).status_code == 400


def test_doors_ask_who_is_there(client):
    path = reverse("api-phone-vehicle", args=[uuid.uuid4()])
    tries = [("get", PHONES), ("post", PHONES), ("post", reverse("api-phone-challenge")), ("put", path)]
    assert [send(client, method, where).status_code for method, where in tries] == [401] * 4
    owner = make_user()
    _, buyers = keys.issue_key(user=owner, label="buys", scopes=["buyer"], expires_at=None)
    assert client.get(PHONES, headers={"Authorization": f"Bearer {buyers}"}).status_code == 403
    _, own = keys.issue_key(user=owner, label="drives", scopes=["driver"], expires_at=None)
    assert client.get(PHONES, headers={"Authorization": f"Bearer {own}"}).status_code == 200


def test_another_site_cannot_make_a_browser_move_the_phone():
    phone = make_phone()
    car = make_vehicle(owner=phone.vehicle.owner)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(phone.vehicle.owner)
    assert move(strict, phone.device.public_id, car).status_code == 403
