"""What is derived from telemetry does not depend on where its days lie: open, sealed, dropped, with late data."""

from datetime import timedelta

import pytest
from django.db import transaction

from tests.vehicles.charging import charges
from tests.vehicles.factories import make_source
from tests.vehicles.movement import drives
from tests.vehicles.store import world
from vehicles.charging import sessions
from vehicles.models import MovementVerdict, Source
from vehicles.movement import copies, evidence, judging
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, SPEED
from vehicles.store import days, gaps, late, nearest, passes, passing, reading, seal

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
MIDNIGHT = days.midnight(world.DAY) + days.ONE


def everywhere(day, find, late_ones):
    """What is found while a day is open, sealed and dropped; then after late readings before and after their move."""
    before = find()
    seal.seal_day(day=day, now=world.NOW)
    assert find() == before
    assert [each.step for each in passes.seal_due_days(now=world.AFTER_GRACE, day=day)] == ["dropped"]
    assert find() == before
    late_ones()
    with_late = find()
    assert with_late != before
    late.seal_late(day=day)
    assert find() == with_late
    return before, with_late


def shifted(points, by):
    return [point._replace(at=point.at - charges.START + by) for point in points]


def test_a_charge_across_midnight_is_one_session_wherever_its_days_lie():
    source = make_source()
    points = charges.drive(0, minutes=10, soc=42.0) + charges.charge(20, minutes=80) + charges.drive(110, soc=72.0)
    told = charges.messages(shifted(points, MIDNIGHT - HOUR))
    world.store(source, [Message(told[0].ts - days.ONE / 4, {charges.ADDED: 0.5}), *told])

    def find():
        """Asked for what came after midnight alone, so that the rest is found by looking back."""
        found = sessions.cut_sessions(
            vehicle=source.vehicle, source=source, since=MIDNIGHT + HOUR / 6, until=MIDNIGHT + HOUR / 3
        )
        points = sessions.read_points(source=source, since=MIDNIGHT - HOUR / 2, until=MIDNIGHT)
        return [
            (each.pk, each.started_at, each.ended_at, each.energy_kwh, each.readings, each.marks, each.curve)
            for each in found
        ], points

    def more():
        world.store(source, [Message(MIDNIGHT - HOUR / 2 + timedelta(seconds=7), {BATTERY_LEVEL: 44.3})])

    (found, points), (with_late, _) = everywhere(world.DAY, find, more)
    [(_, started, ended, energy, readings, *_)] = found
    assert (started, ended) == (MIDNIGHT - 2 * HOUR / 3, MIDNIGHT + 2 * HOUR / 3)
    assert (energy, with_late[0][4]) == (16.0, readings + 1)
    assert points[0].at < MIDNIGHT - HOUR / 2  # the last level told before


def test_a_weeks_evidence_and_verdict_are_the_same_over_sealed_days():
    one, other = drives.device_source(), drives.device_source()
    tuesday = drives.MONDAY + days.ONE
    drives.drive(one, drives.told(driver=1))
    drives.drive(one, drives.told(driver=2, road=9, start=tuesday, odometer=5_009.0))
    drives.drive(other, drives.told(driver=1, start=drives.MONDAY + HOUR))

    def find():
        with transaction.atomic():
            found = evidence.gather(vehicles=[one.vehicle, other.vehicle], week=drives.WEEK)
        fixes = [evidence.fixes_of(trip=trip) for each in found for trip in each.trips]
        assert [each.fixes[trip.pk] for each in found for trip in each.trips] == fixes
        return [each.week for each in found], fixes

    def more():
        drives_end = tuesday + 3 * HOUR
        world.store(one, [Message(drives_end + timedelta(minutes=i), {SPEED: 0.0}) for i in range(3)])

    (weeks, fixes), (with_late, _) = everywhere(tuesday.date(), find, more)
    assert (len(weeks[0].drives), min(map(len, fixes)) > 50) == (2, True)
    assert with_late[0].readings == weeks[0].readings + 3
    seal.seal_day(day=drives.WEEK, now=world.NOW)
    passes.seal_due_days(now=world.AFTER_GRACE, day=drives.WEEK)
    assert find() == (with_late, fixes)
    assert judging.judge_week(week=drives.WEEK, now=drives.NOW) == 2
    row = MovementVerdict.objects.get(vehicle=one.vehicle)
    assert (row.proved, row.earns, row.trips) == (True, True, 2), row.reasons
    refused = MovementVerdict.objects.get(vehicle=other.vehicle)
    assert "track_of_another_owner" in [reason["code"] for reason in refused.reasons]
    assert copies.keep_prints(week=drives.WEEK) == 0


def test_gaps_between_messages_are_learned_across_tiers():
    [other], source = world.fleet(1, days=3), drives.device_source()
    for day in range(3):
        world.store(source, world.messages(world.START + day * days.ONE))
    imported = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    world.store(imported, world.messages(world.START + HOUR / 7, count=5))
    since = {source.vehicle_id: world.START + HOUR / 6, other.vehicle_id: world.START}

    def find():
        with transaction.atomic():
            return sorted(gaps.counted(since=since, until=world.NOW, most=39))

    def more():
        world.store(source, world.messages(world.START + days.ONE + 5 * HOUR, count=7))

    found, with_late = everywhere(world.DAY + days.ONE, find, more)
    assert {vehicle for vehicle, *_ in found} == {source.vehicle_id}  # the other's is no device
    assert sum(count for *_, count, _ in found) == 3 * 40 - 11  # three mornings less ten minutes
    assert sum(count for *_, count, _ in with_late) == 3 * 40 - 11 + 7


@pytest.mark.parametrize("side", ["before", "after"])
def test_the_nearest_message_is_found_in_whichever_tier_it_lies(side):
    [source] = world.fleet(1, days=3)
    world.store(source, [Message(MIDNIGHT - HOUR, {36: 12.5, SPEED: 1.0})])
    another = Source.objects.create(vehicle=source.vehicle, kind=Source.Kind.SIMULATOR)
    world.store(another, [Message(MIDNIGHT - 2 * HOUR, {SPEED: 60.0})])
    noon = days.midnight(world.DAY) + days.ONE / 2

    def ask(since, until, **also):
        told = nearest.message(
            vehicle_id=source.vehicle_id,
            source_id=source.pk,
            **{"signal_id": SPEED, "since": since, "until": until, "side": side} | also,
        )
        return told and (told.ts, told.source_id, sorted(zip(told.sig, told.val, strict=True)))

    def find():
        return [
            ask(noon, noon + days.ONE),
            ask(world.SPAN[0], noon),
            ask(noon, world.SPAN[1], least=10.0),
            ask(world.SPAN[0], noon, least=10.0, signal_id=BATTERY_LEVEL),
            ask(noon, MIDNIGHT),
            ask(noon, MIDNIGHT, least=99.0),
            ask(noon, noon),
        ]

    def more():
        world.store(source, [Message(noon + HOUR * (1 if side == "after" else 11.5), {SPEED: 20.0})])

    found, with_late = everywhere(world.DAY, find, more)
    assert found[-2:] == [None, None]
    assert found[0][0] == (MIDNIGHT - HOUR if side == "after" else world.messages()[-1].ts + days.ONE)
    assert len(found[0][2]) == (2 if side == "after" else 3)
    assert (found[4][2], with_late[4][2]) == ([(SPEED, 1.0), (36, 12.5)], [(SPEED, 20.0)])


def test_messages_of_many_vehicles_pass_in_order_whatever_tier_and_each_once():
    sources = world.fleet(3, days=2)

    def find():
        with transaction.atomic():
            passed = list(
                passing.messages(
                    vehicle_ids=[source.vehicle_id for source in sources[:2]],
                    signal_ids=[SPEED],
                    since=world.START + HOUR / 6,
                    until=world.START + 2 * days.ONE,
                )
            )
        for vehicle in {vehicle for vehicle, _ in passed}:
            moments = [told.ts for number, told in passed if number == vehicle]
            assert moments == sorted(set(moments))
        return sorted((vehicle, told.ts, told.val[list(told.sig).index(SPEED)]) for vehicle, told in passed)

    def more():
        world.store(sources[0], world.messages(world.START + 5 * HOUR, count=2))

    found, with_late = everywhere(world.DAY, find, more)
    assert (len(found), len(with_late)) == (2 * (30 + 40), 2 * (30 + 40) + 2)
    alone = reading.messages(
        vehicle_id=sources[1].vehicle_id, stretches=[(world.START + HOUR / 6, world.START + 2 * days.ONE)]
    )
    assert [ts for vehicle, ts, _ in with_late if vehicle == sources[1].vehicle_id] == [told.ts for told in alone]
