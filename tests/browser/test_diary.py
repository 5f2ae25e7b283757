"""The diary as a browser sees it: read, tagged in place, a trip split from its graph and joined again, a logbook."""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import product

import numpy as np
import pytest
from django.urls import reverse
from playwright.sync_api import expect
from psycopg.types.range import DateRange

from dimo.users.models import User
from tests.browser.visits import Visit
from tests.vehicles.factories import make_source, make_vehicle
from vehicles import telemetry, trips
from vehicles.diary import areas
from vehicles.models import EnergyPrice, Trip
from vehicles.readings import Message
from vehicles.signals import ALTITUDE, BATTERY_LEVEL, BATTERY_POWER, LATITUDE, LONGITUDE, ODOMETER, SPEED
from vehicles.simulator.drives import drive
from vehicles.simulator.routes import route
from vehicles.simulator.town import degrees, town

Open = Callable[..., Visit]
OUTSIDE = 37
DAYS = (3, 4, 5, 6, 9)
STORED = datetime(2026, 11, 20, tzinfo=UTC)


def driven(start: datetime, begin: int, end: int, odometer: float) -> list[Message]:
    """A drive through the simulator's town, with all that an electric car tells; a minute of it was not heard."""
    done = drive(route(begin, end), every=4.0, pace=1.0, vigor=2.0, random=np.random.default_rng(end))
    told, gone = [], 0.0
    for n, (x, y, speed) in enumerate(zip(done.x, done.y, done.speed.tolist(), strict=True)):
        lat, lon = degrees((x, y))
        gone += speed * 4 / 3600
        values = {
            LATITUDE: lat,
            LONGITUDE: lon,
            SPEED: speed,
            ODOMETER: odometer + gone,
            BATTERY_LEVEL: 74 - gone * 0.5,
            BATTERY_POWER: -120.0 * speed - 3_600 * math.sin(n / 6),
            ALTITUDE: 30 + 8 * math.sin(n / 25),
            OUTSIDE: 4.5 + n / 200,
        }
        values = {signal: round(float(value), 6) for signal, value in values.items()}
        if not 40 <= n < 70:
            told.append(Message(start + timedelta(seconds=4 * n), values))
    return told


@pytest.fixture
def month(driver: User) -> list[Trip]:
    """Two drives on each of some days of a month, one of them noted, priced, between places with names."""
    graph = town()
    home, work = graph.nearest((-2500.0, 1800.0)), graph.nearest((2600.0, -1500.0))
    car = make_vehicle(owner=driver, nickname="Pikku", powertrain="electric", timezone="Europe/Helsinki")
    source = make_source(car)
    starts = [(datetime(2026, 11, day, hour, 14, tzinfo=UTC), hour) for day in DAYS for hour in (6, 15)]
    readings = [
        message
        for number, (at, hour) in enumerate(starts)
        for message in driven(at, *((home, work) if hour == 6 else (work, home)), 48_000.0 + 7 * number)
    ]
    telemetry.store_readings(vehicle=car, source=source, readings=readings, now=STORED)
    found = trips.cut_trips(vehicle=car, source=source, since=starts[0][0], until=STORED, now=STORED)
    period = DateRange(date(2026, 11, 1))
    EnergyPrice.objects.create(vehicle=car, owner_epoch=1, currency="EUR", home_per_kwh="0.28", period=period)
    areas.name_area(owner=driver, cell=found[0].start_cell, name="Home")
    trips.set_tag(trip=found[0], tag="business")
    trips.set_note(trip=found[0], note="Visit to the workshop in Millbank")
    trips.set_private(trip=found[-1], private=True)
    return found


def ready(seen: Visit) -> Visit:
    seen.settled()
    expect(seen.page.locator("html")).to_have_attribute("data-map", "idle")
    expect(seen.page.locator("html")).to_have_attribute("data-graphs", "ready")
    return seen


def test_every_page_of_the_diary_is_accessible_and_fits(visit: Open, driver: User, month: list[Trip]) -> None:
    trip = reverse("trip", args=[month[0].public_id])
    addresses = {
        "diary-month": reverse("trips"),
        "diary-year": reverse("trips") + "?year=2026",
        "diary-deleted": reverse("trips") + "?show=deleted",
        "diary-logbook": reverse("logbook") + "?year=2026&lines=1",
        "diary-trip": trip,
    }
    for (name, path), theme, width in product(addresses.items(), ("light", "dark"), (1440, 390)):
        seen = visit(path, user=driver, theme=theme, width=width)
        if path == trip:
            ready(seen)
        seen.settled().check(name)
        seen.page.close()


def test_a_tag_is_set_in_the_list_and_keeps_the_focus(visit: Open, driver: User, month: list[Trip]) -> None:
    seen = visit(reverse("trips"), user=driver)
    row = seen.page.locator(f"#trip-{month[1].public_id}")
    row.get_by_role("button", name="Private use").click()
    expect(row.get_by_role("button", name="Private use")).to_have_attribute("aria-pressed", "true")
    expect(row.get_by_role("button", name="Private use")).to_be_focused()
    share = round(100 * month[1].distance_km / sum(trip.distance_km for trip in month))
    expect(seen.page.locator("#diary-sums")).to_contain_text(re.compile(rf"\b{share}%"))
    month[1].refresh_from_db()
    assert month[1].tag == "private"


def test_a_trip_is_split_from_its_graph_and_joined_again(visit: Open, driver: User, month: list[Trip]) -> None:
    seen = visit(reverse("trip", args=[month[0].public_id]), user=driver)
    ready(seen)
    page = seen.page
    page.locator("[data-graph=speed] .u-over").click(position={"x": 200, "y": 40})
    expect(page.get_by_label("Split it at")).not_to_have_value("")
    expect(page.locator("#split-preview")).to_contain_text("Part 2")
    seen.check("diary-split")
    page.get_by_role("button", name="Split here").click()
    expect(page.get_by_text("These are two trips now.")).to_be_visible()
    assert Trip.objects.count() == len(month) + 1
    page.get_by_role("button", name="Join again with the trip after").click()
    expect(page.get_by_text("Both are one trip now.")).to_be_visible()
    assert Trip.objects.count() == len(month)


def test_a_deleted_trip_comes_back_from_where_it_went(visit: Open, driver: User, month: list[Trip]) -> None:
    seen = visit(reverse("trip", args=[month[2].public_id]), user=driver)
    ready(seen)
    seen.page.get_by_role("button", name="Delete this trip").click()
    expect(seen.page.get_by_role("heading", name="This trip is deleted")).to_be_visible()
    seen.check("diary-trip-deleted")
    seen.page.get_by_role("button", name="Bring it back").click()
    expect(seen.page.get_by_text("The trip is back.")).to_be_visible()
    assert Trip.objects.filter(deleted_at=None).count() == len(month)


def test_the_graphs_have_a_table_and_follow_the_theme(visit: Open, driver: User, month: list[Trip]) -> None:
    seen = visit(reverse("trip", args=[month[0].public_id]), user=driver)
    ready(seen)
    seen.page.get_by_role("button", name="Switch to dark").first.click()
    expect(seen.page.locator("[data-graph=speed] canvas")).to_have_count(1)
    seen.page.get_by_text("The same as a table").click()
    expect(seen.page.get_by_role("columnheader", name="Speed, km/h")).to_be_visible()
    expect(seen.page.get_by_role("cell", name="not measured")).to_have_count(0)
