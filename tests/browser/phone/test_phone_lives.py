"""What the phone keeps, and for whom: files, other people, signing out, a new version, refusals."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from dimo.users.models import User
from tests.browser.phone.app import INGEST, Open, begin, beside, drive, end, fact, no_network, open_app, ready
from tests.browser.signing_in import account, sign_in
from tests.vehicles.devices import stored
from tests.vehicles.factories import make_vehicle
from vehicles.models import Device
from vehicles.phone import words
from vehicles.signals import LATITUDE

KEPT = """async () => {
  const found = {};
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) {
      found[new URL(request.url).pathname] = await (await caches.match(request)).text();
    }
  }
  return found;
}"""
DATABASES = "async () => (await indexedDB.databases()).map(({ name }) => name)"


def with_worker(page: Page) -> None:
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")


def test_only_the_page_of_nobody_and_its_files_are_kept(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    with_worker(seen.page)
    seen.page.reload()
    ready(seen.page)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    kept = seen.page.evaluate(KEPT)
    assert reverse("phone") in kept
    assert all(path == reverse("phone") or path.startswith("/static/") for path in kept)
    everything = "".join(kept.values())
    assert not any(told in everything for told in ("Pikku", str(car.public_id), driver.email, "did:key:zDn"))
    assert seen.page.evaluate("async () => (await caches.keys()).length") == 1


def test_a_new_version_takes_the_place_of_the_old_one(
    visit: Open, driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = open_app(visit, driver)
    with_worker(seen.page)
    seen.page.reload()
    ready(seen.page)
    (first,) = seen.page.evaluate("() => caches.keys()")
    monkeypatch.setattr("vehicles.phone.words.lines", lambda was=words.lines: was() | {"none": "Nothing at all"})
    seen.page.evaluate(
        """async () => {
          const say = () => (document.documentElement.dataset.changed = "yes");
          navigator.serviceWorker.addEventListener("controllerchange", say);
          await (await navigator.serviceWorker.ready).update();
        }"""
    )
    expect(seen.page.locator("html")).to_have_attribute("data-changed", "yes")
    (second,) = seen.page.evaluate(
        """async () => {
          const { active } = await navigator.serviceWorker.ready;
          if (active.state !== "activated") await new Promise((done) => (active.onstatechange = done));
          return caches.keys();
        }"""
    )
    assert second != first
    seen.context.set_offline(True)
    seen.page.reload()
    ready(seen.page)
    fact(seen.page, "waiting").to_have_text("Nothing at all")
    seen.failures.clear()  # what the browser says of a network that is not there


def test_signing_out_wipes_what_the_phone_kept(visit: Open) -> None:
    driver = account("maya@example.org", "Maya Kivi")
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    with_worker(seen.page)
    assert seen.page.evaluate(DATABASES) == ["commons-phone"]
    seen.page.goto(seen.origin + reverse("settings"))
    seen.page.get_by_role("button", name="Sign out").click()
    expect(seen.page.get_by_role("link", name="Sign in").first).to_be_visible()
    assert seen.page.evaluate(DATABASES) == []
    assert seen.page.evaluate("() => caches.keys()") == []


def test_the_next_person_on_this_phone_finds_nothing_of_the_last(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    first = Device.objects.get()
    seen.context.clear_cookies()
    other = account("otso@example.org", "Otso")
    theirs = make_vehicle(owner=other, nickname="Sisu")
    seen.page.goto(f"{seen.origin}{reverse('account_login')}?next={reverse('phone')}")
    sign_in(seen.page, other)
    ready(seen.page)
    fact(seen.page, "title").to_have_text("Choose a car")
    fact(seen.page, "sent").to_have_text("0")
    fact(seen.page, "key").to_have_text("Not yet")
    expect(seen.page.get_by_text("Pikku")).to_have_count(0)
    seen.page.get_by_label("The car that this phone is in").select_option(label="Sisu")
    begin(seen, 7)
    fact(seen.page, "sent").to_have_text("1")
    assert stored(theirs)[LATITUDE] == [10.0021]
    assert Device.objects.get(owner=other).address != first.address


def test_signed_out_it_still_sends_and_says_that_a_car_needs_signing_in(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id, width=390, theme="dark")
    seen.expected_status.add(401)
    with no_network(seen):
        begin(seen, 1)
        fact(seen.page, "waiting").to_have_text("1")
    seen.context.clear_cookies(name="sessionid")
    end(seen)
    fact(seen.page, "sent").to_have_text("1")
    seen.page.reload()
    ready(seen.page)
    expect(seen.page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(seen.page.get_by_role("button", name="Start recording")).to_be_visible()
    seen.check("phone-signed-out")
    assert stored(car)[LATITUDE] == [10.0003]


def test_it_waits_as_long_as_the_server_says(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver)
    seen = open_app(visit, driver, car=car.public_id)
    seen.expected_status.add(429)
    asked: list[int] = []

    def busy(route: Route) -> None:
        asked.append(len(asked))
        route.fulfill(status=429, headers={"Retry-After": "3600"}, json={"code": "throttled"})

    seen.context.route(INGEST, busy)
    begin(seen)
    expect(seen.page.get_by_text("They wait here, and it is tried again by itself.")).to_be_visible()
    drive(seen, 1, 2)
    assert len(asked) == 1
    seen.context.unroute(INGEST)
    end(seen)  # a tap asks at once
    fact(seen.page, "sent").to_have_text("3")
    assert len(stored(car)[LATITUDE]) == 3


def test_a_number_that_the_server_knows_already_is_given_anew(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver)
    seen = open_app(visit, driver, car=car.public_id)
    Device.objects.update(last_sequence=5000, sequence_window=b"\xff" * 128)
    begin(seen)
    expect(seen.page.locator("[data-refused]")).to_have_text("0")
    seen.page.reload()  # learns the server's number
    ready(seen.page)
    fact(seen.page, "sent").to_have_text("1")
    assert len(stored(car)[LATITUDE]) == 1
    assert Device.objects.get().last_sequence == 5001


def test_forgetting_asks_twice_when_something_waits_and_unpairs(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver)
    seen = open_app(visit, driver, car=car.public_id)
    seen.context.route(INGEST, lambda route: route.abort())
    before = len(seen.failures)
    begin(seen)
    fact(seen.page, "waiting").to_have_text("1")
    forget = seen.page.get_by_role("button", name="Forget this phone")
    forget.click()
    fact(seen.page, "forget-words").to_have_text(re.compile("Readings that wait here: 1"))
    forget.click()
    fact(seen.page, "title").to_have_text("Choose a car")
    assert not Device.objects.get().pairings.filter(period__endswith__isnull=True).exists()
    seen.failures[before:] = [each for each in seen.failures[before:] if "ERR_FAILED" not in each]


def test_a_storage_that_the_browser_clears_begins_anew(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    other = beside(seen)
    with seen.page.expect_navigation():
        other.evaluate("() => { indexedDB.deleteDatabase('commons-phone'); }")
    ready(seen.page)
    fact(seen.page, "title").to_have_text("Choose a car")
    fact(seen.page, "key").to_have_text("Not yet")
