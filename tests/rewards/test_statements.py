"""A statement says why, in words and to the last unit, and agrees with the ledger."""

from datetime import timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from dimo.ledger.selectors import balance_of, statement
from dimo.money import format_amount
from rewards import selectors
from rewards.models import Settlement
from rewards.settlement import settle_license
from rewards.statements import statement_of
from tests.rewards.factories import NOW, bought, deliver, delivered, fleet, union

pytestmark = pytest.mark.django_db
UTC = ZoneInfo("UTC")


@pytest.fixture
def settled():
    license, rows = delivered(weights=[1, 2, 3, 0, 5, 6])
    settle_license(license_id=license.pk, now=NOW)
    return Settlement.objects.get(pk=license.pk), rows


def test_the_parts_are_the_whole_price(settled):
    settlement, rows = settled
    made = statement_of(member=rows[0].member, settlement=settlement)
    exact = [
        format_amount(amount, "EURC", exact=True)
        for amount in (settlement.protocol_amount, settlement.union_amount, settlement.drivers_amount)
    ]
    assert [part.amount for part in made.parts] == exact
    assert [part.rule for part in made.parts] == [
        "2% of the price, rounded down",
        "5% of the price, rounded down",
        "what the fees leave, shared among 6 vehicles",
    ]


def test_a_line_says_how_its_amount_came_about(settled):
    settlement, rows = settled
    pool = format_amount(settlement.drivers_amount, "EURC", exact=True)
    for row, weight in zip(rows, [1, 2, 3, 0, 5, 6], strict=True):
        line = statement_of(member=row.member, settlement=settlement).lines[0]
        ideal = Fraction(settlement.drivers_amount * weight, 17)
        paid = balance_of(kind="driver", asset="EURC", owner=row.member.public_id)
        assert line.amount == format_amount(paid, "EURC", exact=True)
        if not weight:
            assert "had no weight" in line.formula
        elif ideal == paid:
            assert line.formula == f"{pool} × {weight} ÷ 17, which comes out even."
        else:
            word = "rounded up" if paid > ideal else "rounded down"
            assert line.formula.startswith(f"{pool} × {weight} ÷ 17, {word}")


def test_both_directions_of_rounding_occur():
    license, rows = delivered(members=7, weights=[1] * 7)
    settle_license(license_id=license.pk)
    settlement = Settlement.objects.get(pk=license.pk)
    formulas = [statement_of(member=row.member, settlement=settlement).lines[0].formula for row in rows]
    assert sum("rounded up" in formula for formula in formulas) == settlement.drivers_amount % 7 > 0
    assert sum("rounded down" in formula for formula in formulas) == 7 - settlement.drivers_amount % 7


def test_the_total_is_what_the_ledger_posted():
    of = union()
    rows = fleet(of, 5, messages=[])
    rows.append(fleet(of, 1, messages=[], owner=rows[0].member)[0])
    license = deliver(bought(of), [(row, 10, 10) for row in rows])
    journal = settle_license(license_id=license.pk)
    made = statement_of(member=rows[0].member, settlement=Settlement.objects.get())
    entry = journal.entries.get(account__owner=rows[0].member.public_id)
    assert len(made.lines) == 2
    assert made.total == format_amount(entry.amount, "EURC", exact=True)
    assert statement(account_id=entry.account_id)[0].amount == entry.amount


def test_who_has_no_share_has_no_statement(settled):
    settlement, _ = settled
    assert statement_of(member=settlement.union.seats.get().user, settlement=settlement) is None


def test_what_was_held_back_is_a_part():
    of = union()
    rows = fleet(of, 6, messages=[])
    license = deliver(bought(of), [(row, 1, 0) for row in rows])
    settle_license(license_id=license.pk)
    made = statement_of(member=rows[0].member, settlement=Settlement.objects.get())
    assert [part.name for part in made.parts] == ["Protocol fee", "Union fee", "Drivers", "Held back"]


def test_earnings_are_counted_by_day_and_month_of_the_drivers_zone():
    late = NOW.replace(day=31, hour=23, minute=30)
    license, rows = delivered()
    settle_license(license_id=license.pk, now=late)
    member, paid = rows[5].member, Settlement.objects.get().shares.get(member=rows[5].member).amount
    helsinki = ZoneInfo("Europe/Helsinki")
    assert selectors.earned_by_month(member=member, zone=UTC) == [(late.date().replace(day=1), paid, 1)]
    assert selectors.earned_by_month(member=member, zone=helsinki)[0][0].month == late.month + 1
    since = late - timedelta(days=1)
    assert selectors.earned_by_day(member=member, since=since, until=late, zone=UTC) == {}
    after = late + timedelta(seconds=1)
    assert selectors.earned_by_day(member=member, since=since, until=after, zone=UTC) == {late.date(): paid}
    assert selectors.earned(member=member, since=since, until=late) == 0
    assert selectors.earned(member=member, since=late, until=after) == paid


def test_a_delivered_sale_is_listed_before_it_is_settled():
    license, rows = delivered()
    member = rows[0].member
    [waiting] = selectors.sales_of(member=member)
    assert (waiting.license, waiting.rows, waiting.amount, waiting.proof) == (license, 7, None, "")
    journal = settle_license(license_id=license.pk)
    [sale] = selectors.sales_of(member=member)
    assert sale.amount == balance_of(kind="driver", asset="EURC", owner=member.public_id)
    assert sale.proof == bytes(journal.body_sha256).hex()
    assert selectors.sales_of(member=license.union.seats.get().user) == []


def test_sales_of_one_vehicle_count_its_rows_alone():
    of = union()
    rows = fleet(of, 5, messages=[])
    rows.append(fleet(of, 1, messages=[], owner=rows[0].member)[0])
    license = deliver(bought(of), [(row, n, n) for n, row in enumerate(rows, start=1)])
    settle_license(license_id=license.pk)
    member = rows[0].member
    assert selectors.sales_of(member=member)[0].rows == 1 + 6
    one = selectors.sales_of(member=member, vehicle=rows[5].vehicle)[0]
    assert one.rows == 6
    assert one.amount == Settlement.objects.get().shares.get(vehicle=rows[5].vehicle).amount


def test_what_is_held_comes_from_the_unions_that_sold():
    pairs = [delivered() for _ in range(2)]
    for license, _ in pairs:
        settle_license(license_id=license.pk)
    member = pairs[0][1][0].member
    [part] = selectors.earned_by_union(member=member)
    assert part.union == pairs[0][0].union
    assert part.amount == selectors.held_by(member=member)
