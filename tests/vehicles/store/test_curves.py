"""Charts, maps and trips do not tell where their days lie; five-minute roll-ups are what raw values say."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.vehicles.factories import drive, make_source
from tests.vehicles.store import world
from vehicles import measurements, telemetry, trips
from vehicles.models import Source
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, ODOMETER, SPEED, charted
from vehicles.store import days, late, passes, seal

pytestmark = pytest.mark.django_db(transaction=True)
UNCHARTED = 36
DAY = (world.START - timedelta(hours=4), world.START + timedelta(hours=19))
MONTH = (world.SPAN[0], world.SPAN[1])


def sealed(*later: datetime) -> None:
    for day in range(2):
        seal.seal_day(day=world.DAY + day * days.ONE, now=world.NOW)


def drop() -> None:
    for day in range(2):
        passes.seal_due_days(now=world.AFTER_GRACE, day=world.DAY + day * days.ONE)


def curves(source: Source) -> list:
    asked = (SPEED, ODOMETER, UNCHARTED)
    periods = [(*DAY, None), (*DAY, 60), (*MONTH, None), (*MONTH, 3600), (*MONTH, 86_400)]
    return [
        measurements.series(vehicle=source.vehicle, signal_ids=asked, since=since, until=until, step=step)
        for since, until, step in periods
    ]


def test_charts_of_any_length_are_the_same_after_sealing_and_late_data_shows_at_once():
    [source] = world.fleet(1, days=3)
    for day in range(3):
        told = [Message(each.ts + days.ONE * day, {UNCHARTED: 12.5}) for each in world.messages(step=61)]
        world.store(source, told)
    assert UNCHARTED not in charted
    before = curves(source)
    assert [each.step for each in before] == [0, 60, 300, 3600, 86_400]
    assert len(before[0].points[UNCHARTED]) == 40
    sealed()
    assert curves(source) == before
    drop()
    assert curves(source) == before
    world.store(source, [Message(world.START + timedelta(hours=3), {SPEED: 10.0, UNCHARTED: 13.5})])
    with_late = curves(source)
    assert all(one != other for one, other in zip(before, with_late, strict=True))
    late.seal_late(day=world.DAY)
    assert curves(source) == with_late


def rolled() -> dict:
    """Count and sum by vehicle, signal and start of five minutes, as they are stored."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT vehicle_id, signal_id, day, slot, n, sum FROM rollup_5m")
        return {
            (vehicle, signal, days.midnight(day) + slot * timedelta(minutes=5)): (n, total)
            for vehicle, signal, day, *entries in cursor.fetchall()
            for slot, n, total in zip(*entries, strict=True)
        }


def by_five_minutes(values) -> dict:
    """The same from values as measured."""
    found = {}
    for row in values.to_pylist():
        if row["signal_id"] in charted:
            start = row["ts"].replace(minute=row["ts"].minute // 5 * 5, second=0, microsecond=0)
            key = (row["vehicle_id"], row["signal_id"], start)
            n, total = found.get(key, (0, 0.0))
            found[key] = (n + 1, total + row["value"])
    return found


def test_five_minutes_equal_what_raw_values_say_also_after_late_data_came():
    sources = world.fleet(2)
    seal.seal_day(day=world.DAY, now=world.NOW)
    for number in range(3):  # quarters are exact in any order
        told = world.messages(world.START + timedelta(seconds=90 * number + 7), count=5, step=13)
        world.store(sources[0], told)
        late.seal_late(day=world.DAY)
    values = world.everything(sources)
    assert rolled() == by_five_minutes(values)
    assert {signal for _, signal, _ in rolled()} == {SPEED, ODOMETER, BATTERY_LEVEL}
    assert sum(n for n, _ in rolled().values()) == values.num_rows


@pytest.mark.parametrize(
    "row", ["'{1,2}', '{3}', '{4,5}'", "'{1}', '{3}', '{4,5}'", "'{}', '{}', '{}'", "'{288}', '{1}', '{2}'"]
)
def test_a_row_of_five_minutes_has_a_count_and_a_sum_for_each_of_a_days_slots_that_it_names(row):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO rollup_5m VALUES ('2025-03-05', 1, {SPEED}, {row})")


def test_a_long_chart_reads_minutes_of_days_that_are_not_sealed_alone():
    [source] = world.fleet(1, days=3)
    before = curves(source)
    sealed()
    with connection.cursor() as cursor:  # minutes of sealed days, which a chart of five minutes must not need
        cursor.execute("DELETE FROM rollup_1m WHERE bucket < %s", [world.START + 2 * days.ONE - timedelta(hours=4)])
    after = curves(source)
    assert [each for each in after if each.step >= 300] == [each for each in before if each.step >= 300]
    assert len(after[2].points[SPEED]) == 3 * 8


def test_tracks_are_the_same_after_sealing():
    source = make_source()
    told = drive(world.START, seconds=1200)
    telemetry.store_readings(vehicle=source.vehicle, source=source, readings=told, now=world.NOW)
    end = told[-1].ts
    cut = trips.cut_trips(vehicle=source.vehicle, source=source, since=world.START, until=end, now=world.NOW)

    def drawn():
        whole = measurements.track(vehicle=source.vehicle, since=DAY[0], until=DAY[1])
        return measurements.tracks(trips=cut), whole

    before = drawn()
    assert len(before[0][cut[0].pk]) == len(before[1]) == 241
    sealed()
    assert drawn() == before
    drop()
    assert drawn() == before


def test_a_late_message_cuts_the_whole_drive_anew_and_not_itself_alone():
    source = make_source()
    told = drive(world.START, seconds=1200)
    kept, came = told[:100] + told[110:], told[100:110]

    def store(readings):
        telemetry.store_readings(vehicle=source.vehicle, source=source, readings=readings, now=world.NOW)
        since, until = readings[0].ts, readings[-1].ts
        return trips.cut_trips(vehicle=source.vehicle, source=source, since=since, until=until, now=world.NOW)

    [first] = store(kept)
    sealed()
    drop()
    [again] = store(came)
    assert (again.pk, again.started_at, again.ended_at) == (first.pk, first.started_at, first.ended_at)
    assert again.readings > first.readings


def test_a_page_of_trips_asks_once_however_many_there_are(django_assert_max_num_queries):
    source = make_source()
    cut = []
    for hour in range(4):
        told = drive(world.START + timedelta(hours=hour), seconds=600)
        telemetry.store_readings(vehicle=source.vehicle, source=source, readings=told, now=world.NOW)
        cut += trips.cut_trips(
            vehicle=source.vehicle, source=source, since=told[0].ts, until=told[-1].ts, now=world.NOW
        )
    with django_assert_max_num_queries(1):
        measurements.tracks(trips=cut)
    sealed()
    with django_assert_max_num_queries(2):
        assert all(measurements.tracks(trips=cut).values())
