"""From the ways in to the first data on the page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from commons_device.envelopes import DeviceClient
from tests.vehicles.devices import post, reading
from tests.vehicles.factories import make_user, make_vehicle
from vehicles.models import Pairing, Vehicle

pytestmark = pytest.mark.django_db


def paired(client, vehicle, label="Stick"):
    """A device that went through the wizard; the address where its first data is awaited."""
    url = reverse("device-add", args=[vehicle.public_id])
    challenge = client.get(url, {"label": label, "kind": "hardware"}).context["challenge"]
    device = DeviceClient(key=b"\x07" * 32, subject=f"urn:uuid:{vehicle.public_id}")
    form = {"kind": "hardware", "label": label, "challenge": challenge, "signature": device.answer(challenge)}
    return device, client.post(url, form).url


def test_the_chooser_leads_to_a_device_and_to_a_file(client):
    client.force_login(make_user())
    page = client.get(reverse("connect")).content.decode()
    assert reverse("connect-device") in page
    assert reverse("import") in page


def test_a_new_vehicle_is_made_on_the_way_and_a_neighbors_cannot_be_chosen(client):
    owner, neighbor = make_user(), make_vehicle()
    client.force_login(owner)
    form = {"vehicle": "new", "nickname": "Blue", "kind": "hardware", "label": "Stick & co"}
    answer = client.post(reverse("connect-device"), form)
    vehicle = Vehicle.objects.get(owner=owner)
    assert answer.url.startswith(reverse("device-add", args=[vehicle.public_id]))
    assert 'value="Stick &amp; co"' in client.get(answer.url).content.decode()
    refused = client.post(reverse("connect-device"), form | {"vehicle": str(neighbor.public_id)})
    assert refused.status_code == 422


def test_the_page_waits_and_then_shows_the_first_values(client, django_assert_max_num_queries):
    vehicle = make_vehicle()
    client.force_login(vehicle.owner)
    device, url = paired(client, vehicle)
    waiting = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" in waiting
    assert "two minutes" not in waiting
    post(client, [device.signed([reading(ago=-1, value=41.5)])])
    with django_assert_max_num_queries(14):
        came = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "We received your first data" in came
    assert "41.5" in came
    assert "every 2s" not in came


def test_after_two_minutes_it_says_what_to_look_at(client):
    vehicle = make_vehicle()
    client.force_login(vehicle.owner)
    _, url = paired(client, vehicle)
    since = timezone.now() - timedelta(minutes=3)
    Pairing.objects.update(period=TimestamptzRange(since, None))
    assert "Nothing has arrived for two minutes" in client.get(url).content.decode()


def test_a_neighbor_cannot_look_over_the_shoulder(client):
    vehicle = make_vehicle()
    client.force_login(vehicle.owner)
    _, url = paired(client, vehicle)
    client.force_login(make_user())
    assert client.get(url).status_code == 404
    client.logout()
    assert client.get(url).status_code == 302
