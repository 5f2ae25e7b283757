"""Privacy zones and the time exact positions are kept, as a browser shows them."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse
from django.utils.timezone import now
from playwright.sync_api import expect

from dimo.users.models import User
from tests.browser.test_room_pages import drawn
from tests.browser.visits import Visit
from tests.browser.world import add_car
from vehicles.models import ExactWish, PrivacyZone, Trip
from vehicles.simulator.town import degrees
from vehicles.zones import drawing

Open = Callable[..., Visit]


def home_of(driver: User) -> drawing.Place:
    return drawing.Place(*degrees((0.0, 0.0)))


@pytest.mark.parametrize(("theme", "width"), list(product(("light", "dark"), (1440, 390))))
def test_pages_of_privacy_meet_the_bars(visit: Open, driver: User, theme: str, width: int) -> None:
    as_driver = {"user": driver, "theme": theme, "width": width}
    drawn(visit(reverse("privacy-zones"), **as_driver)).check("privacy-zones-empty")
    car = add_car(driver, now=now())
    zone = drawing.draw_zone(owner=driver, label="Home", place=home_of(driver), radius_m=500, now=now())
    away = drawing.Place(home_of(driver).lat + 0.03, home_of(driver).lon)
    far = {"label": "Mother's house in the country", "place": away, "radius_m": 1000, "vehicle": car}
    drawing.draw_zone(owner=driver, now=now(), **far)
    seen = drawn(visit(reverse("privacy-zones"), **as_driver))
    expect(seen.page.get_by_role("link", name="Home", exact=True)).to_be_visible()
    seen.check("privacy-zones")
    seen.page.close()
    drawn(visit(reverse("privacy-zone", args=[zone.public_id]), **as_driver)).check("privacy-zone")
    ExactWish.objects.create(owner=driver, days=730, next_days=30, next_at=now() + timedelta(days=7))
    visit(reverse("data-retention"), **as_driver).settled().check("data-retention")


def test_a_zone_is_drawn_by_a_press_on_the_map(visit: Open, driver: User) -> None:
    add_car(driver, now=now())
    seen = drawn(visit(reverse("privacy-zones"), user=driver))
    page = seen.page
    page.get_by_label("Name").fill("Home")
    page.locator("[data-map] canvas").click(position={"x": 200, "y": 150})
    expect(page.get_by_text("The map shows it with the new zone.")).to_be_visible()
    assert page.get_by_label("Latitude").input_value()
    seen.picture("privacy-zone-drawing")
    page.get_by_role("button", name="Draw the zone").click()
    expect(page.get_by_role("link", name="Home", exact=True)).to_be_visible()
    zone = PrivacyZone.objects.get()
    assert zone.label == "Home"


def test_a_zone_is_drawn_without_a_map_and_a_refusal_is_shown(visit: Open, driver: User) -> None:
    add_car(driver, now=now())
    seen = visit(reverse("privacy-zones"), user=driver, blocked="**/maplibre-gl*.mjs")
    seen.expected_status = {422}
    page = seen.page
    page.get_by_label("Name").fill("Home")
    page.get_by_role("button", name="Draw the zone").click()
    expect(page.locator(".notice.bad")).to_contain_text("Press on the map")
    seen.check("privacy-zones-refused")
    page.get_by_label("Around where a trip began or ended").select_option(index=1)
    page.get_by_role("button", name="Draw the zone").click()
    expect(page.get_by_role("link", name="Home", exact=True)).to_be_visible()
    seen.failures.clear()  # the browser reports the file that this test withholds


def test_a_trip_without_positions_says_when_they_went(visit: Open, driver: User) -> None:
    car = add_car(driver, now=now())
    trip = Trip.objects.filter(vehicle=car).latest("started_at")
    long_ago = {"started_at": trip.started_at - timedelta(days=900), "ended_at": trip.ended_at - timedelta(days=900)}
    Trip.objects.filter(pk=trip.pk).update(points_removed_at=now(), **long_ago)
    seen = visit(reverse("trip", args=[trip.public_id]), user=driver).settled()
    expect(seen.page.get_by_text("The exact positions were removed on")).to_be_visible()
    seen.picture("trip-without-positions")


def test_what_buyers_see_has_the_zone_and_no_area_in_it(visit: Open, driver: User) -> None:
    add_car(driver, now=now())
    drawing.draw_zone(owner=driver, label="Home", place=home_of(driver), radius_m=1000, now=now())
    seen = drawn(visit(reverse("home"), user=driver))
    seen.picture("home-with-zone")
    seen.page.get_by_role("button", name="What buyers see").click()
    expect(seen.page.locator("html")).to_have_attribute("data-map", "idle")
    seen.check("home-with-zone-buyers")
