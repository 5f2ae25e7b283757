"""Phones are registered by their key, carry nothing from car to car, and what they signed counts once."""

from datetime import timedelta

import pytest
import rfc8785
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.vehicles.devices import place, post, reading, stored
from tests.vehicles.factories import make_user, make_vehicle
from tests.vehicles.phone.phones import PhoneClient, make_phone
from vehicles import registry
from vehicles.models import Device, Pairing, Source, VehicleEvent
from vehicles.movement import evidence
from vehicles.signals import LATITUDE, SPEED

pytestmark = pytest.mark.django_db


def test_what_a_phone_signed_is_stored_under_its_kind_and_grade(client):
    phone = make_phone()
    answer = post(client, [phone.signed([place(60.5, 24.5), reading(value=42.0)])]).json()
    assert (answer["accepted"], answer["results"][0]["signals"]["stored"]) == (1, 2)
    assert stored(phone.vehicle)[SPEED] == [42.0]
    source = Source.objects.get(vehicle=phone.vehicle)
    assert (source.grade, source.device.kind) == (Source.Grade.ENVELOPE, Device.Kind.PHONE)
    assert (evidence.signed(source), evidence.kind_of(source)) == (True, "phone")


def test_an_event_that_motion_gave_is_kept(client):
    phone = make_phone()
    event = {"name": "behavior.harshBraking", "timestamp": reading()["timestamp"], "durationNs": 900_000_000}
    sent = phone.signed([], data={"signals": [], "events": [event | {"metadata": '{"peak":4.1}'}]})
    assert post(client, [sent]).json()["results"][0]["events"]["stored"] == 1
    assert VehicleEvent.objects.get(vehicle=phone.vehicle).metadata == {"peak": 4.1}


def test_the_same_again_is_a_duplicate_whoever_signed_it_anew(client):
    phone = make_phone()
    event = phone.event([reading(value=42.0)])
    later = event | {"signedat": (timezone.now() + timedelta(seconds=1)).isoformat()}
    first, again, anew = phone.sign(event), phone.sign(event), phone.sign(later)
    assert first["signature"] != again["signature"]
    assert [post(client, [each]).json()["results"][0]["status"] for each in (first, again, anew)] == [
        "accepted", "duplicate", "duplicate",
    ]  # fmt: skip
    assert stored(phone.vehicle)[SPEED] == [42.0]


def test_another_body_under_its_number_or_id_is_refused(client):
    phone = make_phone()
    event = phone.event([reading()])
    post(client, [phone.sign(event)])
    other = phone.sign(event | {"id": "other"})
    changed = phone.sign(event | {"data": {"signals": [reading(value=1.0)]}})
    codes = [result["code"] for result in post(client, [other, changed]).json()["results"]]
    assert codes == ["sequence_reused", "id_reused"]


def test_a_phone_that_nobody_registered_is_unknown(client):
    phone = PhoneClient(subject=f"urn:uuid:{make_vehicle().public_id}", number=99)
    assert post(client, [phone.signed([reading()])]).status_code == 401


def test_the_canonical_and_the_spaced_form_are_the_same_event(client):
    phone = make_phone()
    event = phone.signed([reading()])
    assert post(client, rfc8785.dumps([event])).json()["accepted"] == 1
    assert post(client, [event]).json()["duplicate"] == 1


def test_a_key_registers_by_its_own_answer_alone():
    owner, phone, other = make_user(), PhoneClient(number=5), PhoneClient(number=6)
    challenge = registry.device_challenge(owner=owner)
    facts = {"owner": owner, "kind": Device.Kind.PHONE, "challenge": challenge, "now": timezone.now()}
    for signature, producer in (
        (other.answer(challenge), phone.address),
        (phone.answer(challenge), ""),
        (phone.answer(challenge + " "), phone.address),
        ("0x" + "ab" * 64, phone.address),
    ):
        with pytest.raises(registry.ChallengeNotAnswered):
            registry.register_device(signature=signature, producer=producer, **facts)
    device = registry.register_device(signature=phone.answer(challenge), producer=phone.address, **facts)
    assert device.address == phone.address
    assert registry.register_device(signature=phone.answer(challenge), producer=phone.address, **facts) == device


def test_moving_to_another_car_closes_and_opens_at_one_moment(client):
    phone = make_phone()
    first, second = phone.vehicle, make_vehicle(owner=phone.vehicle.owner)
    now = timezone.now()
    before = phone.signed([reading(ago=60, value=11.0)])
    registry.move_device(device=phone.device, vehicle=second, now=now)
    registry.move_device(device=phone.device, vehicle=second, now=now + timedelta(seconds=1))
    periods = [(p.vehicle, p.period.lower, p.period.upper) for p in Pairing.objects.order_by("period")]
    assert periods[1:] == [(second, now, None)]
    assert (periods[0][0], periods[0][2]) == (first, now)
    phone.subject = f"urn:uuid:{second.public_id}"
    across = phone.signed([reading(ago=60, value=12.0)])
    after = phone.signed([reading(ago=-1, value=13.0)])
    statuses = [result["status"] for result in post(client, [before, across, after]).json()["results"]]
    assert statuses == ["accepted", "rejected", "accepted"]
    assert (stored(first)[SPEED], stored(second)[SPEED]) == ([11.0], [13.0])


def test_a_phone_goes_into_no_neighbor_s_car_and_stays_where_it_was():
    phone = make_phone()
    with pytest.raises(registry.NotTheOwner):
        registry.move_device(device=phone.device, vehicle=make_vehicle(), now=timezone.now())
    assert registry.open_pairings(device=phone.device).get().vehicle == phone.vehicle
    retired = make_vehicle(owner=phone.vehicle.owner)
    registry.retire_vehicle(vehicle=retired, now=timezone.now())
    with pytest.raises(registry.VehicleRetired):
        registry.move_device(device=phone.device, vehicle=retired, now=timezone.now())
    assert registry.open_pairings(device=phone.device).get().vehicle == phone.vehicle


def test_a_new_owner_hears_nothing_of_the_seller_s_phone(client):
    phone = make_phone()
    registry.transfer_vehicle(vehicle=phone.vehicle, buyer=make_user(), now=timezone.now())
    assert not registry.open_pairings(device=phone.device).exists()
    answer = post(client, [phone.signed([place(ago=-1)])]).json()["results"][0]
    assert answer["code"] == "not_paired"
    assert LATITUDE not in stored(phone.vehicle)


@pytest.mark.parametrize("address", ["", "did:key:zDn", "0x12", "did:key:zDn" + "0" * 46, "did:key:z6Mk" + "a" * 45])
def test_the_database_keeps_no_device_without_a_key(address):
    with pytest.raises(IntegrityError, match="a_device_is_named_by_its_key"), transaction.atomic():
        Device.objects.create(owner=make_user(), kind=Device.Kind.PHONE, address=address)
