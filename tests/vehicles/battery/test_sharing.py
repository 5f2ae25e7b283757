"""The comparison with like cars: off until said, void with another owner, and nobody sees who comes or goes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.vehicles.factories import NOW, make_user, make_vehicle
from vehicles import registry
from vehicles.battery import sharing, standing, tasks
from vehicles.models import BatteryHealth, PeerMedian, Vehicle

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def car(pct=90.0, *, shared=True, **fields):
    vehicle = make_vehicle(**({"make": "Kumo", "model": "One", "year": 2023} | fields))
    if shared:
        sharing.set_shared(vehicle=vehicle, shared=True, actor=vehicle.owner, now=NOW - WEEK)
    row, _ = BatteryHealth.objects.get_or_create(vehicle=vehicle, defaults={"owner_epoch": vehicle.owner_epoch})
    row.health_pct, row.as_of = pct, NOW
    row.save()
    return vehicle


def leave(vehicle):
    sharing.set_shared(vehicle=vehicle, shared=False, actor=vehicle.owner, now=NOW)


def seen():
    return PeerMedian.objects.values_list("median_pct", "owners").first()


def test_nobody_is_compared_unless_they_say_so():
    for _ in range(12):
        car(shared=False)
    assert sharing.refresh_medians(now=NOW) == 0
    assert BatteryHealth.objects.filter(shared_since__isnull=False).count() == 0


def test_ten_owners_make_a_median_and_nine_do_not():
    cars = [car(80.0 + number) for number in range(9)]
    assert sharing.refresh_medians(now=NOW) == 0
    cars.append(car(89.0, make=" KUMO ", model="one"))
    assert sharing.refresh_medians(now=NOW) == 1
    assert seen() == (84, 10)
    assert sharing.median_for(vehicle=cars[0], now=NOW).median_pct == 84
    stranger = car(shared=False)
    assert sharing.median_for(vehicle=stranger, now=NOW) is None, "who does not share is not told"


@pytest.mark.parametrize(
    "fields", [{"model": "Two"}, {"year": 2012}, {"simulated": True}, {"year": None}, {"model": ""}]
)
def test_other_cars_are_no_like_cars(fields):
    for _ in range(9):
        car()
    car(**fields)
    assert sharing.refresh_medians(now=NOW) == 0


def test_one_who_joins_or_leaves_changes_nothing_until_ten_have():
    cars = [car(90.0) for _ in range(10)]
    sharing.refresh_medians(now=NOW)
    before = PeerMedian.objects.values().get()
    for _ in range(4):
        car(50.0)
    for one in cars[:5]:
        leave(one)
    sharing.refresh_medians(now=NOW + WEEK)
    assert PeerMedian.objects.values().get() == before, "nine came or went"
    for _ in range(8):
        car(50.0)
    sharing.refresh_medians(now=NOW + 2 * WEEK)
    assert seen() == (70, 10)


def test_who_leaves_is_in_no_figure_made_from_then_on_and_sees_none():
    cars = [car(90.0) for _ in range(10)]
    sharing.refresh_medians(now=NOW)
    leave(cars[0])
    assert sharing.median_for(vehicle=cars[0], now=NOW) is None
    assert sharing.median_for(vehicle=cars[1], now=NOW).owners == 10
    sharing.refresh_medians(now=NOW + sharing.STANDS)
    assert seen() is None, "after a quarter nine are too few"


def test_a_value_that_changes_is_followed_while_the_owners_stay():
    cars = [car(90.0) for _ in range(10)]
    sharing.refresh_medians(now=NOW)
    BatteryHealth.objects.filter(vehicle__in=cars).update(health_pct=88.0)
    sharing.refresh_medians(now=NOW + WEEK)
    assert seen() == (88, 10)


def test_another_owner_ends_the_permission():
    cars = [car(90.0) for _ in range(10)]
    sold = registry.transfer_vehicle(vehicle=cars[0], buyer=make_user(), now=NOW)
    assert not sharing.shares(vehicle=sold)
    assert sharing.refresh_medians(now=NOW) == 0
    standing.refresh(vehicle=sold, now=NOW)
    assert BatteryHealth.objects.get(vehicle=sold).shared_since is None
    with pytest.raises(sharing.OwnerChanged):
        sharing.set_shared(vehicle=cars[0], shared=True, actor=cars[0].owner, now=NOW)


def test_one_owner_with_many_cars_is_one():
    owner = make_user()
    for _ in range(12):
        car(owner=owner)
    assert sharing.refresh_medians(now=NOW) == 0


def test_old_figures_and_retired_cars_are_left_out():
    cars = [car() for _ in range(11)]
    BatteryHealth.objects.filter(vehicle=cars[0]).update(as_of=NOW - timedelta(days=400))
    Vehicle.objects.filter(pk=cars[1].pk).update(retired_at=NOW)
    assert sharing.refresh_medians(now=NOW) == 0


def test_the_database_keeps_no_median_of_fewer_than_ten():
    with pytest.raises(IntegrityError), transaction.atomic():
        PeerMedian.objects.create(
            make="a", model="b", band="c", simulated=False, median_pct=90, owners=9, members=[1], computed_at=NOW
        )


def test_off_stands_first_and_the_choice_takes_effect_at_once(client):
    vehicle = car(shared=False)
    client.force_login(vehicle.owner)
    page = reverse("battery", args=[vehicle.public_id])
    told = client.get(page).content.decode()
    assert told.index("Not compared") < told.index(">Compared<")
    assert 'value="0" aria-pressed="true"' in told
    assert "Median of" not in told
    choice = reverse("battery-sharing", args=[vehicle.public_id])
    client.post(choice, {"shared": "1"})
    assert "Fewer than 10 owners" in client.get(page).content.decode()
    for _ in range(9):
        car()
    tasks.refresh_medians()
    assert "Owners in it" in client.get(page).content.decode()
    client.post(choice, {"shared": "0"})
    assert "Median of" not in client.get(page).content.decode()


def test_the_api_shares_by_a_key_and_tells_the_median(client, django_assert_max_num_queries):
    vehicle = car(shared=False)
    client.force_login(vehicle.owner)
    address = reverse("api-battery-sharing", args=[vehicle.public_id])
    send = {"content_type": "application/json"}
    assert client.post(address, {"shared": True}, **send).json()["code"] == "idempotency_key_required"
    assert client.post(address, {"shared": True}, headers={"Idempotency-Key": "a"}, **send).json() == {"shared": True}
    assert client.post(address, {}, headers={"Idempotency-Key": "b"}, **send).status_code == 400
    for _ in range(9):
        car()
    sharing.refresh_medians(now=NOW)
    with django_assert_max_num_queries(16):
        told = client.get(reverse("api-battery", args=[vehicle.public_id])).json()
    assert (told["shared"], told["like"]["owners"], told["health_pct"], told["drain"]) == (True, 10, 90.0, None)
