"""Sessions as rows: found again, joined by late data, and counted once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tests.vehicles.charging.charges import START, at, charge, drive, messages, parked
from tests.vehicles.factories import NOW, make_source, make_user, make_vehicle
from vehicles import imports, registry, telemetry
from vehicles.charging import sessions, tasks
from vehicles.models import ChargingSession, ImportBatch, Source

pytestmark = pytest.mark.django_db


def store(source, points):
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=messages(points), now=NOW)


def cut(source, since=START - timedelta(days=1), until=NOW):
    return sessions.cut_sessions(vehicle=source.vehicle, source=source, since=since, until=until)


def test_cutting_again_changes_nothing():
    source = make_source()
    store(source, charge() + parked(65, minutes=500, soc=64.0) + charge(700, soc=60.0))
    first = cut(source)
    assert [session.energy_kwh for session in first] == [12.0, 12.0]
    assert cut(source) == first
    assert list(ChargingSession.objects.order_by("started_at")) == first


def test_storing_readings_leaves_a_note_for_the_sweep_and_the_sweep_clears_it():
    source = make_source()
    store(source, charge())
    source.refresh_from_db()
    assert (source.uncharged_since, source.uncharged_until) == (at(0), at(60))
    assert (source.uncut_since, source.uncut_until) == (at(0), at(60))
    tasks.cut_source_sessions(source_id=source.pk)
    source.refresh_from_db()
    assert source.uncharged_until is None
    assert source.uncut_until == at(60), "the trip cutter's note is its own"
    assert source.charging_sessions.get().energy_kwh == 12.0


def test_the_sweep_hands_out_each_source_that_waits(settings, monkeypatch):
    waiting, other = make_source(), make_source()
    store(waiting, charge())
    told = []
    monkeypatch.setattr(tasks.cut_source_sessions, "delay", lambda *, source_id: told.append(source_id))
    tasks.cut_due_sessions()
    assert told == [waiting.pk]
    assert other.pk not in told


def test_a_long_stretch_is_cut_month_by_month(monkeypatch):
    source = make_source()
    store(source, charge() + parked(65, minutes=300, soc=64.0, step=5) + charge(700, soc=60.0))
    monkeypatch.setattr(tasks, "AT_ONCE", timedelta(minutes=100))
    sweeps = 0
    while Source.objects.filter(pk=source.pk, uncharged_until__isnull=False).exists():
        tasks.cut_source_sessions(source_id=source.pk)
        sweeps += 1
        assert sweeps < 20
    assert sweeps > 1
    assert source.charging_sessions.count() == 2


def test_late_data_joins_its_charge_and_keeps_what_the_owner_wrote():
    source, whole = make_source(), charge(minutes=120)
    store(source, whole[:5])
    [begun] = cut(source)
    assert begun.still_open
    ChargingSession.objects.filter(pk=begun.pk).update(paid="4.20", paid_currency="EUR")
    store(source, whole[12:])
    cut(source, since=whole[12].at, until=whole[-1].at)
    store(source, whole[5:12])
    [grown] = cut(source, since=whole[5].at, until=whole[11].at)
    assert (grown.pk, grown.still_open, grown.energy_kwh) == (begun.pk, False, 24.0)
    assert str(ChargingSession.objects.get().paid) == "4.20"


def test_two_devices_of_one_car_count_a_charge_once():
    source = make_source()
    other = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    store(source, charge())
    store(other, [point._replace(at=point.at + timedelta(seconds=20)) for point in charge()])
    [first], [second] = cut(source), cut(other)
    assert (first.duplicate_of, second.duplicate_of) == (None, first)
    cut(source)
    cut(other)
    second.refresh_from_db()
    assert second.duplicate_of == first
    assert sessions.energy_charged(vehicle=source.vehicle, since=START, until=NOW).kwh == 12.0


def test_the_same_charge_under_another_vehicle_counts_once_and_an_equal_time_is_no_copy():
    original, copy, other = make_source(), make_source(), make_source()
    store(original, charge())
    store(copy, charge()[2:])
    store(other, charge(soc=50.0, kw=11.0))
    cut(original)
    assert cut(copy)[0].duplicate_of is not None
    assert cut(other)[0].duplicate_of is None


def test_when_the_original_goes_its_copy_counts():
    original, copies = make_source(), [make_source() for _ in range(2)]
    for source in (original, *copies):
        store(source, charge())
        cut(source)
    assert sessions.forget_sessions(source=original) == 1
    first, second = ChargingSession.objects.order_by("pk")
    assert (first.duplicate_of, second.duplicate_of) == (None, first)


def test_an_import_that_is_undone_takes_its_charges_with_it():
    owner = make_user()
    batch = ImportBatch.objects.create(
        owner=owner, format="teslafi", filename="x.csv", sha256=b"0" * 32, state=ImportBatch.State.DONE
    )
    source = Source.objects.create(vehicle=make_vehicle(owner=owner), kind=Source.Kind.IMPORT, batch=batch)
    store(source, charge())
    assert len(cut(source)) == 1
    imports.undo_import(batch_id=batch.pk, now=NOW)
    assert not ChargingSession.objects.exists()


def test_energy_charged_comes_with_its_evidence():
    source = make_source()
    silent = [
        point._replace(charging=None, added=None, charger_kw=None) for point in parked(1500, minutes=60, soc=80.0)
    ]
    store(source, charge(capacity=50.0) + drive(65, soc=64.0) + parked(400, minutes=60, soc=40.0) + silent)
    cut(source)
    told = sessions.energy_charged(vehicle=source.vehicle, since=START, until=NOW)
    assert (told.kwh, told.signed_kwh, told.unknown, len(told.sessions)) == (12.0, 0.0, 1, 2)
    assert told.risen_pct == pytest.approx(24.0 + 40.0)
    Source.objects.filter(pk=source.pk).update(grade=Source.Grade.ENVELOPE)
    assert sessions.energy_charged(vehicle=source.vehicle, since=START, until=NOW).signed_kwh == 12.0


def test_adjoining_periods_count_each_charge_once():
    source = make_source()
    store(source, charge())
    cut(source)
    middle = at(30)
    parts = [(START - timedelta(days=1), middle), (middle, at(60)), (at(60), NOW)]
    told = [sessions.energy_charged(vehicle=source.vehicle, since=since, until=until).kwh for since, until in parts]
    assert told == [0.0, 0.0, 12.0]


def test_a_charge_before_the_sale_is_not_the_buyers_however_late_it_comes():
    source = make_source()
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=timezone.now())
    source.vehicle.refresh_from_db()
    store(source, charge())
    cut(source)
    assert sessions.energy_charged(vehicle=source.vehicle, since=START, until=timezone.now()).kwh == 0.0


def test_a_car_without_a_battery_is_not_looked_into(django_assert_max_num_queries):
    source = make_source()
    store(source, [point._replace(soc=None) for point in drive(0)])
    with django_assert_max_num_queries(12):
        assert cut(source) == []


class AnyOrderOfArrival(TestCase):
    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, 5), min_size=6, max_size=60))
    def test_gives_the_sessions_of_cutting_once(self, order):
        points = [
            *(charge(current_ac=16.0) + drive(65, minutes=20, soc=64.0)),
            *(parked(100, minutes=400, soc=60.0) + charge(700, soc=58.0, odometer=1016.0)),
            *charge(780, soc=82.0, per_minute=0.1, odometer=1016.0),
        ]
        whole, parts = make_source(), make_source()
        store(whole, points)
        expected = [(s.started_at, s.ended_at, s.energy_kwh, s.soc_to) for s in cut(whole)]
        by_turn = [order[number % len(order)] for number in range(len(points))]
        for turn in range(6):
            store(parts, [p for p, at_turn in zip(points, by_turn, strict=True) if at_turn == turn])
            tasks.cut_source_sessions(source_id=parts.pk)
        found = parts.charging_sessions.order_by("started_at")
        assert [(s.started_at, s.ended_at, s.energy_kwh, s.soc_to) for s in found] == expected
