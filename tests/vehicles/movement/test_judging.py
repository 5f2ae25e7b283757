"""Weeks judged from what is stored: each vehicle once, copies refused, revisions only added."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from tests.vehicles.factories import make_user, make_vehicle
from tests.vehicles.movement.drives import (
    MONDAY,
    NOW,
    WEEK,
    backwards,
    device_source,
    drive,
    fixes,
    jittered,
    retold,
    shifted,
    simulated_source,
    told,
)
from vehicles import registry
from vehicles.models import MovementVerdict
from vehicles.movement import judging, selectors, tasks
from vehicles.signals import IGNITION, ODOMETER, SPEED

pytestmark = pytest.mark.django_db


def judged(source, week=WEEK, now=NOW):
    judging.judge_week(week=week, now=now)
    rows = MovementVerdict.objects.filter(vehicle=source.vehicle, week=week)
    return rows.order_by("-revision").first()


def codes(row):
    return [reason["code"] for reason in row.reasons]


def test_a_signed_week_earns_with_its_evidence():
    source = device_source()
    [trip] = drive(source, told(driver=1))
    row = judged(source)
    assert (row.proved, row.earns, row.kind, row.trips, row.witnesses, row.revision) == (
        True,
        True,
        "hardware",
        1,
        2,
        1,
    )
    assert row.gps_km == pytest.approx(9.0, abs=0.4)
    assert row.odometer_km == pytest.approx(9.0, abs=0.3)
    assert row.evidence["drives"][0]["trip"] == str(trip.public_id)


def test_values_signed_alone_and_simulated_weeks_never_earn():
    weak, simulated = device_source(grade="data_signed"), simulated_source()
    drive(weak, told(driver=1))
    drive(simulated, told(driver=2, road=9))
    assert (codes(judged(weak)), codes(judged(simulated))) == (["not_signed"], ["simulator"])
    assert not MovementVerdict.objects.filter(earns=True).exists()


def test_a_paired_vehicle_that_was_silent_gets_its_reason_too():
    assert codes(judged(device_source())) == ["no_readings"]


def test_a_towed_vehicle_did_not_move_itself():
    source = device_source()
    towed = [m._replace(values=m.values | {IGNITION: 0.0, SPEED: 0.0, ODOMETER: 5000.0}) for m in told(driver=1)]
    assert drive(source, towed) == []
    assert codes(judged(source)) == ["towed"]


@pytest.mark.parametrize("attack", [shifted, lambda t: shifted(jittered(t)), lambda t: shifted(backwards(t))])
def test_a_replay_by_another_owner_is_refused_and_the_original_earns(attack):
    original, thief = device_source(), device_source()
    messages = told(driver=1)
    drive(original, messages)
    drive(thief, retold(attack(fixes(messages))[:], messages), now=NOW + timedelta(days=8))
    assert judged(original).earns
    row = judged(thief, WEEK + timedelta(days=7), NOW + timedelta(days=8))
    assert (row.earns, codes(row)) == (False, ["too_little", "track_of_another_owner"])
    assert row.evidence["drives"][0]["copy_of"] == ""


def test_one_track_under_two_vehicles_of_one_owner_counts_once():
    owner = make_user()
    first, second = (device_source(make_vehicle(owner=owner)) for _ in range(2))
    messages = told(driver=1)
    [trip], _ = drive(first, messages), drive(second, retold(jittered(fixes(messages)), messages))
    assert judged(first).earns
    row = judged(second)
    assert "one_track_two_vehicles" in codes(row)
    assert row.evidence["drives"][0]["copy_of"] == str(trip.public_id)


def test_a_vehicles_own_drive_of_the_day_before_is_no_new_drive():
    source = device_source()
    messages = told(driver=1)
    drive(source, messages)
    drive(source, retold(jittered(shifted(fixes(messages), 86_400)), messages))
    row = judged(source)
    assert (row.trips, row.days, "replayed" in codes(row)) == (1, 1, True)


def test_two_commuters_on_one_road_both_earn():
    sources = [device_source() for _ in range(4)]
    for driver, source in enumerate(sources, start=1):
        drive(source, told(driver=driver, start=MONDAY + timedelta(minutes=driver)))
    assert [judged(source).earns for source in sources] == [True] * 4


def test_judging_again_changes_nothing_until_a_late_drive_makes_a_revision():
    source = device_source()
    drive(source, told(driver=1))
    assert judging.judge_week(week=WEEK, now=NOW) == 1
    assert judging.judge_week(week=WEEK, now=NOW) == 0
    drive(source, told(driver=2, road=11, start=MONDAY + timedelta(days=1), odometer=5_009.5))
    assert judging.judge_week(week=WEEK, now=NOW) == 1
    row = MovementVerdict.objects.latest("revision")
    assert row.reasons == []
    rows = list(MovementVerdict.objects.order_by("revision").values_list("revision", "trips"))
    assert rows == [(1, 1), (2, 2)]
    [earned] = selectors.verdicts(week=WEEK)
    assert (earned.vehicle_id, earned.earns, earned.days, earned.revision) == (source.vehicle_id, True, 2, 2)


def test_a_week_is_not_judged_before_its_corrections_are_in():
    with pytest.raises(judging.WeekOpen):
        judging.judge_week(week=WEEK, now=MONDAY + timedelta(days=7))


def test_judging_cut_off_goes_on_where_it_stopped(monkeypatch):
    sources = [device_source() for _ in range(3)]
    monkeypatch.setattr(judging, "A_CHUNK", 1)
    monkeypatch.setattr(judging.due_vehicles, "__kwdefaults__", {"after": 0, "most": 1})
    [first] = judging.due_vehicles(week=WEEK)
    judging.judge_vehicles(vehicle_ids=[first], week=WEEK, now=NOW)
    assert judging.judge_week(week=WEEK, now=NOW) == len(sources) - 1
    assert MovementVerdict.objects.count() == len(sources)


@pytest.mark.parametrize(
    "change", ["UPDATE vehicles_movementverdict SET km = 1", "DELETE FROM vehicles_movementverdict"]
)
def test_the_database_keeps_what_was_judged(change):
    judged(device_source())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_a_revision_follows_the_one_before_it():
    row = judged(device_source())
    row.pk, row.revision = None, 3
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()


def test_erasing_a_vehicle_takes_all_of_its_verdicts_and_no_others():
    source, other = device_source(), device_source()
    judged(source)
    assert judging.erase(vehicle=source.vehicle) == 1
    assert list(MovementVerdict.objects.values_list("vehicle", flat=True)) == [other.vehicle_id]


def test_a_new_owner_starts_without_a_streak():
    source = device_source()
    drive(source, told(driver=1))
    judged(source)
    assert selectors.streak(vehicle=source.vehicle, week=WEEK).weeks == 1
    assert selectors.streak(vehicle=source.vehicle, week=WEEK + timedelta(weeks=2)).missed == 2
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=NOW)
    assert selectors.streak(vehicle=vehicle, week=WEEK).weeks == 0
    assert not selectors.weeks_of(vehicle=vehicle).exists()


def test_a_week_costs_the_same_reads_for_many_vehicles(django_assert_max_num_queries):
    for _ in range(6):
        device_source()
    with django_assert_max_num_queries(13 + 8):  # a read a day
        assert judging.judge_week(week=WEEK, now=NOW) == 6


def test_beat_finds_the_weeks_that_are_due(monkeypatch):
    source, asked = device_source(), []
    drive(source, told(driver=1))
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(tasks.judge_week, "delay", lambda week: asked.append(week))
    tasks.judge_due()
    assert WEEK.isoformat() in asked
    for week in asked:
        tasks.judge_week(week=week)
    asked.clear()
    tasks.judge_due()
    assert asked == []


def test_the_command_prints_verdicts_and_refuses_what_is_no_week(capsys):
    drive(device_source(), told(driver=1))
    call_command("judge_movement", week="2026-W41", json=True)
    [row] = json.loads(capsys.readouterr().out)
    assert (row["week"], row["earns"], len(row["drives"])) == ("2026-W41", True, 1)
    call_command("judge_movement")
    assert "earns" in capsys.readouterr().out
    for week in ("2026-47", "2026-W60"):
        with pytest.raises(CommandError):
            call_command("judge_movement", week=week)
