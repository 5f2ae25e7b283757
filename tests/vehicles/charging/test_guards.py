"""The guards of charging: owners' times, locks, and what the database itself refuses."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from tests.vehicles.charging.charges import START, at, charge, messages, parked
from tests.vehicles.factories import NOW, make_source, make_user
from vehicles import registry, telemetry
from vehicles.charging import saying, sessions, tasks
from vehicles.models import ChargingPlace, ChargingSession, Source

pytestmark = pytest.mark.django_db


def store(source, points):
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=messages(points), now=NOW)


def cut(source, since=START - timedelta(days=1), until=NOW):
    return sessions.cut_sessions(vehicle=source.vehicle, source=source, since=since, until=until)


def test_a_charge_over_a_hand_over_is_parted_and_each_owner_has_their_part():
    source = make_source()
    store(source, charge(minutes=20))
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=at(30))
    source.refresh_from_db()
    store(source, [point for point in charge(minutes=60) if point.at > at(30)])
    cut(source)
    told = [(session.owner_epoch, session.started_at) for session in ChargingSession.objects.order_by("started_at")]
    assert told == [(1, at(0)), (2, at(35))]


def test_after_two_sales_a_late_charge_is_still_the_first_owners():
    source = make_source()
    for minute in (500, 900):
        registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=at(minute))
        source.vehicle.refresh_from_db()
    store(source, [*charge(), *charge(600), *charge(1000)])
    cut(source)
    assert list(ChargingSession.objects.order_by("started_at").values_list("owner_epoch", flat=True)) == [1, 2, 3]


def test_the_word_of_an_owner_is_refused_once_the_charge_is_another():
    source = make_source()
    store(source, charge())
    [session] = cut(source)
    ChargingSession.objects.filter(pk=session.pk).update(owner_epoch=2)
    with pytest.raises(saying.ChargeChanged):
        saying.set_paid(session=session, paid=Decimal(1), currency="EUR")
    session.delete()
    with pytest.raises(saying.ChargeChanged):
        saying.set_place(session=session, place="home", owner=source.vehicle.owner)


@pytest.mark.parametrize("paid", ["-0.01", "NaN", "1.001", "10000000"])
def test_what_was_paid_is_an_amount(paid):
    source = make_source()
    store(source, charge())
    [session] = cut(source)
    with pytest.raises(saying.AmountOutOfRange):
        saying.set_paid(session=session, paid=Decimal(paid), currency="EUR")


def test_a_session_that_is_being_cut_is_left_to_its_worker(superuser):
    source = make_source()
    store(source, charge())
    superuser.autocommit = False
    superuser.execute("SELECT 1 FROM vehicles_source WHERE id = %s FOR UPDATE", [source.pk])
    tasks.cut_source_sessions(source_id=source.pk)
    superuser.rollback()
    assert not ChargingSession.objects.exists()
    tasks.cut_source_sessions(source_id=source.pk)
    assert ChargingSession.objects.count() == 1


BROKEN = {
    "a_charge_ends_after_it_starts": {"ended_at": START - timedelta(days=9)},
    "energy_is_told_with_its_method": {"energy_method": ""},
    "what_was_paid_has_a_currency": {"paid": 1},
    "a_charge_is_at_home_or_away_or_unsaid": {"said_place": "x"},
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_database_refuses_what_no_charge_can_be(name):
    source = make_source()
    store(source, charge())
    [session] = cut(source)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        ChargingSession.objects.filter(pk=session.pk).update(**BROKEN[name])


def test_an_area_is_of_one_kind():
    owner = make_user()
    ChargingPlace.objects.create(owner=owner, cell="8", kind="home")
    with pytest.raises(IntegrityError, match="one_kind"), transaction.atomic():
        ChargingPlace.objects.create(owner=owner, cell="8", kind="away")


@pytest.mark.django_db(transaction=True)
def test_one_charge_of_a_source_starts_at_a_moment():
    source = make_source()
    facts = {"vehicle": source.vehicle, "owner_epoch": 1, "source": source, "started_at": START, "ended_at": NOW}
    ChargingSession.objects.create(**facts, readings=1)
    with pytest.raises(IntegrityError, match="starts_at_a_moment"):
        ChargingSession.objects.create(**facts, readings=1)


@pytest.mark.parametrize(("shared", "copy"), [(0, False), (5, False), (6, True), (8, True)])
def test_a_few_equal_readings_make_no_copy(shared, copy):
    one = ChargingSession(marks=list(range(8)))
    other = ChargingSession(marks=[*range(shared), *range(100, 108 - shared)])
    assert sessions.is_copy(one, other) == copy


def at_once(monkeypatch, *sources):
    """Cut several sources at one time; each meets the others just before it looks for copies, if it can."""
    meeting, mark = threading.Barrier(len(sources)), sessions.mark_copies

    def late(**found):
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=1)
        mark(**found)

    def work(source):
        try:
            cut(source)
        finally:
            connection.close()

    monkeypatch.setattr(sessions, "mark_copies", late)
    with ThreadPoolExecutor(len(sources)) as pool:
        list(pool.map(work, sources))


@pytest.mark.django_db(transaction=True)
def test_two_devices_of_a_car_cut_at_once_count_a_charge_once(monkeypatch):
    one = make_source()
    other = Source.objects.create(vehicle=one.vehicle, kind=Source.Kind.SIMULATOR)
    store(one, charge())
    store(other, [point._replace(at=point.at + timedelta(seconds=20)) for point in charge()])
    at_once(monkeypatch, one, other)
    assert ChargingSession.objects.filter(duplicate_of=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_copy_under_another_car_cut_at_once_counts_once(monkeypatch):
    one, other = make_source(), make_source()
    for source in (one, other):
        store(source, charge())
    at_once(monkeypatch, one, other)
    assert ChargingSession.objects.filter(duplicate_of=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_source_cut_twice_at_once_has_each_charge_once(monkeypatch):
    source = make_source()
    store(source, charge() + parked(65, minutes=500, soc=64.0) + charge(700, soc=60.0))
    at_once(monkeypatch, source, source)
    assert ChargingSession.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_an_owner_says_while_the_source_is_cut_is_kept(monkeypatch):
    """The word waits for the cutting; without the lock the cutter would write its older row over it."""
    source = make_source()
    store(source, charge())
    [session] = cut(source)
    begun, save, waiting = threading.Event(), sessions.save, []

    def word():
        try:
            begun.wait(5)
            saying.set_paid(session=session, paid=Decimal("4.20"), currency="EUR")
        finally:
            connection.close()

    def slow(*facts):
        begun.set()
        with suppress(TimeoutError):
            waiting[0].result(timeout=1)
        return save(*facts)

    monkeypatch.setattr(sessions, "save", slow)
    with ThreadPoolExecutor(1) as pool:
        waiting.append(pool.submit(word))
        cut(source)
        waiting[0].result(timeout=10)
    session.refresh_from_db()
    assert session.paid == Decimal("4.20")
