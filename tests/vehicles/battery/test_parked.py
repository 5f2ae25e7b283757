"""Parked stretches: found between drives and charges, once, under their owner; little is not concluded from."""

from datetime import timedelta

import pytest

from tests.vehicles.charging.charges import at, charge, drive, messages, parked
from tests.vehicles.factories import NOW, make_source, make_user
from vehicles import registry, telemetry, trips
from vehicles.battery import parked as parking
from vehicles.battery import tasks
from vehicles.charging import sessions
from vehicles.charging import tasks as charging
from vehicles.models import BatteryHealth, ParkedStretch
from vehicles.signals import LATITUDE, LONGITUDE

pytestmark = pytest.mark.django_db
OUTSIDE = 37


def store(source, points, **also):
    values = {LATITUDE: 60.0, LONGITUDE: 24.0, OUTSIDE: also.get("celsius", 5.0)}
    readings = [
        each._replace(values=each.values | values | {LATITUDE: 60.0 + number / 200})
        for number, each in enumerate(messages(points))
    ]
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=NOW)


def cut(source):
    bounds = {"vehicle": source.vehicle, "source": source, "since": at(-5000), "until": NOW}
    trips.cut_trips(**bounds, now=NOW)
    sessions.cut_sessions(**bounds)


def life(source, days=4, lost=1.0):
    """A drive each morning; the night between loses a point."""
    points = []
    for day in range(days):
        points += drive(day * 600, minutes=30, soc=90.0 - day * (6 + lost), km=1000.0 + 24 * day)
        points += parked(day * 600 + 60, minutes=480, soc=84.0 - day * (6 + lost), step=120)
    store(source, points)
    cut(source)


def rows():
    return [(row.since, row.until, row.before_pct, row.after_pct) for row in ParkedStretch.objects.order_by("since")]


def test_stretches_lie_between_drives_with_the_levels_and_the_air_at_them():
    source = make_source()
    life(source)
    assert parking.derive(vehicle=source.vehicle, now=NOW) is False
    found = rows()
    assert found[0] == (at(30), at(600), 84.0, 83.0)
    assert len(found) == 3, "the last night has not ended"
    assert {row.celsius for row in ParkedStretch.objects.all()} == {5.0}
    told, drain = parking.lately(vehicle=source.vehicle, epochs=[1], now=NOW)
    assert len(told) == 3
    assert drain.per_day == pytest.approx(1 / (570 / 1440), rel=0.01)


def test_two_stretches_conclude_nothing():
    source = make_source()
    life(source, days=3)
    parking.derive(vehicle=source.vehicle, now=NOW)
    assert len(rows()) == 2
    assert parking.lately(vehicle=source.vehicle, epochs=[1], now=NOW)[1] is None


def test_a_night_with_a_charge_that_nobody_told_is_no_stretch():
    source = make_source()
    store(source, [*drive(0, soc=60.0), *drive(600, soc=80.0, km=1024.0)])
    cut(source)
    parking.derive(vehicle=source.vehicle, now=NOW)
    assert rows() == []


def test_a_night_on_the_cable_is_busy_while_it_charges():
    source = make_source()
    night = [*drive(0, soc=60.0), *charge(60, soc=54.0), *parked(125, minutes=500, soc=78.0, step=100)]
    store(source, [*night, *drive(640, soc=77.0, km=1024.0)])
    cut(source)
    parking.derive(vehicle=source.vehicle, now=NOW)
    assert [(before, after) for _, _, before, after in rows()] == [(78.0, 77.0)]


def test_deriving_again_adds_nothing_and_goes_on_where_it_stopped(monkeypatch):
    source = make_source()
    life(source)
    monkeypatch.setattr(parking, "AT_ONCE", 2)
    steps = 0
    while parking.derive(vehicle=source.vehicle, now=NOW):
        steps += 1
        assert steps < 10
    assert len(rows()) == 3
    monkeypatch.undo()
    first = rows()
    parking.derive(vehicle=source.vehicle, now=NOW)
    assert rows() == first


def test_late_readings_make_their_nights_be_found_anew():
    source = make_source()
    life(source)
    parking.derive(vehicle=source.vehicle, now=NOW)
    store(source, charge(700, soc=70.0, minutes=120))
    source.refresh_from_db()
    charging.cut_source_sessions(source_id=source.pk)
    assert len(rows()) == 1, "what lies after the late charge is forgotten"
    tasks.derive_parked_of(vehicle_id=source.vehicle.pk)
    assert at(600) not in {since for since, _, _, _ in rows()}
    assert BatteryHealth.objects.get().parked_until > at(1800)


def test_the_nights_of_a_seller_stay_theirs_and_a_buyer_begins_anew():
    source = make_source()
    life(source)
    parking.derive(vehicle=source.vehicle, now=NOW)
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=NOW)
    parking.derive(vehicle=vehicle, now=NOW)
    BatteryHealth.objects.update(owner_epoch=2, parked_until=NOW)
    parking.forget(vehicle=vehicle, since=at(0))
    assert BatteryHealth.objects.get().parked_until == at(0)
    assert len(rows()) == 3
    assert parking.lately(vehicle=vehicle, epochs=[2], now=NOW) == ([], None)
    assert parking.lately(vehicle=vehicle, epochs=[1], now=NOW)[1] is not None


def test_the_night_hands_out_each_vehicle_with_a_battery(monkeypatch):
    source = make_source()
    life(source, days=2)
    BatteryHealth.objects.create(vehicle=source.vehicle, owner_epoch=1)
    told = []
    monkeypatch.setattr(tasks.derive_parked_of, "delay", lambda *, vehicle_id: told.append(vehicle_id))
    tasks.derive_parked()
    assert told == [source.vehicle.pk]


def test_a_night_costs_a_bounded_number_of_queries(django_assert_max_num_queries):
    source = make_source()
    life(source)
    with django_assert_max_num_queries(12):
        parking.derive(vehicle=source.vehicle, now=NOW + timedelta(days=1))
