"""Charging, battery, prices and diagnostics of a simulated electric car: drawn, accessible, as wide as its window."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from dimo.users.models import User
from tests.browser.visits import Visit
from tests.conftest import reset
from tests.services import Services
from vehicles import energy_prices
from vehicles.battery import sharing
from vehicles.charging import saying
from vehicles.energy_prices import Prices
from vehicles.models import BatteryHealth, ChargingSession, Vehicle
from vehicles.simulator.fleet import create_fleet

Open = Callable[..., Visit]
PAGES = ("charging", "charge", "battery", "energy-prices", "diagnostics", "vehicle", "home")


@pytest.fixture(scope="module")
def everybody(services: Services, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Vehicle]:
    """Nine weeks of an electric car, whose owner named a place and prices."""
    with django_db_blocker.unblock():
        try:
            yield electric()
        finally:
            reset(services)


@pytest.fixture(scope="module")
def origin(everybody: Vehicle) -> Iterator[str]:
    server = LiveServer("localhost")
    server._live_server_modified_settings.enable()
    yield server.url
    server._live_server_modified_settings.disable()
    server.stop()


def electric() -> Vehicle:
    now = timezone.now()
    owner = User.objects.create_user("maya@example.org", name="Maya Kivi", timezone="Europe/Helsinki")
    [car] = create_fleet(owners=[owner], now=now, days=70, seed=7)
    prices = Prices("EUR", home_per_kwh=Decimal("0.1790"), away_per_kwh=Decimal("0.49"))
    energy_prices.set_prices(vehicle=car, since=now.date() - timedelta(days=60), prices=prices, now=now)
    session = ChargingSession.objects.filter(vehicle=car, current="ac").exclude(cell="").latest("started_at")
    saying.set_place(session=session, place="home", owner=owner, whole_area=True)
    sharing.set_shared(vehicle=car, shared=True, actor=owner, now=now)
    return car


def address(name: str, car: Vehicle) -> str:
    if name == "charge":
        sessions = ChargingSession.objects.filter(vehicle=car, still_open=False, said_place="").exclude(cell="")
        return reverse("charge", args=[sessions.latest("readings").public_id])
    return reverse(name, args=[] if name == "home" else [car.public_id])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_fits(look: Open, everybody: Vehicle, name: str) -> None:
    assert BatteryHealth.objects.get(vehicle=everybody).health_pct is not None
    for theme, width in product(("light", "dark"), (1440, 390)):
        seen = look(address(name, everybody), user=everybody.owner, theme=theme, width=width)
        assert seen.status == 200
        seen.settled()
        if seen.page.locator("div[data-plot]").count():
            expect(seen.page.locator("html")).to_have_attribute("data-plot", "ready")
            expect(seen.page.locator("div[data-plot] canvas").first).to_be_visible()
        seen.check(f"charging-{name}")
        seen.page.close()


def test_tabs_scroll_in_their_own_strip_on_a_phone(look: Open, everybody: Vehicle) -> None:
    seen = look(address("battery", everybody), user=everybody.owner, width=390).settled()
    inside, outside = seen.page.locator("nav.tabs").evaluate("strip => [strip.scrollWidth, strip.clientWidth]")
    assert inside > outside, "the strip is wider than a phone, so that it is the strip that scrolls"
    assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_plot_that_cannot_load_says_so_and_the_table_stays(look: Open, everybody: Vehicle) -> None:
    seen = look(address("charge", everybody), user=everybody.owner, blocked="**/data/charging/**")
    seen.expected_status.add(0)
    expect(seen.page.locator("html")).to_have_attribute("data-plot", "failed")
    expect(seen.page.get_by_text("The plot could not be drawn")).to_be_visible()
    seen.page.get_by_text("The same as a table").click()
    assert seen.page.locator("details.twin tbody tr").count() > 3
    seen.failures.clear()
