"""Storing readings: what is kept, what is known already, what is refused, and what charts read from it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from tests.vehicles.factories import NOW, drive, make_source
from vehicles import latest, partitions, rollups, telemetry
from vehicles.models import RejectionCount, Source
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, CELL, LATITUDE, LONGITUDE, ODOMETER, SPEED, cell_value

pytestmark = pytest.mark.django_db
START = NOW - timedelta(hours=2)


def store(source, readings, **kwargs):
    return telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=NOW, **kwargs)


def rows(source):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ts, sig, val, flag, source_id FROM message WHERE vehicle_id = %s ORDER BY ts, source_id",
            [source.vehicle_id],
        )
        return cursor.fetchall()


def test_readings_are_stored_as_they_were_measured_with_the_cell_of_their_position():
    source = make_source()
    outcome = store(source, [Message(START, {LATITUDE: 10.25, LONGITUDE: 20.5, SPEED: 31.7})])
    assert (outcome.stored, outcome.duplicate, outcome.flagged, dict(outcome.rejected)) == (3, 0, 0, {})
    [(ts, sig, val, flag, stored_source)] = rows(source)
    assert (ts, stored_source, flag) == (START, source.pk, [])
    assert dict(zip(sig, val, strict=True)) == {1: 10.25, 2: 20.5, 6: 31.7, CELL: cell_value(10.25, 20.5)}


def test_the_same_readings_again_are_duplicates_from_whichever_source():
    source = make_source()
    other = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    first = store(source, drive(START))
    assert first.stored == 121 * 3
    for again in (source, other):
        outcome = store(again, drive(START))
        assert (outcome.stored, outcome.duplicate, dict(outcome.rejected)) == (0, 121 * 3, {})
    assert len(rows(source)) == 121


def test_a_new_reading_beside_known_ones_is_stored_alone():
    source = make_source()
    store(source, [Message(START, {LATITUDE: 10.0, LONGITUDE: 20.0, SPEED: 30.0})])
    outcome = store(source, [Message(START, {LATITUDE: 10.0, LONGITUDE: 20.0, SPEED: 30.0, BATTERY_LEVEL: 80.0})])
    assert (outcome.stored, outcome.duplicate) == (1, 3)
    assert rows(source)[-1][1] == [BATTERY_LEVEL]


def test_two_sources_that_differ_are_both_kept_and_the_later_is_flagged():
    source = make_source()
    other = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    store(source, [Message(START, {SPEED: 30.0})])
    outcome = store(other, [Message(START, {SPEED: 33.0})])
    assert (outcome.stored, outcome.flagged) == (1, 1)
    assert [(val, flag) for _, _, val, flag, _ in rows(source)] == [([30.0], []), ([33.0], [1])]


def test_a_source_that_contradicts_itself_is_refused():
    source = make_source()
    store(source, [Message(START, {SPEED: 30.0})])
    outcome = store(source, [Message(START, {SPEED: 33.0})])
    assert (outcome.stored, dict(outcome.rejected)) == (0, {("speed", "conflict"): 1})


def test_refused_readings_are_counted_by_reason_and_the_rest_lives():
    source = make_source()
    bad = Message(START, {SPEED: 900.0, BATTERY_LEVEL: 55.0, LATITUDE: 10.0})
    late = Message(NOW + timedelta(minutes=6), {SPEED: 10.0})
    for _ in range(2):
        outcome = store(source, [bad, late])
    assert outcome.rejected == {
        ("speed", "out_of_range"): 1,
        ("currentLocationLatitude", "lone_coordinate"): 1,
        ("speed", "future_timestamp"): 1,
    }
    assert outcome.duplicate == 1
    counted = RejectionCount.objects.get(source=source, signal="speed", code="out_of_range")
    assert (counted.count, counted.day, counted.sample["value"]) == (2, NOW.date(), "900.0")


def test_old_readings_are_refused_only_where_an_age_is_given():
    source = make_source()
    old = [Message(NOW - timedelta(days=31), {SPEED: 10.0})]
    assert store(source, old, max_age=timedelta(days=30)).rejected == {("speed", "too_old"): 1}
    assert store(source, old).stored == 1


def test_a_day_without_partition_is_an_error_for_who_writes_past_the_rule():
    with pytest.raises(DatabaseError, match="no partition"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO message VALUES ('2001-02-03', 1, 1, '{6}', '{1}')")


def test_a_reading_cannot_be_changed_by_the_application():
    source = make_source()
    store(source, [Message(START, {SPEED: 30.0})])
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE message SET val = '{99}'")


def test_partitions_are_made_ahead_once():
    later = NOW + timedelta(days=3650)
    with pytest.raises(DatabaseError, match="outside 2000-01-01"), transaction.atomic():
        partitions.ensure_ahead(now=later)
    far = NOW - timedelta(days=900)
    assert partitions.ensure_ahead(now=far) == 39
    assert partitions.ensure_ahead(now=far) == 0


def test_minutes_equal_what_raw_rows_say_however_they_arrived():
    source = make_source()
    readings = [
        Message(START + timedelta(seconds=7 * i), {SPEED: (i * 37) % 120 + 0.25, ODOMETER: 1000 + i / 64, 9: 1.0})
        for i in range(200)
    ]
    for part in (readings[100:150], readings[:100:2], readings[1:100:2], readings[150:]):
        store(source, part)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM rollup_1m WHERE vehicle_id = %s ORDER BY 2, 3", [source.vehicle_id])
        kept = cursor.fetchall()
        cursor.execute(
            f"{rollups.FROM_RAW} ORDER BY 2, 3",
            {"vehicle": source.vehicle_id, "since": START, "until": NOW, "signals": [SPEED, ODOMETER]},
        )
        assert kept == cursor.fetchall()  # sums of halves and quarters are exact
    assert {row[1] for row in kept} == {SPEED, ODOMETER}


def test_deleting_a_source_leaves_the_others_minutes_and_last_values():
    source = make_source()
    other = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    store(source, [Message(START, {SPEED: 30.0}), Message(START + timedelta(seconds=9), {BATTERY_LEVEL: 60.0})])
    store(other, [Message(START + timedelta(seconds=20), {SPEED: 50.0})])
    assert telemetry.delete_readings(source=other) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT signal_id, n, sum FROM rollup_1m WHERE vehicle_id = %s ORDER BY 1", [source.vehicle_id])
        assert cursor.fetchall() == [(SPEED, 1, 30.0), (BATTERY_LEVEL, 1, 60.0)]
    last = latest.read(vehicle_id=source.vehicle_id).last
    assert {signal: reading.value for signal, reading in last.items()} == {SPEED: 30.0, BATTERY_LEVEL: 60.0}


def test_the_source_remembers_what_awaits_the_trip_cutter():
    source = make_source()
    store(source, drive(START))
    store(source, drive(START - timedelta(hours=5)))
    source.refresh_from_db()
    assert (source.uncut_since, source.uncut_until) == (START - timedelta(hours=5), START + timedelta(minutes=10))
