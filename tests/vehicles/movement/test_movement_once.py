"""A drive, a vehicle and a verdict count once."""

from datetime import timedelta

import pytest

from tests.vehicles.factories import make_user
from tests.vehicles.movement.drives import MONDAY, NOW, WEEK, device_source, drive, fixes, jittered, retold, told
from vehicles import registry
from vehicles.models import MovementVerdict
from vehicles.movement import copies, judging

pytestmark = pytest.mark.django_db


def test_a_second_device_of_one_vehicle_tells_the_same_drive_and_no_copy():
    first = device_source()
    second = device_source(first.vehicle)
    messages = told(driver=1)
    drive(first, messages)
    drive(second, retold(jittered(fixes(messages)), messages))
    judging.judge_week(week=WEEK, now=NOW)
    row = MovementVerdict.objects.get()
    assert [found["refused"] for found in row.evidence["drives"]] == ["", ""]
    assert (row.earns, row.trips) == (True, 1)


def test_vehicles_judged_twice_at_once_get_one_revision():
    source = device_source()
    drive(source, told(driver=1))
    copies.keep_prints(week=WEEK)
    assert judging.judge_vehicles(vehicle_ids=[source.vehicle_id], week=WEEK, now=NOW) == 1
    assert judging.judge_vehicles(vehicle_ids=[source.vehicle_id], week=WEEK, now=NOW) == 0


def test_in_a_week_with_two_owners_the_one_who_drove_more_earns():
    source = device_source()
    drive(source, told(driver=1, km=6.0))
    vehicle = registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=MONDAY + timedelta(days=2))
    later = told(driver=2, road=11, start=MONDAY + timedelta(days=3), odometer=5_006.5)
    drive(device_source(vehicle), later)
    judging.judge_week(week=WEEK, now=NOW)
    rows = list(MovementVerdict.objects.order_by("owner_epoch"))
    assert [(row.owner_epoch, row.earns) for row in rows] == [(1, False), (2, True)]
    assert rows[0].reasons[-1]["code"] == "another_epoch_earns"


def test_a_buyer_gets_no_verdict_on_weeks_before_the_vehicle_was_theirs():
    source = device_source()
    drive(source, told(driver=1))
    registry.transfer_vehicle(vehicle=source.vehicle, buyer=make_user(), now=MONDAY + timedelta(days=8))
    judging.judge_week(week=WEEK, now=NOW)
    assert list(MovementVerdict.objects.values_list("owner_epoch", "earns")) == [(1, True)]
