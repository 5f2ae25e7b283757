"""A founder's way: from a starting point to an open union, a narrower policy and a first offer."""

from collections.abc import Callable
from itertools import pairwise

from django.urls import reverse
from playwright.sync_api import Page, expect

from licensing.models import Offer
from tests.browser.signing_in import account, sign_in
from tests.browser.visits import Visit
from tests.licensing import factories as licensing
from unions.models import PolicyVersion, Union

Open = Callable[..., Visit]
WIZARD = ("Start", "Name", "Policy", "Prices", "Preview")


def choose_a_start(page: Page) -> None:
    page.get_by_role("radio", name="Everything, for a price").check()


def give_a_name(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Harbor Drivers")
    page.get_by_label("In one line").fill("Streets by the water.")


def keep(page: Page) -> None:
    """What the starting point says is good."""


def found_by_wizard(seen: Visit) -> None:
    page = seen.page
    for (step, following), fill in zip(pairwise(WIZARD), (choose_a_start, give_a_name, keep, keep), strict=True):
        expect(page.locator("[aria-current='step']")).to_have_text(step)
        seen.check(f"found-{step.lower()}")
        fill(page)
        page.get_by_role("button", name="Next").click()
        expect(page.locator("[aria-current='step']")).to_have_text(following)
    seen.check("found-preview")
    page.get_by_role("button", name="Open the union").click()
    expect(page.get_by_text("Harbor Drivers is open.")).to_be_visible()


def narrow_the_policy(seen: Visit) -> None:
    page = seen.page
    page.get_by_role("link", name="Policy and prices").click()
    page.get_by_label("Location", exact=True).select_option("coarse")
    row = page.get_by_role("row").filter(has_text="Exact positions")
    expect(row.get_by_text("Narrowing")).to_be_visible()
    expect(page.get_by_text("It applies to everybody at once.")).to_be_visible()
    seen.check("policy-narrower")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Version 2 of the policy is in force.")).to_be_visible()


def publish_an_offer(seen: Visit) -> None:
    page = seen.page
    page.get_by_role("link", name="My unions").first.click()
    page.get_by_role("link", name="Offers").click()
    page.get_by_label("Name", exact=True).fill("Charging by day")
    battery = page.get_by_role("group", name="Battery and charging")
    battery.get_by_label("Charge level").check()
    battery.get_by_label("Charging power").check()
    page.get_by_role("group", name="Sold as").get_by_label("Statistics over many vehicles").check()
    page.get_by_role("group", name="For").get_by_label("Power grid planning").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("The offer is open.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Charging by day").get_by_text("2 signals")).to_be_visible()
    seen.check("union-offers")


def test_a_founder_opens_a_union_narrows_it_and_puts_data_on_sale(visit: Open, transactional_db: None) -> None:
    founder = account("otto@example.org", "Otto Salo")
    seen = visit(f"{reverse('account_login')}?next={reverse('union-found')}")
    sign_in(seen.page, founder)
    found_by_wizard(seen)
    narrow_the_policy(seen)
    publish_an_offer(seen)
    union = Union.objects.get()
    assert (union.state, union.seats.get().user) == ("open", founder)
    newest = PolicyVersion.objects.filter(union=union).latest("number")
    assert (newest.number, newest.change) == (2, "narrowing")
    offer = Offer.objects.get(union=union)
    assert set(offer.signals) == {licensing.SOC, "powertrainTractionBatteryChargingPower"}


def test_a_taken_name_is_told_where_it_was_typed(visit: Open, transactional_db: None) -> None:
    founder = account("otto@example.org", "Otto Salo")
    licensing.union(name="Harbor Drivers")
    seen = visit(reverse("union-found"), user=founder)
    seen.expected_status = {422}
    choose_a_start(seen.page)
    seen.page.get_by_role("button", name="Next").click()
    give_a_name(seen.page)
    seen.page.get_by_role("button", name="Next").click()
    expect(seen.page.get_by_text("Another union bears this name")).to_be_visible()
    seen.check("found-name-taken")
