"""Drivers see their own sales, buyers their totals, and neighbors nothing."""

import pytest
from django.test import Client
from django.urls import reverse

from dimo.api.keys import issue_key
from licensing.models import License
from rewards.models import Settlement
from rewards.settlement import settle_license
from tests.licensing import factories as licensing
from tests.rewards.factories import bought, deliver, delivered, fleet, union

pytestmark = pytest.mark.django_db
PAGES = ("earnings", "earned", "payout-split", "sales")


def sign_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def settled():
    license, rows = delivered()
    settle_license(license_id=license.pk)
    return license, rows


def buyer_of(license: License) -> Client:
    return sign_in(license.bought_by)


def totals(client: Client, license: License, **headers: str):
    return client.get(reverse("api-license-settlement", args=[license.pk]), headers=headers)


def test_a_driver_reads_sale_rows_and_share(settled):
    license, rows = settled
    client = sign_in(rows[2].member)
    share = Settlement.objects.get().shares.get(member=rows[2].member)
    home = client.get(reverse("sales"), headers={"HX-Request": "true"}).content.decode()
    assert license.organization.name in home
    assert reverse("statement", args=[license.pk]) in home
    page = client.get(reverse("statement", args=[license.pk]))
    assert page.context["statement"].lines[0].rows == share.rows == 21
    assert page.context["statement"].total in page.content.decode()
    assert bytes(Settlement.objects.get().journal.body_sha256).hex() in page.content.decode()


def test_this_month_and_the_balance_are_on_the_home_page(settled):
    _, rows = settled
    client = sign_in(rows[2].member)
    share = Settlement.objects.get().shares.get(member=rows[2].member)
    earned, split = client.get(reverse("earned")), client.get(reverse("payout-split"))
    assert earned.context["amount"] == earned.context["points"][-1] == share.amount
    assert split.context["amount"] == share.amount
    assert [part["share"] for part in split.context["parts"]] == [100]


@pytest.mark.parametrize("name", PAGES)
def test_who_earned_nothing_sees_so(name):
    page = sign_in(licensing.unions.user()).get(reverse(name))
    assert page.status_code == 200
    assert "€0.00" in page.content.decode() or "No sale included your data yet" in page.content.decode()


def test_neighbors_and_strangers_find_no_statement(settled):
    license, rows = settled
    door = reverse("statement", args=[license.pk])
    steward, buyer = license.union.seats.get().user, license.bought_by
    other_license, other_rows = delivered()
    settle_license(license_id=other_license.pk)
    for neighbor in (steward, buyer, other_rows[0].member):
        assert sign_in(neighbor).get(door).status_code == 404
    assert Client().get(door)["Location"].startswith("/account/login/")
    assert sign_in(rows[0].member).get(reverse("statement", args=[other_license.pk])).status_code == 404


def test_a_sale_not_settled_yet_has_no_statement():
    license, rows = delivered()
    client = sign_in(rows[0].member)
    assert client.get(reverse("statement", args=[license.pk])).status_code == 404
    assert "Settling" in client.get(reverse("sales")).content.decode()


@pytest.mark.parametrize("query", ["vehicle=nonsense", "vehicle=00000000-0000-0000-0000-000000000000"])
def test_somebody_elses_vehicle_is_not_there(settled, query):
    assert sign_in(settled[1][0].member).get(f"{reverse('sales')}?{query}").status_code == 404
    theirs = settled[1][1].vehicle.public_id
    assert sign_in(settled[1][0].member).get(f"{reverse('sales')}?vehicle={theirs}").status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_strangers_sign_in_first(name):
    assert Client().get(reverse(name))["Location"].startswith("/account/login/")
    assert Client().post(reverse(name)).status_code == 405


def test_the_list_of_sales_continues(settled, monkeypatch):
    monkeypatch.setattr("rewards.pages.ON_PAGE", 2)
    license, rows = settled
    for _ in range(2):
        deliver(bought(license.union), [(row, 1, 1) for row in rows])
    client = sign_in(rows[0].member)
    first = client.get(reverse("earnings"))
    numbers = [sale["number"] for sale in first.context["sales"]]
    rest = client.get(reverse("earnings") + first.context["older"])
    assert numbers + [sale["number"] for sale in rest.context["sales"]] == [
        license.number + 2,
        license.number + 1,
        license.number,
    ]
    assert client.get(reverse("earnings") + "?before=x").status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_sales(settled, django_assert_max_num_queries):
    license, rows = settled
    for _ in range(4):
        settle_license(license_id=deliver(bought(license.union), [(row, 1, 1) for row in rows]).pk)
    client = sign_in(rows[0].member)
    with django_assert_max_num_queries(15):
        client.get(reverse("earnings"))
    with django_assert_max_num_queries(15):
        client.get(reverse("statement", args=[license.pk]))


def test_a_buyer_reads_totals_and_no_identities(settled):
    license, rows = settled
    answer = totals(buyer_of(license), license)
    body = answer.json()
    assert answer.status_code == 200
    assert [party["kind"] for party in body["parties"]] == ["protocol", "union", "drivers", "holdback"]
    assert sum(int(party["amount"]) for party in body["parties"]) == int(body["price"]) == license.price
    assert body["asset"] == "EURC"
    for row in rows:
        for identity in (row.member.email, str(row.member.public_id), str(row.vehicle.public_id)):
            assert identity not in answer.content.decode()


def test_a_buyers_key_reads_it_and_another_scope_does_not(settled):
    license, _ = settled
    for scope, status in (("buyer", 200), ("device", 403)):
        _, secret = issue_key(user=license.bought_by, label=scope, scopes=[scope])
        assert totals(Client(), license, Authorization=f"Bearer {secret}").status_code == status


def test_another_buyer_and_drivers_find_no_settlement(settled):
    license, rows = settled
    stranger = licensing.person(licensing.buyer())
    assert totals(sign_in(stranger), license).status_code == 404
    assert totals(sign_in(rows[0].member), license).status_code == 403
    assert totals(Client(), license).status_code in (401, 403)


def test_a_price_not_shared_out_yet_says_so():
    of = union()
    fleet(of, 6, messages=[])
    license = bought(of)
    answer = totals(buyer_of(license), license)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_settled")


def test_a_buyers_page_says_where_the_price_went_and_names_nobody(settled):
    license, rows = settled
    page = buyer_of(license).get(reverse("license-settlement", args=[license.pk]))
    text = page.content.decode()
    assert [part.name for part in page.context["parts"]] == ["Protocol fee", "Union fee", "Drivers"]
    assert page.context["price"] in text
    assert not [row for row in rows if row.member.email in text or str(row.vehicle.public_id) in text]
    other = licensing.person(licensing.buyer())
    assert sign_in(other).get(reverse("license-settlement", args=[license.pk])).status_code == 404
    assert sign_in(rows[0].member).get(reverse("license-settlement", args=[license.pk])).status_code == 403


def test_a_buyers_page_waits_for_the_settlement():
    license, _ = delivered()
    page = buyer_of(license).get(reverse("license-settlement", args=[license.pk]))
    assert "being shared" in page.content.decode()
