"""The phone with its page closed, its sensors moving, and what a phone may lack: network, leave, room, its key."""

import gzip
import json
from typing import Any

import pytest
import rfc8785
from django.urls import reverse
from playwright.sync_api import CDPSession, Page, Request, expect

from dimo.users.models import User
from tests.browser.phone.app import Open, begin, beside, drive, end, fact, no_network, open_app, place, ready
from tests.browser.visits import Visit
from tests.vehicles.devices import stored
from tests.vehicles.factories import make_vehicle
from vehicles import p256
from vehicles.models import Device, Source, VehicleEvent
from vehicles.signals import LATITUDE

TAGS = "async () => (await navigator.serviceWorker.getRegistration('/phone/')).sync.getTags()"
NOTHING_WAITS = """async () => {
  const open = indexedDB.open("commons-phone");
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const count = (name) => new Promise((done) => {
    const asked = db.transaction(name).objectStore(name).count();
    asked.onsuccess = () => done(asked.result);
  });
  const bound = performance.now() + 30_000;
  while ((await count("readings")) + (await count("batches"))) {
    if (performance.now() > bound) throw new Error("It waits still.");
    await new Promise(requestAnimationFrame);
  }
  db.close();
}"""


def with_worker(seen: Visit) -> None:
    """The worker has taken the page over, as at every start but the first."""
    seen.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    seen.page.reload()
    ready(seen.page)


def sync(page: Page, seen: Visit) -> None:
    """What the browser does when the network is back: a `sync` for each tag that was registered."""
    found: list[str] = []

    def known(told: dict[str, Any]) -> None:
        found.extend(each["registrationId"] for each in told["registrations"] if not each["isDeleted"])

    session = page.context.new_cdp_session(page)
    session.on("ServiceWorker.workerRegistrationUpdated", known)
    session.send("ServiceWorker.enable")
    for tag in page.evaluate(TAGS):
        session.send(
            "ServiceWorker.dispatchSyncEvent",
            {"origin": seen.origin, "registrationId": found[-1], "tag": tag, "lastChance": False},
        )


def test_what_waits_is_sent_by_the_worker_when_the_page_is_closed(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    seen.context.grant_permissions(["geolocation", "background-sync"], origin=seen.origin)
    with_worker(seen)
    other = beside(seen)
    seen.page.bring_to_front()
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    with no_network(seen):
        drive(seen, 1, 2)
        fact(seen.page, "waiting").to_have_text("2")
        seen.page.close()
        assert other.evaluate(TAGS) == ["phone-send"]
        assert stored(car)[LATITUDE] == [10]
    sync(other, seen)
    other.evaluate(NOTHING_WAITS)
    assert stored(car)[LATITUDE] == [10, 10.0003, 10.0006]
    assert set(Source.objects.values_list("grade", flat=True)) == {Source.Grade.ENVELOPE}


SENSORS = ("accelerometer", "gyroscope", "magnetometer")
BRAKE = """({ from, ahead, seconds }) => {
  const now = Date.now;
  const told = (x, y, z) => ({ x, y, z });
  try {
    for (let t = 0; t <= seconds * 1000 + 600; t += 20) {
      Date.now = () => from + t;
      const y = t < seconds * 1000 ? ahead : 0;
      dispatchEvent(new DeviceMotionEvent("devicemotion", {
        acceleration: told(0, y, 0), accelerationIncludingGravity: told(0, y, 9.81),
        rotationRate: { alpha: 0, beta: 0, gamma: 0 }, interval: 20,
      }));
    }
  } finally { Date.now = now; }
}"""


def at_speed(session: CDPSession, step: int, kmh: float) -> None:
    """A position with the speed that a receiver tells."""
    where = {"latitude": 10 + step * 0.0003, "longitude": 20, "accuracy": 5}
    session.send("Emulation.setGeolocationOverride", where | {"speed": kmh / 3.6})


def tick(seen: Visit) -> None:
    """A second of the app's own clock."""
    time = seen.page.locator("[data-time]")
    expect(time).not_to_have_text(time.inner_text())


def moving(seen: Visit, session: CDPSession, *told: tuple[int, float]) -> None:
    """Be at places at speeds, one a second of the app's own clock."""
    for step, kmh in told:
        tick(seen)
        at_speed(session, step, kmh)
        fact(seen.page, "speed").to_have_text(str(round(kmh)))
        tick(seen)


def envelopes(requests: list[Request]) -> list[dict[str, Any]]:
    return [json.loads(gzip.decompress(request.post_data_buffer or b"")) for request in requests]


@pytest.mark.parametrize(
    ("ahead", "after", "name"),
    [(-4.5, 22.0, "behavior.harshBraking"), (-8.0, 20.0, "behavior.extremeBraking"), (-4.5, 49.0, None)],
)
def test_harsh_braking_in_the_page_comes_out_signed(
    visit: Open, driver: User, ahead: float, after: float, name: str | None
) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    seen.context.grant_permissions(["geolocation", *SENSORS], origin=seen.origin)
    sent: list[Request] = []
    seen.page.on("request", lambda request: sent.append(request) if request.url.endswith("/ingest") else None)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    session = seen.context.new_cdp_session(seen.page)
    moving(seen, session, (1, 50.0), (2, 51.0))
    tick(seen)  # more than a second after the last position
    began = seen.page.evaluate("() => Date.now()") - 900
    seen.page.evaluate(BRAKE, {"from": began, "ahead": ahead, "seconds": 0.8})
    moving(seen, session, (3, after), (4, after - 1))
    end(seen)
    fact(seen.page, "waiting").to_have_text("None")
    expect(seen.page.get_by_text("Motion sensors: on")).to_be_attached()
    told = envelopes(sent)
    for each in told:
        signature = each.pop("signature")
        p256.check(did=each["producer"], message=rfc8785.dumps(each), signature=signature)
    events = [event for each in told for event in each["data"]["events"]]
    assert [event["name"] for event in events] == ([name] if name else [])
    assert [json.loads(event["metadata"]) for event in events] == (
        [{"peak_ms2": pytest.approx(abs(ahead), rel=0.1), "by": "phone"}] if name else []
    )
    found = VehicleEvent.objects.filter(vehicle=car)
    assert [event.name for event in found] == ([name] if name else [])
    fact(seen.page, "refused").to_have_text("0")


def test_motion_sensors_that_are_not_allowed_are_said_to_be_missing(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id)
    seen.page.evaluate("() => (DeviceMotionEvent.requestPermission = async () => 'denied')")
    begin(seen)
    seen.page.get_by_text("What a browser cannot do").click()
    expect(seen.page.get_by_text("Motion sensors: not available")).to_be_visible()
    end(seen)


def test_it_starts_and_records_without_a_network(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id, width=390)
    with_worker(seen)
    with no_network(seen):
        seen.page.close()
        seen.page = seen.context.new_page()
        seen.page.goto(seen.origin + reverse("phone"))
        ready(seen.page)
        begin(seen, 1)
        fact(seen.page, "waiting").to_have_text("1")
        tick(seen)
        drive(seen, 2)
        end(seen)
        fact(seen.page, "waiting").to_have_text("2")
        fact(seen.page, "title").to_have_text("Not recording")
        fact(seen.page, "problem").to_be_hidden()
        seen.check("phone-offline-start")
    fact(seen.page, "waiting").to_have_text("None")
    assert stored(car)[LATITUDE] == [10.0003, 10.0006]


def test_without_a_network_and_a_car_it_says_what_is_needed(visit: Open, driver: User) -> None:
    seen = open_app(visit, driver, width=390)
    with_worker(seen)
    with no_network(seen):
        seen.page.reload()
        ready(seen.page)
        fact(seen.page, "title").to_have_text("No network")
        expect(seen.page.get_by_text("Choosing a car needs a network once")).to_be_visible()
        seen.check("phone-unreachable")


def test_leave_that_is_taken_back_ends_the_recording_and_says_so(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id, width=390)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    seen.context.clear_permissions()
    place(seen, 1)
    fact(seen.page, "title").to_have_text("Location is not allowed")
    expect(seen.page.get_by_role("button", name="Stop recording")).to_be_hidden()
    seen.check("phone-taken-back")
    seen.context.grant_permissions(["geolocation"], origin=seen.origin)
    fact(seen.page, "title").to_have_text("Not recording")
    begin(seen, 2)
    end(seen)
    fact(seen.page, "waiting").to_have_text("None")
    assert stored(car)[LATITUDE] == [10, 10.0006]


FULL = """(full) => {
  for (const name of ["add", "put"]) {
    const write = (IDBObjectStore.prototype[name].whole ??= IDBObjectStore.prototype[name]);
    IDBObjectStore.prototype[name] = !full ? write : function (...given) {
      const asked = write.apply(this, given);
      this.transaction.abort(); // as a browser does that finds no room when it commits
      return asked;
    };
    IDBObjectStore.prototype[name].whole = write;
  }
}"""


def test_a_full_storage_is_said_and_recording_goes_on_when_there_is_room(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id, width=390)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    seen.page.evaluate(FULL, True)
    drive(seen, 1, 2)
    expect(seen.page.get_by_text("This phone’s storage is full")).to_be_visible()
    fact(seen.page, "waiting").to_have_text("None")
    drive(seen, 3, accuracy=80)
    seen.check("phone-full")
    seen.page.evaluate(FULL, False)
    drive(seen, 4)
    expect(seen.page.get_by_text("This phone’s storage is full")).to_be_hidden()
    end(seen)
    fact(seen.page, "waiting").to_have_text("None")
    assert stored(car)[LATITUDE] == [10, 10.0012]


LOSE_KEY = """async () => {
  const open = indexedDB.open("commons-phone");
  const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
  const change = db.transaction("state", "readwrite");
  change.objectStore("state").delete("key");
  await new Promise((done) => (change.oncomplete = done));
  db.close();
}"""


def test_a_key_that_is_lost_is_said_and_another_is_made(visit: Open, driver: User) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    seen = open_app(visit, driver, car=car.public_id, width=390)
    begin(seen)
    fact(seen.page, "sent").to_have_text("1")
    end(seen)
    other = beside(seen)
    other.evaluate(LOSE_KEY)
    seen.page.bring_to_front()
    begin(seen, 1)
    expect(seen.page.get_by_text("This phone’s key is gone")).to_be_visible()
    seen.check("phone-key-lost")
    end(seen)
    first = Device.objects.get()
    seen.page.get_by_role("button", name="Forget this phone").click()
    seen.page.get_by_role("button", name="Forget this phone").click()
    fact(seen.page, "title").to_have_text("Choose a car")
    seen.page.get_by_label("The car that this phone is in").select_option(label="Pikku")
    begin(seen, 2)
    fact(seen.page, "sent").to_have_text("1")
    assert Device.objects.exclude(pk=first.pk).get().address != first.address
    assert stored(car)[LATITUDE] == [10, 10.0006]
