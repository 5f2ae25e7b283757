"""What all drives come to, and where they went, as a browser sees it."""

from collections.abc import Callable
from itertools import product

from django.urls import reverse
from playwright.sync_api import expect

from dimo.users.models import User
from tests.browser.test_diary import month  # noqa: F401 - a fixture
from tests.browser.visits import Visit
from vehicles.models import Trip

Open = Callable[..., Visit]


def test_statistics_and_their_map_are_accessible_and_fit(
    visit: Open,
    driver: User,
    month: list[Trip],  # noqa: F811
) -> None:
    for theme, width in product(("light", "dark"), (1440, 390)):
        seen = visit(reverse("statistics"), user=driver, theme=theme, width=width)
        expect(seen.page.locator("html")).to_have_attribute("data-map", "idle")
        expect(seen.page.locator("[data-map-summary]")).to_contain_text("areas")
        seen.settled().check("statistics")
        seen.page.close()


def test_without_a_vehicle_the_page_says_so(visit: Open, driver: User) -> None:
    seen = visit(reverse("statistics"), user=driver, width=390)
    expect(seen.page.get_by_text("No vehicle yet")).to_be_visible()
    seen.settled().check("statistics-empty")
