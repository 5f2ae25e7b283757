"""Pages about a driver's cars that need a past: gone quiet, judged, sold, handed over, run on fuel."""

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
from tests.browser.test_room_pages import drawn
from tests.browser.visits import Visit
from tests.browser.world import add_car
from tests.conftest import reset
from tests.services import Services
from tests.vehicles.devices import make_client
from tests.vehicles.movement.test_streak_at_risk import WEEK, verdicts
from vehicles import contact, energy_prices, registry, trip_edits
from vehicles.energy_prices import Prices
from vehicles.models import ContactWish, Device, Trip, Vehicle
from vehicles.movement.streaks import monday_of

Open = Callable[..., Visit]
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def everybody(
    services: Services, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, str]]:
    """Paths by name: an electric car gone quiet, one that burns fuel, one that was sold, one that is on its way."""
    with django_db_blocker.unblock():
        try:
            yield build()
        finally:
            reset(services)


@pytest.fixture(scope="module")
def origin(everybody: dict[str, str]) -> Iterator[str]:
    server = LiveServer("localhost")
    server._live_server_modified_settings.enable()
    yield server.url
    server._live_server_modified_settings.disable()
    server.stop()


def build() -> dict[str, str]:
    now = timezone.now()
    driver = User.objects.create_user("maya@example.org", name="Maya Kivi", timezone="Europe/Helsinki")
    quiet, fuel, sold = (add_car(driver, now=now, nickname=name, road=road) for road, name in enumerate("QFS"))
    silent(quiet)
    Vehicle.objects.filter(pk=fuel.pk).update(powertrain="combustion")
    prices = Prices("EUR", fuel_per_liter=Decimal("1.799"))
    energy_prices.set_prices(vehicle=fuel, since=now.date() - 40 * DAY, prices=prices, now=now)
    weather(fuel)
    trip = Trip.objects.filter(vehicle=quiet).latest("started_at")
    trip_edits.delete_trip(trip=trip, actor=driver, now=now)
    registry.transfer_vehicle(vehicle=sold, buyer=User.objects.create_user("otso@example.org"), now=now)
    seller = User.objects.create_user("ada@example.org")
    token = registry.offer_transfer(vehicle=add_car(seller, now=now, road=5), seller=seller, now=now).token
    waiting = make_client(fuel).device
    cars = {"quiet": quiet, "fuel": fuel, "sold": sold}
    return {
        **{name: reverse("vehicle", args=[car.public_id]) for name, car in cars.items()},
        "cars": reverse("vehicles"),
        "movement": reverse("movement", args=[quiet.public_id]),
        "prices-all": reverse("energy-prices-all"),
        "prices-fuel": reverse("energy-prices", args=[fuel.public_id]),
        "logbook-lines": f"{reverse('logbook')}?vehicle={fuel.public_id}&lines=1",
        "trips-deleted": f"{reverse('trips')}?show=deleted",
        "transfer-accept": reverse("transfer-accept", args=[token]),
        "first-data-awaited": reverse("first-data", args=[fuel.public_id, waiting.public_id]),
        "phone-connect": reverse("phone-connect"),
        "statistics-fuel": f"{reverse('statistics')}?vehicle={fuel.public_id}",
        "trip-former": reverse("trip", args=[Trip.objects.filter(vehicle=sold).latest("started_at").public_id]),
        "settings": reverse("settings"),
    }


def silent(car: Vehicle) -> None:
    """A device that was heard last week, and weeks that earned before."""
    now = timezone.now()
    device = make_client(car).device
    Device.objects.filter(pk=device.pk).update(last_seen_at=now - 6 * DAY)
    reasons = [{"code": "too_little", "facts": {"km": 1.2, "of": 5}}]
    verdicts(car, *[True] * 6, last=monday_of(now) - 2 * WEEK)
    verdicts(car, False, last=monday_of(now) - WEEK, reasons=reasons, odometer_km=1.4)
    ContactWish.objects.create(owner=car.owner, by_mail=True)
    contact.watch(now=now)


def weather(car: Vehicle) -> None:
    """Drives on cold and on warm days, with what they burnt."""
    for number, trip in enumerate(Trip.objects.filter(vehicle=car)):
        Trip.objects.filter(pk=trip.pk).update(celsius=9.0 * number - 7, fuel_used_l=0.5)


def owner_of(everybody: dict[str, str]) -> User:
    return User.objects.get(email="maya@example.org")


PAGES = (
    *("quiet", "fuel", "sold", "cars", "movement", "prices-all", "prices-fuel", "logbook-lines", "trips-deleted"),
    *("transfer-accept", "first-data-awaited", "phone-connect", "statistics-fuel", "trip-former", "settings"),
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_fits(look: Open, everybody: dict[str, str], name: str) -> None:
    for theme, width in product(("light", "dark"), (1440, 390)):
        seen = look(everybody[name], user=owner_of(everybody), theme=theme, width=width)
        assert seen.status == 200
        if seen.page.locator("div[data-plot]").count():
            expect(seen.page.locator("html")).to_have_attribute("data-plot", "ready")
        if seen.page.locator("[data-slot]").count() == 0:
            drawn(seen)
        seen.check(f"vehicle-{name}")
        seen.page.close()


def test_a_quiet_car_says_since_when_and_what_that_may_cost(look: Open, everybody: dict[str, str]) -> None:
    seen = look(everybody["quiet"], user=owner_of(everybody))
    notice = seen.page.locator(".notice.warn").first
    expect(notice).to_contain_text("This car has gone quiet")
    expect(notice).to_contain_text("streak of 6 weeks is at risk: it ends on Mon")
    notice.get_by_role("link", name="See its weeks").click()
    expect(seen.page.get_by_text("1.2 km of the 5 km that a week needs.")).to_be_visible()


def test_consumption_by_temperature_is_drawn_and_told(look: Open, everybody: dict[str, str]) -> None:
    seen = look(everybody["statistics-fuel"], user=owner_of(everybody))
    expect(seen.page.locator("html")).to_have_attribute("data-plot", "ready")
    expect(seen.page.locator("div[data-plot] canvas")).to_be_visible()
    table = seen.page.get_by_role("table", name="Consumption by temperature outside")
    expect(table.get_by_role("rowheader")).to_have_text(["-10 to -5 °C", "0 to 5 °C", "10 to 15 °C"])
    expect(table.get_by_text("l/100 km").first).to_be_visible()


def test_the_map_of_statistics_may_fail_and_the_tables_stay(look: Open, everybody: dict[str, str]) -> None:
    seen = look(everybody["statistics-fuel"], user=owner_of(everybody), blocked="**/temperatures.json*")
    expect(seen.page.locator("html")).to_have_attribute("data-plot", "failed")
    expect(seen.page.get_by_text("The plot could not be drawn")).to_be_visible()
    expect(seen.page.get_by_role("table", name="Consumption by temperature outside")).to_be_visible()
    seen.failures.clear()
