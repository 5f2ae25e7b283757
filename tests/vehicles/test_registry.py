"""Who owns what, what measures what, and what a change of owner ends."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from psycopg.types.range import TimestamptzRange

from commons_device.envelopes import DeviceClient
from dimo.audit.models import AuditEvent
from tests.vehicles.devices import make_client
from tests.vehicles.factories import NOW, make_user, make_vehicle
from vehicles import registry
from vehicles.models import Device, Pairing
from vehicles.registry import pairing, transfer

pytestmark = pytest.mark.django_db


def answer(owner, client, *, by=None):
    challenge = registry.device_challenge(owner=owner)
    signature = (by or client).answer(challenge)
    return registry.register_device(
        owner=owner, kind=Device.Kind.PHONE, challenge=challenge, signature=signature, now=NOW
    )


def client_with(key):
    return DeviceClient(key=bytes([key]) * 32, subject="")


def test_a_device_is_known_by_the_key_that_answered():
    owner, client = make_user(), client_with(1)
    device = answer(owner, client)
    assert device.address == client.address
    assert answer(owner, client) == device


def test_a_challenge_serves_one_person_for_ten_minutes_and_cannot_be_made_up(monkeypatch):
    owner, client = make_user(), client_with(1)
    challenge = registry.device_challenge(owner=owner)
    facts = {"kind": Device.Kind.PHONE, "now": NOW}
    for who, text, signature in (
        (make_user(), challenge, client.answer(challenge)),
        (owner, challenge + "x", client.answer(challenge + "x")),
        (owner, "sign this", client.answer("sign this")),
        (owner, challenge, "0x12"),
    ):
        with pytest.raises(registry.ChallengeNotAnswered):
            registry.register_device(owner=who, challenge=text, signature=signature, **facts)
    monkeypatch.setattr(pairing, "CHALLENGE_SECONDS", -1)
    with pytest.raises(registry.ChallengeNotAnswered):
        registry.register_device(owner=owner, challenge=challenge, signature=client.answer(challenge), **facts)


def test_a_measuring_device_stays_with_its_owner_and_an_idle_one_goes_with_its_key():
    client = make_client()
    other = make_user()
    with pytest.raises(registry.DeviceTaken):
        answer(other, client)
    registry.unpair_device(device=client.device, vehicle=client.vehicle, now=NOW)
    assert answer(other, client).owner == other


def test_pairing_again_changes_nothing_and_another_vehicle_must_wait():
    client = make_client()
    first = Pairing.objects.get()
    assert registry.pair_device(device=client.device, vehicle=client.vehicle, now=NOW) == first
    second = make_vehicle(owner=client.vehicle.owner)
    with pytest.raises(registry.DevicePaired):
        registry.pair_device(device=client.device, vehicle=second, now=NOW)
    with pytest.raises(registry.DeviceNotPaired):
        registry.unpair_device(device=client.device, vehicle=second, now=NOW)


def test_nobody_pairs_with_a_neighbors_vehicle():
    client = make_client()
    with pytest.raises(registry.NotTheOwner):
        registry.pair_device(device=client.device, vehicle=make_vehicle(), now=NOW)


def test_the_database_refuses_one_device_on_two_vehicles():
    client = make_client()
    with pytest.raises(IntegrityError), transaction.atomic():
        Pairing.objects.create(
            device=client.device, vehicle=make_vehicle(), owner_epoch=1, period=TimestamptzRange(NOW, None)
        )


def test_periods_meet_without_overlap():
    client = make_client(paired_for=timedelta(days=600))
    second = make_vehicle(owner=client.vehicle.owner)
    registry.unpair_device(device=client.device, vehicle=client.vehicle, now=NOW)
    registry.pair_device(device=client.device, vehicle=second, now=NOW)
    first, then = Pairing.objects.order_by("pk")
    assert first.period.upper == then.period.lower == NOW


def test_a_retired_vehicle_measures_no_more():
    client = make_client()
    registry.retire_vehicle(vehicle=client.vehicle, now=NOW)
    assert registry.retire_vehicle(vehicle=client.vehicle, now=NOW + timedelta(days=1)).retired_at == NOW
    with pytest.raises(registry.VehicleRetired):
        registry.pair_device(device=client.device, vehicle=client.vehicle, now=NOW)
    with pytest.raises(registry.VehicleRetired):
        registry.transfer_vehicle(vehicle=client.vehicle, buyer=make_user(), now=NOW)


def test_a_transfer_ends_the_epoch_and_runs_the_rooms_topmost_first(monkeypatch):
    told = []
    monkeypatch.setattr(transfer, "_steps", {})
    for name in ("unions", "licensing"):
        registry.on_owner_change(
            name, lambda change, name=name: told.append((name, change.ended_epoch, change.vehicle.salt, change.seller))
        )
    client, buyer = make_client(), make_user()
    vehicle, seller = client.vehicle, client.vehicle.owner
    moved = registry.transfer_vehicle(vehicle=vehicle, buyer=buyer, now=NOW)
    assert [(name, epoch, owner) for name, epoch, _, owner in told] == [("licensing", 1, seller), ("unions", 1, seller)]
    assert {bytes(salt) for _, _, salt, _ in told} == {bytes(vehicle.salt)}
    assert (moved.owner, moved.owner_epoch, moved.owned_since) == (buyer, 2, NOW)
    assert bytes(moved.salt) != bytes(vehicle.salt)
    assert Pairing.objects.filter(period__endswith=None).count() == 0
    assert AuditEvent.objects.filter(action="vehicle.transferred", actor=seller).count() == 1
    with pytest.raises(registry.SameOwner):
        registry.transfer_vehicle(vehicle=moved, buyer=buyer, now=NOW)


def test_a_step_that_fails_takes_the_transfer_back(monkeypatch):
    def fail(change):
        raise RuntimeError

    monkeypatch.setattr(transfer, "_steps", {"unions": fail})
    vehicle = make_vehicle()
    with pytest.raises(RuntimeError):
        registry.transfer_vehicle(vehicle=vehicle, buyer=make_user(), now=NOW)
    vehicle.refresh_from_db()
    assert vehicle.owner_epoch == 1
