"""Organizations, offers, quotes and licenses: what each rule refuses, and what the database refuses besides."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from dimo.ledger.models import Account
from dimo.ledger.posting import KeyReused
from dimo.ledger.selectors import balance_of
from licensing import licenses, offers, organizations, quotes
from licensing.models import Contribution, License, OrganizationSeat, Quote
from tests.licensing import factories as make
from tests.unions import factories as unions

pytestmark = pytest.mark.django_db
Role = OrganizationSeat.Role


def held(organization) -> int:
    return balance_of(kind=Account.Kind.BUYER, asset="EURC", owner=organization.pk)


def test_a_payment_is_credited_once_per_reference():
    buyer, operator = make.buyer(balance=0), make.operator()
    pay = {"organization": buyer, "asset": "EURC", "reference": "T-1", "operator": operator, "now": make.NOW}
    first = organizations.top_up(**pay, amount=500)
    assert organizations.top_up(**pay, amount=500) == first
    assert held(buyer) == 500
    with pytest.raises(KeyReused):
        organizations.top_up(**pay, amount=501)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"amount": 0}, "amount"), ({"asset": "USD"}, "asset"), ({"reference": "two words"}, "reference")],
)
def test_a_payment_that_makes_no_sense_is_refused(change, field):
    pay = {"asset": "EURC", "amount": 5, "reference": "T-1", **change}
    with pytest.raises(organizations.TopUpInvalid) as refused:
        organizations.top_up(organization=make.buyer(balance=0), operator=make.operator(), now=make.NOW, **pay)
    assert refused.value.field == field


def test_only_operators_verify_and_record_payments():
    buyer = make.buyer(verified=False, balance=0)
    for person in (make.person(buyer), unions.user(is_staff=True)):
        with pytest.raises(organizations.NotAnOperator):
            organizations.verify_organization(organization=buyer, operator=person, now=make.NOW)
        with pytest.raises(organizations.NotAnOperator):
            organizations.top_up(
                organization=buyer, asset="EURC", amount=5, reference="T", operator=person, now=make.NOW
            )


def test_an_organization_keeps_an_administrator():
    buyer, other = make.buyer(), unions.user()
    admin = make.person(buyer)
    with pytest.raises(organizations.LastAdministrator):
        organizations.remove_seat(organization=buyer, actor=admin, user=admin, now=make.NOW)
    with pytest.raises(organizations.LastAdministrator):
        organizations.give_seat(organization=buyer, actor=admin, user=admin, role=Role.READER, now=make.NOW)
    organizations.give_seat(organization=buyer, actor=admin, user=other, role=Role.ADMIN, now=make.NOW)
    organizations.remove_seat(organization=buyer, actor=other, user=admin, now=make.NOW)
    assert buyer.seats.get().user == other


def test_a_reader_neither_asks_prices_nor_buys_nor_seats_others():
    union, buyer, reader = make.union(), make.buyer(), unions.user()
    make.fleet(union, 5, messages=[])
    organizations.give_seat(organization=buyer, actor=make.person(buyer), user=reader, role=Role.READER, now=make.NOW)
    quote = make.quote(make.offer(union), buyer)
    for act in (
        lambda: licenses.buy_license(quote_id=quote.pk, organization=buyer, user=reader, now=make.NOW),
        lambda: organizations.issue_organization_key(organization=buyer, user=reader, label="mine"),
        lambda: organizations.give_seat(organization=buyer, actor=reader, user=reader, role=Role.ADMIN, now=make.NOW),
    ):
        with pytest.raises(organizations.SeatMissing):
            act()


def test_an_offer_never_exceeds_policy_or_price_list():
    union = make.union(rules={**unions.EVERYTHING, "allow": [unions.EVERYTHING["allow"][2]]})  # battery alone
    make.offer(union, signals=[make.SOC])
    with pytest.raises(offers.OfferBeyondPolicy):
        make.offer(union, signals=[make.SOC, make.SPEED])
    unpriced = make.union(prices={"battery": {"aggregate": "1"}})
    with pytest.raises(offers.OfferBeyondPolicy):
        make.offer(unpriced, signals=[make.SPEED])


def test_the_price_is_the_unit_price_times_the_shown_vehicles_and_one_member_changes_neither():
    union, buyer = make.union(), make.buyer()
    make.fleet(union, 11, messages=make.drive(count=2))
    offer = make.offer(union)
    before = make.quote(offer, buyer)
    assert before.unit_price == (2_600_000 + 4_200_000) * 15 // 30
    assert before.vehicles == 10
    assert before.price == before.unit_price * 10
    make.member(union, messages=make.drive(count=2))
    after = make.quote(offer, buyer)
    assert (after.price, after.vehicles, after.rows_estimate) == (before.price, 10, before.rows_estimate)


def test_below_the_floor_nothing_is_told_but_that():
    union, buyer = make.union(), make.buyer()
    make.fleet(union, 4, messages=[])
    offer = make.offer(union)
    with pytest.raises(quotes.TooFewMembers) as four:
        make.quote(offer, buyer)
    make.member(union, levels={"battery": "exact"}, messages=[])  # allows only one of the two classes
    with pytest.raises(quotes.TooFewMembers) as partly:
        make.quote(offer, buyer)
    assert (str(four.value), four.value.facts) == (str(partly.value), partly.value.facts)
    make.member(union, messages=[])
    assert make.quote(offer, buyer).vehicles == 5


def test_consent_outside_the_period_counts_for_nothing():
    union, buyer = make.union(), make.buyer()
    fleet = [make.member(union, levels={}, messages=[]) for _ in range(5)]
    for row in fleet:
        unions.allow(row, "battery", "exact", now=make.NOW - 3 * timedelta(hours=1))
    with pytest.raises(quotes.TooFewMembers):
        make.quote(make.offer(union), buyer, signals=(make.SOC,))


def test_a_buyer_the_policy_does_not_name_is_told_so():
    union = make.union()
    make.fleet(union, 5, messages=[])
    with pytest.raises(Exception, match="battery") as refused:
        make.quote(make.offer(union), make.buyer(category="insurer"), signals=(make.SOC,))
    assert refused.value.code == "use_refused"


def test_a_withdrawn_offer_gives_no_quote_but_a_given_quote_still_binds():
    union, buyer = make.union(), make.buyer()
    make.fleet(union, 5, messages=[])
    offer = make.offer(union)
    quote = make.quote(offer, buyer)
    offers.withdraw_offer(union=union, offer_id=offer.pk, actor=union.seats.get().user, now=make.NOW)
    with pytest.raises(offers.OfferNotFound):
        make.quote(offer, buyer)
    assert licenses.buy_license(quote_id=quote.pk, organization=buyer, user=make.person(buyer), now=make.NOW).number
    with pytest.raises(offers.OfferNotFound):
        offers.withdraw_offer(union=unions.union(), offer_id=offer.pk, actor=unions.user(), now=make.NOW)


@pytest.fixture
def license():
    union = make.union()
    make.fleet(union, 5, messages=[])
    return make.license(union)


def test_a_quote_expires_to_the_second(license):
    quote = make.quote(license.quote.offer, license.organization)
    with pytest.raises(licenses.QuoteExpired):
        licenses.buy_license(
            quote_id=quote.pk,
            organization=license.organization,
            user=license.bought_by,
            now=quote.expires_at,
        )
    with pytest.raises(licenses.QuoteNotFound):
        licenses.buy_license(quote_id=uuid4(), organization=license.organization, user=license.bought_by, now=make.NOW)


def test_a_refund_is_exact_and_happens_once(license):
    before = held(license.organization)
    for _ in range(2):
        done = licenses.refund_license(license_id=license.pk, failure="build_failed", now=make.NOW)
        assert done.state == License.State.REFUNDED
    assert held(license.organization) == before + license.price
    assert not licenses.mark_settled(license_id=license.pk, now=make.NOW)


def refused(act) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        act()
    return str(error.value)


@pytest.mark.parametrize("state", ["delivered", "settled"])
def test_the_database_knows_the_edges_between_states(license, state):
    stamps = {"delivered_at": make.NOW, "settled_at": make.NOW if state == "settled" else None}
    rows = License.objects.filter(pk=license.pk)
    assert "cannot go from funded" in refused(lambda: rows.update(state=state, **stamps))
    licenses.refund_license(license_id=license.pk, failure="build_failed", now=make.NOW)
    assert "cannot go from refunded" in refused(lambda: rows.update(state="building"))


def test_the_states_of_rules_and_database_agree():
    known = {(before, after) for before, edges in licenses.EDGES.items() for after in edges}
    assert known == {
        ("funded", "building"),
        ("funded", "refunded"),
        ("building", "delivered"),
        ("building", "refunded"),
        ("delivered", "settled"),
    }


def test_a_bargain_and_its_evidence_never_change(license):
    assert "does not change" in refused(lambda: License.objects.filter(pk=license.pk).update(price=1))
    assert "append-only" in refused(lambda: Quote.objects.filter(pk=license.quote_id).update(price=1))
    for model in (Contribution, License):
        assert refused(lambda model=model: model.objects.filter(pk=license.pk if model is License else 1).delete())


def test_a_contribution_cannot_mix_unions(license):
    stranger = unions.member()
    row = Contribution(
        license=license,
        union=license.union,
        vehicle=stranger.vehicle,
        membership=stranger,
        member=stranger.member,
        rows=1,
        weight=1,
    )
    assert "contribution_and_membership_of_one_union" in refused(row.save)
