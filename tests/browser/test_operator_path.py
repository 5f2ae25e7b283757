"""An operator's way: verify a buyer, record what it paid, look at the books; and no place of anybody anywhere."""

import re
from collections.abc import Callable

from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from dimo.ledger.selectors import balance_of
from dimo.users import operators
from dimo.users.models import User
from tests.browser import world
from tests.browser.signing_in import account, sign_in
from tests.browser.visits import Visit
from tests.licensing import factories as licensing
from vehicles.signals import cell_of, cell_value
from vehicles.simulator.town import degrees

Open = Callable[..., Visit]
WRITTEN = ("licensing/organization", "dimo/user")  # what an operator may change; all else is only looked at


def operator() -> User:
    made = account("ops@example.org", "Olli Virta", is_staff=True)
    made.groups.add(Group.objects.get(name=operators.NAME))
    return made


def tables() -> list[str]:
    """The list of every table that operators may see."""
    seen = {name.replace(".view_", "/") for name in operators.PERMISSIONS if ".view_" in name}
    known = {f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry}
    return sorted(seen & known)


def verify(page: Page, name: str) -> None:
    page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("verify")
    page.get_by_role("button", name=re.compile("^(Run|Go)")).click()
    expect(page.get_by_text("Verified. They can buy from now on.")).to_be_visible()


def record_a_payment(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()
    page.get_by_role("link", name="Record a payment").first.click()
    page.get_by_label("Amount in euros").fill("1250.50")
    page.get_by_label("Reference of the bank transfer").fill("RF18 5390 0754")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text("A reference has 1 to 60 visible characters without spaces.")).to_be_visible()
    page.get_by_label("Reference of the bank transfer").fill("RF1853900754")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_text("Recorded. The balance has it.")).to_be_visible()


def test_an_operator_verifies_a_buyer_and_records_its_payment(visit: Open, transactional_db: None) -> None:
    buyer = licensing.buyer(balance=0, verified=False)
    seen = visit(reverse("admin:licensing_organization_changelist"))
    sign_in(seen.page, operator())
    verify(seen.page, buyer.name)
    record_a_payment(seen.page, buyer.name)
    buyer.refresh_from_db()
    assert buyer.verified_at is not None
    assert balance_of(kind="buyer", asset="EURC", owner=buyer.pk) == 1_250_500_000
    seen.page.goto(seen.origin + reverse("admin:ledger_journal_changelist"))
    expect(seen.page.get_by_role("row").filter(has_text="RF1853900754")).to_be_visible()


def test_the_books_are_there_to_look_at_and_show_no_place(visit: Open, transactional_db: None) -> None:
    now = timezone.now()
    union = world.found("Nordic EV Union", now=now)
    world.add_neighbors(union, now=now, count=world.DRIVERS)
    sale = world.settled(world.sell(union, licensing.buyer(), now=now))
    home = degrees((-600.0, -2500.0))
    places = re.compile("|".join([*(re.escape(str(value)[:6]) for value in home), cell_of(cell_value(*home))]))
    assert places.search(str(home))
    seen = visit(reverse("admin:index"))
    sign_in(seen.page, operator())
    page, looked = seen.page, tables()
    assert {"ledger/account", "ledger/journal", "licensing/license", "vehicles/vehicle"} <= set(looked)
    for table in looked:
        page.goto(f"{seen.origin}{reverse('admin:index')}{table}/")
        assert not places.search(page.content()), table
        first = page.locator("#result_list tbody a[href*='/change/']").first
        if first.count():
            first.click()
            assert not places.search(page.content()), f"one of {table}"
            if table not in WRITTEN:
                expect(page.get_by_role("button", name=re.compile("^Save|^Delete"))).to_have_count(0)
    page.goto(seen.origin + reverse("admin:licensing_license_changelist"))
    row = page.get_by_role("row").filter(has_text=sale.organization.name)
    expect(row.get_by_text("Delivered, members paid")).to_be_visible()
