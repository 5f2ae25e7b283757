"""The phone's app in a browser that says where it is."""

import re
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from django.urls import reverse
from playwright.sync_api import Page, expect

from dimo.users.models import User
from tests.browser.visits import Visit

Open = Callable[..., Visit]
NORTH = 0.0003  # some 33 m
INGEST = "**/api/v1/ingest"


def open_app(visit: Open, user: User | None, *, car: object = "", allowed: bool = True, **how: Any) -> Visit:
    """The app, ready; with a car it is chosen as the way in does it."""
    seen = visit("/healthz", user=user, **how)
    if allowed:
        seen.context.grant_permissions(["geolocation"], origin=seen.origin)
    place(seen, -1)
    if user is None:
        seen.expected_status.add(401)
    seen.page.goto(f"{seen.origin}{reverse('phone')}{f'?car={car}' if car else ''}")
    ready(seen.page)
    return seen


def ready(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-phone", "ready")


def place(seen: Visit, step: int, *, accuracy: float = 5) -> None:
    seen.context.set_geolocation({"latitude": 10 + step * NORTH, "longitude": 20, "accuracy": accuracy})


def drive(seen: Visit, *steps: int, **fix: float) -> None:
    """Be at places, one a second of the app's own clock."""
    time = seen.page.locator("[data-time]")
    for step in steps:
        shown = time.inner_text()
        expect(time).not_to_have_text(shown)
        place(seen, step, **fix)
        expect(time).not_to_have_text(time.inner_text())


def begin(seen: Visit, step: int = 0) -> None:
    """A position from before is none of this recording."""
    seen.page.get_by_role("button", name="Start recording").click()
    expect(seen.page.locator("body")).to_have_attribute("data-phase", "waiting_gps")
    place(seen, step)
    expect(seen.page.locator("body")).to_have_attribute("data-phase", re.compile("recording|offline"))


def end(seen: Visit) -> None:
    seen.page.get_by_role("button", name="Stop recording").click()
    expect(seen.page.get_by_role("button", name="Start recording")).to_be_visible()


@contextmanager
def no_network(seen: Visit) -> Any:
    """Offline for a while; what the browser says about failed requests meanwhile is expected."""
    before = len(seen.failures)
    seen.context.set_offline(True)
    yield
    seen.context.set_offline(False)
    seen.failures[before:] = [each for each in seen.failures[before:] if "ERR_INTERNET_DISCONNECTED" not in each]


def fact(page: Page, name: str) -> Any:
    return expect(page.locator(f"[data-{name}]"))


def beside(seen: Visit) -> Page:
    """A page of the same origin that is not the app."""
    page = seen.context.new_page()
    page.goto(seen.origin + reverse("healthz"))
    return page
