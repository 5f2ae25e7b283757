"""A driver's way: from an empty account to a paid sale, and back to less."""

import re
from collections.abc import Callable

from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from dimo.money import format_amount
from dimo.users.models import User
from rewards.models import Share
from tests.browser import world
from tests.browser.signing_in import account, sign_in
from tests.browser.visits import Visit
from tests.licensing import factories as licensing
from unions.models import Union
from vehicles.models import Trip, Vehicle

Open = Callable[..., Visit]
UNION = "Nordic EV Union"


def add_a_vehicle(seen: Visit) -> Vehicle:
    page = seen.page
    page.get_by_label("Name").fill("Pikku")
    page.get_by_label("Powertrain").select_option("electric")
    page.get_by_label("Time zone").select_option("Europe/Helsinki")
    page.get_by_role("button", name="Add vehicle").click()
    expect(page.get_by_role("heading", name="Pikku")).to_be_visible()
    return Vehicle.objects.get(nickname="Pikku")


def see_the_home(seen: Visit) -> None:
    page = seen.page
    page.get_by_role("link", name="Overview").first.click()
    seen.settled()
    expect(page.locator("html")).to_have_attribute("data-chart", "ready")
    expect(page.locator("html")).to_have_attribute("data-map", "idle")
    expect(page.get_by_text("No sale included your data yet")).to_be_visible()


def join(seen: Visit) -> None:
    page = seen.page
    page.get_by_role("link", name="Unions", exact=True).first.click()
    page.get_by_role("link", name=UNION).first.click()
    page.get_by_role("link", name="Join with a vehicle").click()
    page.get_by_role("radio", name="Pikku").check()
    page.get_by_role("button", name="Join", exact=True).click()
    expect(page.get_by_text(f"Pikku has joined {UNION}. Nothing is shared until you choose it here.")).to_be_visible()


def choose_what_to_share(seen: Visit, union: Union) -> None:
    """Raises wait for one signature; a lowering is in force at once."""
    page = seen.page
    for data in ("Battery and charging", "Speed and driving", "Odometer and usage"):
        page.get_by_label(f"{data} for {UNION}", exact=True).select_option("exact")
    page.get_by_role("button", name="Review and sign").click()
    dialog = page.get_by_role("dialog", name="Review and sign")
    dialog.get_by_label("Also for what was measured before today").check()
    seen.check("driver-signs")
    dialog.get_by_role("button", name="Sign").click()
    expect(page.locator(f"#cell-{union.slug}-battery")).to_have_attribute("data-level", "exact")
    page.get_by_label(f"Odometer and usage for {UNION}", exact=True).select_option("off")
    expect(page.locator(f"#cell-{union.slug}-odometer")).to_have_attribute("data-level", "off")
    expect(page.get_by_text(re.compile("Odometer and usage.*Off from now on"))).to_be_visible()


def read_the_statement(seen: Visit, driver: User) -> None:
    page = seen.page
    page.get_by_role("link", name="Earnings", exact=True).first.click()
    row = page.get_by_role("row").filter(has_text="Driving and charging")
    expect(row.get_by_text("Settled")).to_be_visible()
    row.get_by_role("link", name="Driving and charging").click()
    earned = Share.objects.get(vehicle__owner=driver).amount
    assert earned > 0
    posted = page.get_by_role("definition").filter(has_text=format_amount(earned, "EURC", exact=True))
    expect(posted.first).to_be_visible()
    seen.check("driver-statement")


def keep_a_trip_private(seen: Visit, driver: User) -> None:
    page = seen.page
    page.get_by_role("link", name="Trips", exact=True).first.click()
    page.locator(".entry .when a").first.click()
    page.get_by_role("button", name="Make it private").click()
    expect(
        page.get_by_text(re.compile("in nobody’s dataset, from now on, also when it was allowed before"))
    ).to_be_visible()
    assert Trip.objects.get(vehicle__owner=driver, private=True) == Trip.objects.filter(vehicle__owner=driver).latest(
        "started_at"
    )


def pause(seen: Visit) -> None:
    page = seen.page
    page.get_by_role("link", name="Consent", exact=True).first.click()
    page.get_by_role("button", name="Pause for 24 hours").click()
    expect(page.get_by_text("Everything is paused for 24 hours.")).to_be_visible()
    expect(page.get_by_role("button", name="End the pause")).to_be_visible()
    seen.check("driver-paused")


def read_the_access_log(seen: Visit, buyer: str) -> None:
    page = seen.page
    page.get_by_role("link", name="Access log", exact=True).first.click()
    read = page.get_by_role("row").filter(has_text=buyer).get_by_text("A dataset was built")
    expect(read).to_be_visible()


def test_a_driver_joins_shares_is_paid_and_takes_it_back(visit: Open, transactional_db: None) -> None:
    now = timezone.now()
    union, buyer = world.found(UNION, now=now), licensing.buyer()
    world.add_neighbors(union, now=now)
    driver = account("maya@example.org", "Maya Kivi")
    seen = visit(f"{reverse('account_login')}?next={reverse('vehicle-add')}")
    sign_in(seen.page, driver)
    world.give_drives(add_a_vehicle(seen), now=now)
    see_the_home(seen)
    join(seen)
    choose_what_to_share(seen, union)
    world.settled(world.sell(union, buyer, now=timezone.now()))
    read_the_statement(seen, driver)
    keep_a_trip_private(seen, driver)
    pause(seen)
    read_the_access_log(seen, buyer.name)
