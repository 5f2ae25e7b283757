"""The app's page, manifest and worker, as anybody gets them; and the way to them."""

import json
import re
import struct
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import override_settings
from django.urls import reverse

from tests.vehicles.factories import make_user, make_vehicle
from tests.vehicles.phone.phones import make_phone
from vehicles.models import Vehicle

pytestmark = pytest.mark.django_db
NONCE = re.compile(rb'nonce="[^"]+"')


def found(url: str) -> Path:
    path = finders.find(url.removeprefix("/static/"))
    assert path, url
    return Path(path)


def test_the_page_is_the_same_for_everybody_and_names_nobody(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        visitor = client.get(reverse("phone"))
    assert (visitor.status_code, visitor["Cache-Control"]) == (200, "no-cache")
    assert "csrftoken" in visitor.cookies
    vehicle = make_vehicle(owner=make_user(name="Maya Kivi"), nickname="Pikku")
    client.force_login(vehicle.owner)
    own = client.get(reverse("phone"))
    assert NONCE.sub(b"", own.content) == NONCE.sub(b"", visitor.content)


def test_the_policy_stays_strict(client):
    policy = client.get(reverse("phone"))["Content-Security-Policy"]
    assert "manifest-src 'self'" in policy
    assert "worker-src 'self' blob:" in policy
    assert re.search(r"script-src 'self' 'nonce-[^']+';", policy)
    assert "unsafe" not in policy.replace("style-src-attr 'unsafe-inline'", "")


def test_the_manifest_installs_the_app_with_icons_that_are_what_they_say(client):
    answer = client.get(reverse("phone-manifest"))
    assert answer["Content-Type"] == "application/manifest+json"
    told = answer.json()
    assert {told[name] for name in ("id", "scope", "start_url")} == {reverse("phone")}
    assert told["display"] == "standalone"
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        head = found(icon["src"]).read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert "{}x{}".format(*struct.unpack(">II", head[16:24])) == icon["sizes"]


def test_the_worker_keeps_files_that_exist_and_nothing_of_a_person(client):
    answer = client.get(reverse("phone-worker"))
    assert answer["Content-Type"].startswith("text/javascript")
    text = answer.content.decode()
    files = json.loads(re.search(r"new Set\((\[.*?\])\)", text)[1])
    assert len(files) > 10
    assert all(found(file).is_file() for file in files)
    assert all(file.startswith("/static/") for file in files)
    for imported in re.findall(r'from "([^"]+)"', text):
        assert imported in files
    page = client.get(reverse("phone")).content.decode()
    shown = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"', page) + re.findall(r'"(/static/js/[^"]+)"', page)
    assert set(shown) <= set(files)


def test_another_page_or_file_is_another_worker(client, monkeypatch):
    def version():
        return re.search(r'"phone-(\w{16})"', client.get(reverse("phone-worker")).content.decode())[1]

    first = version()
    assert version() == first
    with override_settings(STATIC_URL="/files/"):
        assert version() != first
    monkeypatch.setattr("vehicles.phone.words.lines", lambda: {"none": "Nothing"})
    assert version() != first


def test_signing_out_clears_what_the_browser_kept(client):
    client.force_login(make_user())
    assert "Clear-Site-Data" not in client.get(reverse("account_logout"))
    answer = client.post(reverse("account_logout"))
    assert (answer.status_code, answer["Clear-Site-Data"]) == (302, '"storage"')
    assert client.get(reverse("vehicles")).status_code == 302


def test_the_chooser_offers_the_phone(client):
    client.force_login(make_user())
    page = client.get(reverse("connect")).content.decode()
    assert reverse("phone-connect") in page
    assert page.index(reverse("connect-device")) < page.index(reverse("phone-connect")) < page.index(reverse("import"))


def test_the_way_in_makes_a_car_or_takes_one_of_theirs_and_no_neighbor_s(client):
    own, neighbor = make_vehicle(), make_vehicle()
    client.force_login(own.owner)
    url = reverse("phone-connect")
    assert client.post(url, {"vehicle": str(own.public_id)}).url == f"{reverse('phone')}?car={own.public_id}"
    assert client.post(url, {"vehicle": str(neighbor.public_id)}).status_code == 422
    made = client.post(url, {"vehicle": "new", "nickname": "Blue"}).url
    assert made.endswith(str(Vehicle.objects.get(owner=own.owner, nickname="Blue").public_id))
    client.logout()
    assert client.get(url).status_code == 302


def test_the_way_in_offers_nothing_without_wheels(client):
    owner = make_user()
    make_vehicle(owner=owner, kind="voice_assistant", nickname="Kitchen")
    client.force_login(owner)
    assert "Kitchen" not in client.get(reverse("phone-connect")).content.decode()


def test_a_computer_waits_for_the_phone_and_then_for_its_data(client, django_assert_max_num_queries):
    phone = make_phone()
    client.force_login(phone.vehicle.owner)
    url = reverse("phone-awaited")
    with django_assert_max_num_queries(5):
        came = client.get(url).content.decode()
    assert reverse("first-data", args=[phone.vehicle.public_id, phone.device.public_id]) in came
    later = client.get(url, {"since": "9999999999"}).content.decode()
    assert "Waiting for your phone" in later
    assert "every 3s" in later
    assert client.get(url, {"since": "1e99"}).status_code == 200
    client.force_login(make_user())
    assert "Waiting for your phone" in client.get(url).content.decode()
