"""Landing, sign-in and the style guide, in both themes, on a desk and on a phone."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from dimo.users.models import User
from tests.browser.visits import Visit

Open = Callable[..., Visit]
both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
both_widths = pytest.mark.parametrize("width", [1440, 390])


@pytest.fixture
def operator(transactional_db: None) -> User:
    return User.objects.create_user("ops@example.org", "a long enough passphrase", name="Olli Virta", is_staff=True)


@both_themes
@both_widths
def test_the_style_guide_shows_every_component_accessibly(visit: Open, operator: User, theme: str, width: int) -> None:
    seen = visit(reverse("styleguide"), user=operator, theme=theme, width=width)
    expect(seen.page.get_by_role("heading", name="Style guide")).to_be_visible()
    seen.check("styleguide")


def test_an_open_dialog_is_accessible_and_closes_by_keyboard(visit: Open, operator: User) -> None:
    seen = visit(reverse("styleguide"), user=operator)
    seen.page.get_by_role("button", name="Open a dialog").click()
    dialog = seen.page.get_by_role("dialog", name="Leave this union")
    expect(dialog).to_be_visible()
    assert seen.violations() == []
    seen.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@both_themes
@both_widths
def test_a_visitor_lands_and_can_sign_in(visit: Open, theme: str, width: int) -> None:
    seen = visit(reverse("landing"), theme=theme, width=width).settled()
    seen.check("landing")
    seen.page.get_by_role("link", name="Sign in").first.click()
    expect(seen.page.get_by_label("Email")).to_be_visible()
    seen.check("sign-in")


def test_the_theme_changes_at_once_and_stays(visit: Open) -> None:
    seen = visit(reverse("landing"))
    seen.page.get_by_role("button", name="Switch to dark").click()
    expect(seen.page.locator("html")).to_have_attribute("data-theme", "dark")
    seen.page.reload()
    expect(seen.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_phone_reaches_every_place_from_the_bottom_bar(visit: Open, operator: User) -> None:
    seen = visit(reverse("styleguide"), user=operator, width=390)
    seen.page.get_by_role("navigation", name="Shortcuts").get_by_role("button", name="More").click()
    expect(
        seen.page.get_by_role("navigation", name="All places").get_by_role("link", name="Operations")
    ).to_be_visible()


def test_a_missing_page_says_so_in_the_same_language(visit: Open) -> None:
    seen = visit("/nothing-here/")
    seen.expected_status.add(404)
    assert seen.status == 404
    seen.failures.clear()  # the browser itself reports the 404 that this test asks for
    expect(seen.page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    seen.check("not-found")


@both_themes
@both_widths
def test_a_new_person_finds_a_home_that_says_what_to_do(visit: Open, driver: User, theme: str, width: int) -> None:
    seen = visit(reverse("home"), user=driver, theme=theme, width=width).settled()
    expect(seen.page.get_by_role("heading", name="Add your first vehicle")).to_be_visible()
    expect(seen.page.get_by_text("No trips this month.")).to_be_visible(timeout=20_000)
    expect(seen.page.get_by_text("Nothing was measured in this time.")).to_be_visible()
    seen.check("home-new")
