"""The buyer's, steward's and driver's pages: each answers, and to strangers is not there."""

import pytest
from django.test import AsyncClient, Client
from django.urls import reverse

from licensing.datasets.build import build_dataset
from licensing.models import License, Offer, Organization
from tests import loops
from tests.licensing import factories as make
from tests.unions import factories as unions

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def union():
    made = make.union()
    make.fleet(made, 6)
    return made


@pytest.fixture
def buyer():
    return make.buyer()


@pytest.fixture
def client(buyer):
    return signed_in(make.person(buyer))


def form(**fields):
    first, after = make.PERIOD
    return {
        "first_day": f"{first:%Y-%m-%d}",
        "last_day": f"{after:%Y-%m-%d}",
        "tier": "pseudonymous_rows",
        "purpose": "research_np",
        "signals": [make.SOC],
        **fields,
    }


def test_a_buyer_clicks_from_catalog_to_license(union, buyer, client):
    offer = make.offer(union)
    assert offer.name in client.get(reverse("catalog")).content.decode()
    page = client.get(reverse("offer", args=[offer.pk])).content.decode()
    assert "No row here was ever measured" in page
    answer = client.post(reverse("quote-new", args=[offer.pk]), form(), headers={"HX-Request": "true"})
    assert "Buy for" in answer.content.decode()
    quoted = client.post(reverse("quote-new", args=[offer.pk]), form())
    assert "Buy for" in client.get(quoted.url).content.decode()
    bought = client.post(f"{quoted.url}buy/")
    assert client.post(f"{quoted.url}buy/").url == bought.url  # pressed twice
    license = License.objects.get()
    assert "being built" in client.get(bought.url).content.decode()
    build_dataset(license_id=license.pk)
    page = client.get(bought.url).content.decode()
    assert license.datasets.get().manifest["files"][0]["sha256"] in page
    assert client.get(reverse("license-file", args=[license.pk, "rows.parquet"])).status_code == 200
    assert f"#{license.number}" in client.get(reverse("licenses")).content.decode()
    assert "Held for a license" in client.get(reverse("buyer-account")).content.decode()


def test_a_refused_price_says_why_beside_the_form(union, client):
    offer = make.offer(union)
    url = reverse("quote-new", args=[offer.pk])
    late = client.post(url, form(last_day="2999-01-01"), headers={"HX-Request": "true"})
    assert late.status_code == 400
    assert "period_invalid" in late.content.decode()
    empty = client.post(url, form(signals=[]), headers={"HX-Request": "true"})
    assert empty.status_code == 422
    assert "Signals" in empty.content.decode()


def test_a_refunded_license_says_so(union, client, buyer):
    license = make.license(union, buyer, period=(make.PERIOD[0] - 400 * make.DAY, make.PERIOD[0] - 300 * make.DAY))
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)
    page = client.get(reverse("license", args=[license.pk])).content.decode()
    assert "too_few_members" in page
    assert "in full" in page


def test_progress_streams_until_the_license_is_finished(union, client, buyer):
    license = make.license(union, buyer)
    build_dataset(license_id=license.pk, clock=lambda: make.NOW)

    async def read() -> str:
        reader = AsyncClient()
        await reader.aforce_login(make_person)
        answer = await reader.get(reverse("license-events", args=[license.pk]))
        return b"".join([piece async for piece in answer.streaming_content]).decode()

    make_person = make.person(buyer)
    text = loops.run(read())
    assert text.startswith("data: ")
    assert text.endswith("event: done\ndata: ok\n\n")
    assert "rows.parquet" in text


def test_a_license_is_not_there_for_strangers(union, buyer):
    license = make.license(union, buyer)
    offer = license.quote.offer
    stranger, driver = make.person(make.buyer()), unions.user()
    pages = [
        reverse("license", args=[license.pk]),
        reverse("license-progress", args=[license.pk]),
        reverse("license-file", args=[license.pk, "rows.parquet"]),
        reverse("quote", args=[license.quote_id]),
    ]
    for page in pages:
        assert signed_in(stranger).get(page).status_code == 404, page
        assert signed_in(driver).get(page).status_code in (403, 404), page
        assert Client().get(page).status_code == 302, page
    offers_page = reverse("union-offers", args=[union.slug])
    for person in (stranger, driver, unions.union().seats.get().user):
        assert signed_in(person).get(offers_page).status_code == 404
        assert signed_in(person).post(reverse("offer-withdraw", args=[union.slug, offer.pk])).status_code == 404
    offer.refresh_from_db()
    assert offer.state == Offer.State.OPEN


def test_a_steward_publishes_and_withdraws(union):
    steward = signed_in(union.seats.get().user)
    url = reverse("union-offers", args=[union.slug])
    fields = {"name": "Charge levels", "signals": [make.SOC], "tiers": ["aggregate"], "purposes": ["research_np"]}
    assert steward.post(url, fields).status_code == 302
    offer = Offer.objects.get()
    assert "Charge levels" in steward.get(url).content.decode()
    beyond = steward.post(url, {**fields, "signals": [make.LATITUDE]})  # priced as rows alone
    assert beyond.status_code == 422
    assert "not allowed" in beyond.content.decode()
    page = steward.get(url).content.decode()
    assert make.SOC in page
    assert "cabinDoorRow1DriverSideIsOpen" not in page  # has no price
    unlisted = steward.post(url, {**fields, "signals": ["cabinDoorRow1DriverSideIsOpen"]})
    assert unlisted.status_code == 422
    assert "not one of the available choices" in unlisted.content.decode()
    steward.post(reverse("offer-withdraw", args=[union.slug, offer.pk]))
    offer.refresh_from_db()
    assert offer.state == Offer.State.WITHDRAWN


def test_a_draft_union_is_told_why_it_can_offer_nothing():
    draft = unions.union(opened=False)
    steward = signed_in(draft.seats.get().user)
    url = reverse("union-offers", args=[draft.slug])
    assert "Nothing can be offered yet" in steward.get(url).content.decode()
    fields = {"name": "Too early", "signals": [make.SOC], "tiers": ["aggregate"], "purposes": ["research_np"]}
    assert steward.post(url, fields).status_code == 422
    assert not Offer.objects.exists()


def test_somebody_registers_an_organization_once_by_name(client):
    new = signed_in(unions.user())
    assert new.get(reverse("buyer-account")).url == reverse("organization-new")
    fields = {"name": "Open Roads", "category": "academic", "country": "nl"}
    assert new.post(reverse("organization-new"), fields).url == reverse("buyer-account")
    assert "not verified" in new.get(reverse("buyer-account")).content.decode()
    taken = client.post(reverse("organization-new"), fields)
    assert taken.status_code == 422
    assert "Another organization has this name" in taken.content.decode()
    assert Organization.objects.get(name="Open Roads").verified_at is None


def test_a_catalog_of_many_offers_asks_little_of_the_database(client, django_assert_max_num_queries):
    for number in range(3):
        union = make.union()
        for name in ("One", "Two", "Three"):
            make.offer(union, name=f"{name} {number}")
    with django_assert_max_num_queries(16):
        page = client.get(reverse("catalog")).content.decode()
    assert page.count("Three") == 6  # title and link


def test_the_catalog_is_narrowed_by_word_purpose_and_kind(client):
    union = make.union()
    make.offer(union, name="Charge levels", signals=[make.SOC], tiers=["aggregate"])
    make.offer(union, name="Speeds", signals=[make.SPEED], tiers=["pseudonymous_rows"])
    for asked, there, gone in (
        ({"signal": "stateofcharge"}, "Charge levels", "Speeds"),
        ({"tier": "pseudonymous_rows"}, "Speeds", "Charge levels"),
        ({"purpose": "marketing"}, "No offer fits", "Speeds"),
    ):
        page = client.get(reverse("catalog"), asked).content.decode()
        assert there in page
        assert gone not in page
