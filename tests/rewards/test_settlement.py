"""Every unit of a price reaches whom it belongs to, once."""

from fractions import Fraction
from uuid import uuid4

import pytest

from dimo import money
from dimo.audit.models import AuditEvent
from dimo.ledger import selectors
from dimo.ledger.books import findings
from dimo.ledger.models import Journal
from licensing.licenses import refund_license
from licensing.models import License
from rewards.models import Settlement, Share
from rewards.settlement import LicenseNotDelivered, parts, settle_license
from tests.rewards.factories import FEE_BPS, NOW, bought, deliver, delivered, fleet, union

pytestmark = pytest.mark.django_db


def paid(row) -> int:
    return selectors.balance_of(kind="driver", asset="EURC", owner=row.member.public_id)


def held(license: License, kind: str = "escrow") -> int:
    return selectors.balance_of(kind=kind, asset="EURC", owner=license.pk)


def test_every_unit_is_credited():
    license, rows = delivered()
    treasury = selectors.balance_of(kind="treasury", asset="EURC")
    journal = settle_license(license_id=license.pk, now=NOW)
    fees = [license.price * bps // 10_000 for bps in (FEE_BPS, 500)]
    assert selectors.balance_of(kind="treasury", asset="EURC") - treasury == fees[0]
    assert selectors.balance_of(kind="union", asset="EURC", union_id=license.union_id) == fees[1]
    assert sum(map(paid, rows)) == license.price - sum(fees)
    assert held(license) == 0
    assert journal.key == f"settle-license:{license.pk}"
    assert findings() == []


def test_members_share_by_weight_within_a_unit_of_the_ideal():
    license, rows = delivered(weights=[1, 10, 100, 1000, 10_000, 123_457])
    settle_license(license_id=license.pk)
    pool = Settlement.objects.get().drivers_amount
    total = sum([1, 10, 100, 1000, 10_000, 123_457])
    for row, weight in zip(rows, [1, 10, 100, 1000, 10_000, 123_457], strict=True):
        assert abs(paid(row) - Fraction(pool * weight, total)) < 1


def test_ties_go_by_the_hash_of_license_and_vehicle():
    license, rows = delivered(members=7, weights=[1] * 7)
    settle_license(license_id=license.pk)
    pool = Settlement.objects.get().drivers_amount
    ranked = sorted(rows, key=lambda row: money.tie_rank(str(license.pk), str(row.vehicle.public_id)))
    assert [paid(row) for row in ranked] == [pool // 7 + 1] * (pool % 7) + [pool // 7] * (7 - pool % 7)
    assert pool % 7, "this price leaves no unit to give to the first"


def test_the_settlement_explains_itself():
    license, rows = delivered(weights=[5, 0, 7, 9, 11, 13])
    journal = settle_license(license_id=license.pk, now=NOW)
    settlement = Settlement.objects.get(pk=license.pk)
    assert settlement.journal == journal
    assert (settlement.contributors, settlement.weight, settlement.split_rule) == (6, 45, "equal")
    assert (settlement.protocol_fee_bps, settlement.union_fee_bps, settlement.settled_at) == (FEE_BPS, 500, NOW)
    lines = {share.vehicle_id: share for share in Share.objects.filter(settlement=settlement)}
    assert sum(line.amount for line in lines.values()) == settlement.drivers_amount
    assert lines[rows[1].vehicle_id].amount == 0
    assert lines[rows[2].vehicle_id].weight == 7
    assert AuditEvent.objects.filter(action="license.settled", object_id=str(license.pk)).count() == 1


def test_the_license_is_settled_with_its_money():
    license, _ = delivered()
    settle_license(license_id=license.pk, now=NOW)
    license.refresh_from_db()
    assert (license.state, license.settled_at) == ("settled", NOW)


def test_settling_again_returns_the_same_journal():
    license, rows = delivered()
    first = settle_license(license_id=license.pk)
    before = [paid(row) for row in rows]
    assert settle_license(license_id=license.pk) == first
    assert [paid(row) for row in rows] == before
    assert Journal.objects.filter(kind="settle-license").count() == 1


def test_two_vehicles_of_one_person_are_two_lines_and_one_payment():
    of = union()
    rows = fleet(of, 5, messages=[])
    rows.append(fleet(of, 1, messages=[], owner=rows[0].member)[0])
    license = deliver(bought(of), [(row, 10, 10) for row in rows])
    settle_license(license_id=license.pk)
    mine = Share.objects.filter(member=rows[0].member)
    assert mine.count() == 2
    assert paid(rows[0]) == sum(share.amount for share in mine)
    assert findings() == []


@pytest.mark.parametrize("contributors", [6, 0])
def test_where_nothing_weighs_the_drivers_part_is_held_back(contributors):
    of = union()
    rows = fleet(of, 6, messages=[])
    license = deliver(bought(of), [(row, 1, 0) for row in rows[:contributors]])
    settle_license(license_id=license.pk)
    settlement = Settlement.objects.get(pk=license.pk)
    assert settlement.drivers_amount == 0
    assert held(license, "holdback") == settlement.holdback_amount > 0
    assert held(license) == 0
    assert Share.objects.count() == contributors
    assert findings() == []


@pytest.mark.parametrize("state", ["funded", "building"])
def test_a_license_not_yet_delivered_waits(state):
    of = union()
    fleet(of, 6, messages=[])
    license = bought(of)
    License.objects.filter(pk=license.pk).update(state=state)
    with pytest.raises(LicenseNotDelivered):
        settle_license(license_id=license.pk)
    assert held(license) == license.price
    assert not Settlement.objects.exists()


def test_a_refunded_license_is_never_settled():
    of = union()
    fleet(of, 6, messages=[])
    license = bought(of)
    refund_license(license_id=license.pk, failure="build_failed", now=NOW)
    with pytest.raises(LicenseNotDelivered):
        settle_license(license_id=license.pk)


def test_an_unknown_license_is_said_to_be_none():
    with pytest.raises(License.DoesNotExist):
        settle_license(license_id=uuid4())


def test_a_failure_in_the_middle_leaves_nothing_behind(monkeypatch):
    """The last step refuses: no journal, no settlement, and the next attempt succeeds."""
    license, rows = delivered()
    with monkeypatch.context() as broken:
        broken.setattr("rewards.settlement._note", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            settle_license(license_id=license.pk)
    assert held(license) == license.price
    assert not Settlement.objects.exists()
    settle_license(license_id=license.pk)
    assert held(license) == 0
    assert all(paid(row) for row in rows)


def test_other_unions_accounts_are_untouched():
    elsewhere = union()
    license, _ = delivered()
    settle_license(license_id=license.pk)
    assert selectors.balance_of(kind="union", asset="EURC", union_id=elsewhere.pk) == 0
    assert Settlement.objects.get().union_id == license.union_id


@pytest.mark.parametrize("price", [0, 1, 19, 49, 50, 999, 10**6 + 1, 2**256 - 1])
def test_a_price_taken_apart_loses_nothing_and_the_drivers_take_the_rounding(price):
    split = parts(price=price, protocol_fee_bps=200, union_fee_bps=500, weight=1)
    assert split.protocol + split.union + split.drivers + split.holdback == price
    assert split.drivers >= price * 93 // 100
