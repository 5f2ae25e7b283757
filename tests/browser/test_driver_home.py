"""The driver's home with made-up parts: what the frame, its style and its scripts promise."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, expect

from dimo.users.models import User
from tests.browser import parts
from tests.browser.visits import Visit

Open = Callable[..., Visit]
pytestmark = pytest.mark.urls("tests.browser.parts")


@pytest.fixture
def home(visit: Open, driver: User) -> Callable[..., Visit]:
    parts.begin()
    return lambda **how: drawn(visit(reverse("home"), user=driver, **how))


def drawn(seen: Visit) -> Visit:
    seen.settled()
    expect(seen.page.locator("html")).to_have_attribute("data-chart", "ready")
    expect(seen.page.locator("html")).to_have_attribute("data-map", "idle")
    return seen


def cell(seen: Visit, name: str) -> Locator:
    return seen.page.get_by_label(name, exact=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_the_home_is_whole_accessible_and_fits(home: Open, theme: str, width: int) -> None:
    seen = home(theme=theme, width=width)
    expect(seen.page.get_by_text("€31.80")).to_be_visible()
    seen.check("home")
    buyers = seen.page.get_by_role("button", name="What buyers see")
    buyers.click()
    expect(buyers).to_have_attribute("aria-pressed", "true")
    expect(seen.page.locator("html")).to_have_attribute("data-map", "idle")
    seen.picture("home-buyers")


def test_a_lowering_is_stored_at_once_and_keeps_the_focus(home: Open) -> None:
    seen = home()
    select = cell(seen, "Location for City Couriers")
    select.focus()
    select.select_option("off")
    expect(seen.page.locator("#cell-couriers-location")).to_have_attribute("data-level", "off")
    assert parts.levels["couriers", "location"] == "off"
    expect(select).to_be_focused()
    expect(seen.page.get_by_role("button", name="Undo")).to_be_visible()


def test_raises_wait_for_a_signature(home: Open) -> None:
    seen = home()
    cell(seen, "Location for Nordic EV Union").select_option("exact")
    cell(seen, "Energy use for Nordic EV Union").select_option("statistics")
    expect(seen.page.get_by_text("2 changes, not yet in force.")).to_be_visible()
    assert parts.levels["nordic", "location"] == "coarse"
    seen.page.get_by_role("button", name="Review and sign").click()
    dialog = seen.page.get_by_role("dialog", name="Review and sign")
    expect(dialog.get_by_text("Coarse to Exact")).to_be_visible()
    seen.check("consent-review")
    dialog.get_by_role("button", name="Sign").click()
    expect(seen.page.locator("#cell-nordic-location")).to_have_attribute("data-level", "exact")
    expect(dialog).to_be_hidden()
    assert (parts.levels["nordic", "location"], parts.levels["nordic", "energy"]) == ("exact", "statistics")


def test_passing_through_levels_by_keyboard_stores_nothing(home: Open) -> None:
    seen = home()
    cell(seen, "Energy use for Nordic EV Union").focus()
    for _ in range(3):
        seen.page.keyboard.press("ArrowDown")
    expect(seen.page.get_by_text("1 change, not yet in force.")).to_be_visible()
    assert parts.levels["nordic", "energy"] == "off"
    seen.page.get_by_role("button", name="Discard").click()
    expect(cell(seen, "Energy use for Nordic EV Union")).to_have_value("off")


def test_a_lowering_can_be_undone_in_the_same_bar(home: Open) -> None:
    seen = home()
    cell(seen, "Location for City Couriers").select_option("statistics")
    seen.page.get_by_role("button", name="Undo").click()
    expect(seen.page.locator("#cell-couriers-location")).to_have_attribute("data-level", "exact")
    assert parts.levels["couriers", "location"] == "exact"
    expect(seen.page.get_by_role("button", name="Undo")).to_be_hidden()


def test_a_refused_change_restores_the_stored_level_and_says_why(home: Open) -> None:
    seen = home()
    seen.expected_status.add(409)
    cell(seen, "Odometer and usage for Safer Roads Pool").select_option("off")
    expect(seen.page.get_by_text("The union is closed.")).to_be_visible()
    expect(cell(seen, "Odometer and usage for Safer Roads Pool")).to_have_value("statistics")


def test_off_looks_as_strong_as_the_other_levels(home: Open) -> None:
    seen = home()
    off, exact = seen.page.locator("#cell-couriers-battery"), seen.page.locator("#cell-nordic-battery")
    style = "node => { const s = getComputedStyle(node); return [s.fontSize, s.fontWeight, s.height] }"
    assert off.locator("select").evaluate(style) == exact.locator("select").evaluate(style)
    ink = seen.page.evaluate("() => getComputedStyle(document.body).color")
    assert off.locator("select").evaluate("node => getComputedStyle(node).color") == ink


def test_the_chart_redraws_for_other_ranges_and_themes(home: Open) -> None:
    seen = home()
    seen.page.get_by_role("button", name="Week").click()
    expect(seen.page.get_by_text("8,640 readings")).to_be_visible()
    expect(seen.page.locator("html")).to_have_attribute("data-chart", "ready")
    seen.page.get_by_role("button", name="Switch to dark").click()
    expect(seen.page.locator("html")).to_have_attribute("data-chart", "ready")
    expect(seen.page.locator("html")).to_have_attribute("data-map", "idle")
    seen.page.get_by_text("The same as a table").click()
    expect(seen.page.get_by_role("columnheader", name="Top speed")).to_be_visible()


def test_a_page_without_its_map_still_lists_the_trips(visit: Open, driver: User) -> None:
    parts.begin()
    seen = visit(reverse("home"), user=driver, blocked="**/maplibre-gl*.mjs")
    expect(seen.page.locator("html")).to_have_attribute("data-map", "failed")
    seen.page.get_by_text("The same as a list").click()
    expect(seen.page.get_by_role("link", name="Nov 1, 08:10")).to_be_visible()
    seen.failures.clear()  # the browser reports the file that this test withholds
