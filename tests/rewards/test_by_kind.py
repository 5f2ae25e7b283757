"""The matrix shows what each kind of data earned lately: whole, in proportion to list prices, and nobody else's."""

from datetime import timedelta

import pytest

from dimo.money import NothingToShareBy
from rewards.by_kind import divided, earned_by_kind
from rewards.models import Share
from rewards.settlement import settle_license
from tests.rewards.factories import NOW, delivered

PRICES = {
    "battery": {"pseudonymous_rows": "200"},
    "behavior.speed_series": {"pseudonymous_rows": "300"},
    "location.coarse": {"pseudonymous_rows": "500"},
}
SIGNALS = ["speed", "currentLocationCell7", "powertrainTractionBatteryStateOfChargeCurrent"]


def test_an_amount_is_divided_by_list_prices_to_the_unit():
    parts = divided(1001, PRICES, SIGNALS, "pseudonymous_rows")
    assert parts == {"location": 501, "behavior": 300, "battery": 200}


def test_a_free_list_divides_nothing():
    free = {name: {"pseudonymous_rows": "0"} for name in PRICES}
    with pytest.raises(NothingToShareBy):
        divided(10, free, SIGNALS, "pseudonymous_rows")


@pytest.mark.django_db
def test_cells_and_unions_sum_to_the_shares_of_the_last_30_days(django_assert_num_queries):
    license, rows = delivered()
    settle_license(license_id=license.pk, now=NOW)
    mine = rows[2]
    share = Share.objects.get(settlement_id=license.pk, vehicle=mine.vehicle)
    with django_assert_num_queries(2):
        earned = earned_by_kind(mine.member, mine.vehicle, NOW + timedelta(days=29))
    assert earned.by_union == {license.union_id: share.amount}
    assert sum(earned.by_cell.values()) == share.amount > 0
    assert {union for union, _ in earned.by_cell} == {license.union_id}


@pytest.mark.django_db
def test_older_shares_and_other_peoples_are_left_out():
    license, rows = delivered()
    settle_license(license_id=license.pk, now=NOW)
    mine, other = rows[:2]
    assert earned_by_kind(mine.member, mine.vehicle, NOW + timedelta(days=30)).by_union == {}
    assert earned_by_kind(mine.member, other.vehicle, NOW + timedelta(days=1)).by_union == {}
