"""The phone records, waits without a network, and every moment reaches the vehicle once."""

from django.urls import reverse
from playwright.sync_api import Route, expect

from dimo.users.models import User
from tests.browser.phone.app import INGEST, Open, begin, drive, end, fact, no_network, open_app, place, ready
from tests.browser.signing_in import account, sign_in
from tests.vehicles.devices import stored
from tests.vehicles.factories import make_vehicle
from vehicles import registry
from vehicles.models import Device, Vehicle
from vehicles.signals import LATITUDE


def latitudes(vehicle: Vehicle) -> list[float]:
    return stored(vehicle).get(LATITUDE, [])


def test_from_the_ways_in_to_the_first_data(visit: Open, transactional_db: None) -> None:
    driver = account("maya@example.org", "Maya Kivi")
    seen = visit(f"{reverse('account_login')}?next={reverse('connect')}", width=390)
    seen.context.grant_permissions(["geolocation"], origin=seen.origin)
    place(seen, -1)
    page = seen.page
    sign_in(page, driver)
    page.get_by_role("link", name="Use this phone").click()
    seen.check("phone-connect")
    page.get_by_label("Name of a new vehicle").fill("Blue")
    page.get_by_role("button", name="Open the app").click()
    ready(page)
    fact(page, "title").to_have_text("Not recording")
    seen.check("phone-wizard")
    begin(seen)
    expect(page.get_by_role("heading", name="We received your first data")).to_be_visible()
    seen.check("phone-first-data")
    car = Vehicle.objects.get(owner=driver, nickname="Blue")
    assert latitudes(car) == [10]
    device = Device.objects.get(owner=driver)
    assert (device.kind, device.address[:11]) == (Device.Kind.PHONE, "did:key:zDn")
    page.get_by_role("link", name="Open the vehicle").click()
    expect(page.get_by_role("row").filter(has_text="Latitude")).to_be_visible()


def test_what_is_recorded_offline_waits_and_is_stored_once(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id, width=390)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    with no_network(seen):
        drive(seen, 1, 2, 3)
        fact(seen.page, "title").to_have_text("Recording, offline")
        fact(seen.page, "waits").to_have_text("3 readings wait")
        seen.check("phone-offline")
        assert latitudes(car) == [10]
    fact(seen.page, "sent").to_have_text("4")
    fact(seen.page, "waiting").to_have_text("None")
    drive(seen, 4)
    end(seen)
    fact(seen.page, "sent").to_have_text("5")
    assert latitudes(car) == [10, 10.0003, 10.0006, 10.0009, 10.0012]


def test_a_page_killed_while_it_sends_loses_nothing_and_sends_nothing_twice(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    held: list[Route] = []
    seen.context.route(INGEST, lambda route: held.append(route))
    with seen.page.expect_request(INGEST), no_network(seen):
        drive(seen, 1, 2)
        fact(seen.page, "waiting").to_have_text("2")
    fact(seen.page, "waiting").to_have_text("2")
    heard = held[0].fetch().json()  # the server has it, and the page never hears
    seen.page.close()
    assert heard["accepted"] == 1
    assert latitudes(car) == [10, 10.0003, 10.0006]
    seen.context.unroute(INGEST)
    seen.page = seen.context.new_page()
    with seen.page.expect_response(INGEST) as again:
        seen.page.goto(seen.origin + reverse("phone"))
    assert again.value.json()["duplicate"] == 1
    fact(seen.page, "sent").to_have_text("3")
    fact(seen.page, "waiting").to_have_text("None")
    assert latitudes(car) == [10, 10.0003, 10.0006]


def test_a_page_killed_offline_opens_offline_and_keeps_what_waits(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    seen.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    seen.context.set_offline(True)
    drive(seen, 1, 2)
    fact(seen.page, "waiting").to_have_text("2")
    seen.page.close()
    seen.page = seen.context.new_page()
    seen.page.goto(seen.origin + reverse("phone"))
    ready(seen.page)
    fact(seen.page, "waiting").to_have_text("2")
    expect(seen.page.get_by_label("The car that this phone is in")).to_have_value(str(car.public_id))
    begin(seen, 3)
    seen.context.set_offline(False)
    fact(seen.page, "waiting").to_have_text("None")
    assert latitudes(car) == [10, 10.0003, 10.0006, 10.0009]


def test_another_car_from_one_moment_on_and_nothing_carried_across(visit: Open, driver: User) -> None:
    first, second = (make_vehicle(owner=driver, nickname=name) for name in ("First", "Second"))
    seen = open_app(visit, driver, car=first.public_id)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    select = seen.page.get_by_label("The car that this phone is in")
    expect(select).to_be_disabled()
    end(seen)
    select.select_option(label="Second")
    fact(seen.page, "wizard").to_be_visible()
    begin(seen, 5)
    end(seen)
    expect(seen.page.locator("[data-first-car]")).to_have_text("Second")
    assert latitudes(first) == [10]
    assert latitudes(second) == [10.0015]
    assert registry.open_pairings(device=Device.objects.get()).get().vehicle == second


def test_inexact_positions_are_left_out_and_counted(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver)
    seen = open_app(visit, driver, car=car.public_id)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    drive(seen, 1, accuracy=51)
    fact(seen.page, "inexact").to_have_text("1")
    drive(seen, 2, accuracy=50)
    end(seen)
    fact(seen.page, "sent").to_have_text("2")
    assert latitudes(car) == [10, 10.0006]


def test_what_the_server_refuses_is_shown_with_its_reason(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id, width=390)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    with no_network(seen):
        drive(seen, 1)
        fact(seen.page, "waiting").to_have_text("1")
        device = Device.objects.get()
        pairing = registry.open_pairings(device=device).get()
        registry.unpair_device(device=device, vehicle=car, now=pairing.period.lower)
    row = seen.page.get_by_role("row").filter(has_text="The device did not measure this vehicle at that moment")
    expect(row).to_be_visible()
    fact(seen.page, "waiting").to_have_text("None")
    seen.check("phone-refused")


def test_a_refusal_to_tell_the_place_says_what_to_do(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver)
    seen = open_app(visit, driver, car=car.public_id, allowed=False, width=390)
    seen.page.get_by_role("button", name="Start recording").click()
    fact(seen.page, "title").to_have_text("Location is not allowed")
    expect(seen.page.get_by_text("allow Location, and come back")).to_be_visible()
    seen.check("phone-denied")


def test_a_second_tab_does_not_record_too(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver)
    seen = open_app(visit, driver, car=car.public_id)
    begin(seen)
    other = seen.context.new_page()
    other.goto(seen.origin + reverse("phone"))
    ready(other)
    expect(other.locator("[data-title]")).to_have_text("Another tab is recording")
    end(seen)
    expect(other.get_by_role("button", name="Start recording")).to_be_visible()
