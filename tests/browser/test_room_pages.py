"""Every page of every room with something on it, in both themes, on a desk and on a phone."""

from collections.abc import Callable
from itertools import product

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from dimo.users.models import User
from tests.browser.visits import Visit
from tests.browser.world import World

Open = Callable[..., Visit]
Page = Callable[[World], tuple[str, User]]


def of_driver(name: str, *fields: str) -> Page:
    return lambda world: (address(world, name, fields), world.driver)


def of_founder(name: str, *fields: str) -> Page:
    return lambda world: (address(world, name, fields), world.founder)


def of_buyer(name: str, *fields: str) -> Page:
    return lambda world: (address(world, name, fields), world.person)


def address(world: World, name: str, fields: tuple[str, ...]) -> str:
    """An address whose arguments are attributes of the world, as `car.public_id`."""
    arguments = []
    for field in fields:
        value: object = world
        for step in field.split("."):
            value = getattr(value, step)
        arguments.append(value)
    return reverse(name, args=arguments)


PAGES: dict[str, Page] = {
    "home-full": of_driver("home"),
    "vehicles": of_driver("vehicles"),
    "vehicle": of_driver("vehicle", "car.public_id"),
    "vehicle-add": of_driver("vehicle-add"),
    "device-add": of_driver("device-add", "car.public_id"),
    "connect": of_driver("connect"),
    "connect-device": of_driver("connect-device"),
    "vehicle-vin": of_driver("vehicle-vin", "car.public_id"),
    "vehicle-transfer": of_driver("vehicle-transfer", "car.public_id"),
    "trips": of_driver("trips"),
    "trip": of_driver("trip", "trip.public_id"),
    "logbook": of_driver("logbook"),
    "imports": of_driver("imports"),
    "import": of_driver("import"),
    "import-done": of_driver("import-progress", "batch.pk"),
    "consent": of_driver("consent"),
    "consent-history": of_driver("consent-history"),
    "unions": of_driver("unions"),
    "union": of_driver("union", "union.slug"),
    "union-join": of_driver("union-join", "asked.slug"),
    "union-leave": of_driver("union-leave", "union.slug", "car.public_id"),
    "earnings": of_driver("earnings"),
    "statement": of_driver("statement", "sale.pk"),
    "access-log": of_driver("access-log"),
    "unions-running": of_founder("unions-running"),
    "union-found": of_founder("union-found"),
    "union-policy": of_founder("union-policy", "union.slug"),
    "union-members": lambda world: (reverse("union-members", args=[world.asked.slug]), world.asked.seats.get().user),
    "union-offers": of_founder("union-offers", "union.slug"),
    "catalog": of_buyer("catalog"),
    "offer": of_buyer("offer", "offer.pk"),
    "quote": of_buyer("quote", "quote.pk"),
    "license": of_buyer("license", "sale.pk"),
    "licenses": of_buyer("licenses"),
    "organization": of_buyer("buyer-account"),
    "organization-new": of_driver("organization-new"),
}


def drawn(seen: Visit) -> Visit:
    """Everything is there: parts, and the map and the chart where the page has them."""
    seen.settled()
    for name, ready in (("map", "idle"), ("chart", "ready")):
        if seen.page.locator(f"[data-{name}][data-url]").count():
            expect(seen.page.locator("html")).to_have_attribute(f"data-{name}", ready)
    return seen


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_quiet_and_fits(look: Open, everybody: World, name: str) -> None:
    path, user = PAGES[name](everybody)
    for theme, width in product(("light", "dark"), (1440, 390)):
        seen = look(path, user=user, theme=theme, width=width)
        assert seen.status == 200
        drawn(seen).check(f"room-{name}")
        seen.page.close()  # a map that stays open keeps drawing
