"""The page that tells why readings were refused, as a browser sees it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from dimo.users.models import User
from tests.browser.visits import Visit
from tests.vehicles.devices import make_client, place, post, reading
from tests.vehicles.factories import make_vehicle
from vehicles.models import RejectionCount, Vehicle

Open = Callable[..., Visit]


def refused(owner: User) -> Vehicle:
    """A vehicle whose device is wrong in many ways, today and on the days before."""
    vehicle = make_vehicle(owner=owner, make="Kumo", model="One")
    device = make_client(vehicle)
    long = "averyveryverylongnameofasignalthatnobodyknows"
    signals = [
        reading(),
        place(0.0, 0.0),
        reading("speed", 900.0, ago=5),
        reading(long, "x" * 300),
        reading("other", 1),
    ]
    post(Client(), [device.signed(signals, data={"signals": signals, "vin": "1GGCM82633A123456"})])
    post(Client(), [device.signed([reading()], type="dimo.fingerprint", signedat=now().isoformat())])
    post(Client(), [device.signed([reading()], signedat=(now() - timedelta(hours=1)).isoformat())])
    count = RejectionCount.objects.first()
    for ago, number in ((1, 40), (2, 12), (5, 1234), (9, 3)):
        RejectionCount.objects.create(
            source=count.source,
            day=now().date() - timedelta(days=ago),
            signal="speed",
            code="out_of_range",
            count=number,
        )
    return vehicle


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_of_refusals_meets_the_bars(visit: Open, driver: User, theme: str, width: int) -> None:
    vehicle = refused(driver)
    seen = visit(reverse("rejections", args=[vehicle.public_id]), user=driver, theme=theme, width=width)
    for summary in seen.page.locator("details.refused summary").all()[1:]:
        summary.click()
    seen.settled().check("rejections")


def test_a_vehicle_of_which_nothing_was_refused_says_so(visit: Open, driver: User) -> None:
    vehicle = make_vehicle(owner=driver, make="Kumo")
    visit(reverse("rejections", args=[vehicle.public_id]), user=driver, width=390).settled().check("rejections-none")
