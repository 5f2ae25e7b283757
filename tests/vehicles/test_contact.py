"""How often a car is heard is learned; a silence beyond it is told once, with its likely cause."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.devices import make_client, post, reading
from tests.vehicles.factories import NOW, make_vehicle
from vehicles import cadence, contact, registry, silence, tasks
from vehicles.cadence import Patience
from vehicles.models import Device, QuietEpisode, VehicleContact
from vehicles.silence import Cause, Evidence, State

HOUR = timedelta(hours=1)


@given(st.lists(st.floats(1, 1e6), min_size=40, max_size=200), st.sampled_from([0.5, 0.95]))
def test_quantiles_are_read_within_a_half_octave(gaps, share):
    counts = cadence.learned([], [(cadence.bucket(gap), 1) for gap in gaps])
    exact = sorted(gaps)[min(len(gaps) - 1, -int(-share * len(gaps) // 1) - 1)]
    found = cadence.quantile(counts, share).total_seconds()
    assert exact * 0.999 <= found <= exact * 1.4143


def test_a_car_that_sleeps_long_is_given_time_and_an_unknown_one_three_days():
    nightly = cadence.learned([], [(cadence.bucket(12 * 3600), 30), (cadence.bucket(5), 9000)])
    weekly = cadence.learned([], [(cadence.bucket(5 * 86400), 30)])
    assert cadence.patience([]) == Patience(*cadence.UNLEARNED)
    assert cadence.patience(nightly).late < timedelta(days=1) < cadence.patience(nightly).quiet < timedelta(days=3)
    assert cadence.patience(weekly).quiet == timedelta(days=14)


def test_states_follow_the_silence():
    patience = Patience(HOUR, 3 * HOUR)
    states = [silence.state_of(NOW - hours * HOUR, NOW, patience) for hours in (1, 2, 3, 4)]
    assert states == [State.LIVELY, State.LATE, State.LATE, State.QUIET]
    assert silence.state_of(None, NOW, patience) == State.NEVER


@pytest.mark.parametrize(
    ("evidence", "cause"),
    [
        (Evidence(paired=False, flagged=True), Cause.UNPAIRED),
        (Evidence(paired=True, flagged=True), Cause.FLAGGED),
        (Evidence(True, False, frozenset({"signedat_out_of_window", "id_reused"})), Cause.CLOCK),
        (Evidence(True, False, frozenset({"id_reused"})), Cause.REFUSED),
        (Evidence(True, False, volts=11.2), Cause.BATTERY),
        (Evidence(True, False, charge_pct=3.0), Cause.BATTERY),
        (Evidence(True, False, usual=5 * HOUR), Cause.PARKED),
        (Evidence(True, False, usual=HOUR), Cause.UNKNOWN),
    ],
)
def test_the_surest_cause_is_told(evidence, cause):
    assert silence.cause_of(evidence, 4 * HOUR) == cause


def silent(client, days=4):
    """A car that was heard once, some days ago."""
    device = make_client()
    post(client, [device.signed([reading(ago=5)])])
    Device.objects.update(last_seen_at=timezone.now() - timedelta(days=days))
    return device


@pytest.mark.django_db
def test_one_notice_an_episode_that_ends_by_itself(client):
    device, now = silent(client), timezone.now()
    assert [episode.cause for episode in contact.watch(now=now)] == ["unknown"]
    assert contact.watch(now=now + HOUR) == []
    client.force_login(device.vehicle.owner)
    for name, args in (("vehicle", [device.vehicle.public_id]), ("vehicles", []), ("vehicle-card", [])):
        assert "without power or network" in client.get(reverse(name, args=args)).content.decode()
    post(client, [device.signed([reading(ago=1)])])
    contact.watch(now=timezone.now())
    assert QuietEpisode.objects.get().resolved_at is not None
    assert "gone quiet" not in client.get(reverse("vehicle", args=[device.vehicle.public_id])).content.decode()


@pytest.mark.django_db
def test_unpairing_and_a_new_owner_end_an_episode(client):
    for end in ("unpair", "transfer"):
        device = silent(client)
        contact.watch(now=timezone.now())
        if end == "unpair":
            registry.unpair_device(device=device.device, vehicle=device.vehicle, now=timezone.now())
        else:
            registry.transfer_vehicle(vehicle=device.vehicle, buyer=make_vehicle().owner, now=timezone.now())
        contact.watch(now=timezone.now())
        assert QuietEpisode.objects.get(vehicle=device.vehicle).resolved_at is not None


@pytest.mark.django_db
def test_a_letter_goes_out_once_and_only_to_who_wants_it(client):
    device = silent(client)
    tasks.watch_contacts()
    assert mail.outbox == []
    QuietEpisode.objects.all().delete()
    client.force_login(device.vehicle.owner)
    client.post(reverse("quiet-mail"), {"by_mail": "1"})
    tasks.watch_contacts()
    tasks.watch_contacts()
    (letter,) = mail.outbox
    assert letter.to == [device.vehicle.owner.email]
    assert "gone quiet" in letter.subject


@pytest.mark.django_db
def test_gaps_are_learned_apart_for_driving_and_parked(client):
    device = make_client()
    moments = [*range(600, 500, -5), 400, 100]
    post(client, [device.signed([reading(value=50.0 if ago > 500 else 0.0, ago=ago) for ago in moments])])
    assert contact.learn(now=timezone.now()) == 1
    row = VehicleContact.objects.get()
    assert sum(row.driving_gaps) == 20
    assert [number for number, count in enumerate(row.parked_gaps) if count] == [cadence.bucket(300)]
    assert contact.learn(now=timezone.now()) == 0


@pytest.mark.django_db
def test_health_costs_the_same_for_many_vehicles(client, django_assert_num_queries):
    vehicles = [make_client().vehicle for _ in range(5)]
    with django_assert_num_queries(3):
        health = contact.health_of(vehicles=vehicles, now=timezone.now())
    assert {each.state for each in health.values()} == {State.NEVER}
