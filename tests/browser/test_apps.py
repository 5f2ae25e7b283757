"""A real OAuth client and a real browser: ask, say yes, read, take back; and the pages about it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.requests_client import OAuth2Session
from django.conf import settings
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from dimo.audit import reads
from dimo.audit.models import AccessEntry
from dimo.oauth import registration
from dimo.users import operators
from dimo.users.models import User
from tests.browser.visits import Visit
from tests.vehicles.apps.world import authorized, give_drive, make_app, query, signed_in
from tests.vehicles.factories import make_user, make_vehicle
from vehicles.models import AppGrant, Vehicle

Open = Callable[..., Visit]
SCOPES = "vehicles trips battery location:precise"


class AppServer:
    """An app's own site. Its callback sends people on to another origin, as many do."""

    def __init__(self) -> None:
        seen = self.seen = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.path)
                onward = self.path.startswith("/callback")
                self.send_response(302 if onward else 200)
                if onward:
                    self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/done")
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<title>App</title><h1>Connected</h1>")

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.callback = f"http://localhost:{self.server.server_port}/callback"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def told(self) -> dict[str, str]:
        [path] = [path for path in self.seen if path.startswith("/callback")]
        return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


@pytest.fixture
def site() -> Iterator[AppServer]:
    server = AppServer()
    yield server
    server.server.shutdown()
    server.server.server_close()


def page_of(browser: Browser, origin: str, user: User) -> Page:
    context = browser.new_context(reduced_motion="reduce")
    cookie = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": origin}])
    return context.new_page()


def choose(page: Page, vehicle: Vehicle, *, location: str) -> None:
    page.get_by_label(str(vehicle)).check()
    for group in ("About the vehicle", "Trips"):
        page.get_by_role("group", name=group).get_by_role("radio").last.check()
    page.get_by_role("group", name="Location").get_by_role("radio", name=location).check()
    page.get_by_label("Also what was measured before today").check()


def test_an_app_asks_is_allowed_reads_and_is_revoked(
    browser: Browser, live_server: LiveServer, driver: User, site: AppServer
) -> None:
    car = make_vehicle(owner=driver, nickname="Pikku")
    give_drive(car)
    app, secret = registration.register_app(
        developer=make_user(), name="Trip Diary", publisher="Lumen Labs", website="https://app.example/",
        redirect_uris=[site.callback], scopes=SCOPES.split(), confidential=True, now=timezone.now(),
    )  # fmt: skip
    client = OAuth2Session(
        app.client_id, secret, scope=SCOPES, redirect_uri=site.callback, code_challenge_method="S256"
    )
    verifier = "a-verifier-of-at-least-forty-three-characters-in-all"
    address, state = client.create_authorization_url(f"{live_server.url}/oauth/authorize/", code_verifier=verifier)

    page = page_of(browser, live_server.url, driver)
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(address)
    choose(page, car, location="Coarse")
    page.get_by_role("button", name="Yes, as chosen").click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    assert [text for text in problems if "Content Security Policy" in text or "form-action" in text] == []

    told = site.told()
    assert (told["state"], told["iss"]) == (state, settings.BASE_URL)  # a mix-up would show here
    token = client.fetch_token(f"{live_server.url}/oauth/token", code=told["code"], code_verifier=verifier)
    assert set(token["scope"].split()) == {"vehicles", "trips", "location:coarse"}
    trips = f"{live_server.url}/api/v1/vehicles/{car.public_id}/trips/"
    [trip] = client.get(trips).json()["results"]
    assert "start" not in trip
    assert trip["cells"]
    client.refresh_token(f"{live_server.url}/oauth/token")
    assert client.get(trips).status_code == 200
    assert client.get(f"{live_server.url}/api/v1/access-log/").json()["code"] == "app_not_allowed"

    page.goto(live_server.url + reverse("access-log"))
    expect(page.get_by_role("row").filter(has_text="Trip Diary").first).to_be_visible()
    page.goto(live_server.url + reverse("apps"))
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("reads nothing any more")).to_be_visible()
    assert client.get(trips).status_code == 401
    assert AccessEntry.objects.filter(owner=driver, what="trips").count() == 2
    page.context.close()


def test_a_no_takes_the_person_back_and_shares_nothing(
    browser: Browser, live_server: LiveServer, driver: User, site: AppServer
) -> None:
    make_vehicle(owner=driver)
    app, _ = registration.register_app(
        developer=make_user(), name="Trip Diary", publisher="Lumen Labs", website="https://app.example/",
        redirect_uris=[site.callback], scopes=["trips"], confidential=False, now=timezone.now(),
    )  # fmt: skip
    client = OAuth2Session(app.client_id, scope="trips", redirect_uri=site.callback, code_challenge_method="S256")
    address, _ = client.create_authorization_url(f"{live_server.url}/oauth/authorize/", code_verifier="x" * 50)
    page = page_of(browser, live_server.url, driver)
    page.goto(address)
    page.get_by_role("button", name="No", exact=True).click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    assert site.told()["error"] == "access_denied"
    assert not AppGrant.objects.exists()
    page.context.close()


def asking(app) -> str:
    return f"{reverse('oauth-authorize')}?" + "&".join(f"{n}={v}" for n, v in query(app).items()).replace(" ", "%20")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_about_apps_meet_the_bars(visit: Open, driver: User, theme: str, width: int) -> None:
    cars = [make_vehicle(owner=driver, nickname=name) for name in ("Pikku", "The long blue one from the island")]
    give_drive(cars[0])
    mine, _ = make_app(name="Charge Planner", developer=driver)
    make_app(name="Trip Diary for Small Companies", developer=driver, confidential=True)
    as_driver = {"user": driver, "theme": theme, "width": width}
    visit(reverse("apps"), **as_driver).settled().check("apps-empty")
    visit(reverse("access-log"), **as_driver).settled().check("access-log-empty")
    visit(asking(mine), **as_driver).settled().check("app-authorize")
    reading = authorized(driver, mine, cars, levels={"vehicles": "exact", "battery": "coarse", "location": "exact"})
    registration.set_verified(app=mine, verified=True, operator=make_user(), now=timezone.now())
    for path in ("", f"{cars[0].public_id}/signals/latest", f"{cars[1].public_id}/signals/latest"):
        assert reading.get(f"/api/v1/vehicles/{path}").status_code == 200
    operator = make_user(name="Ines Marlow", is_staff=True)
    operator.groups.add(Group.objects.get(name=operators.NAME))
    reads.record_views(
        by=operator, reader=AccessEntry.Reader.OPERATOR, of=[(driver.pk, cars[0].pk)], what="page",
        note="Vehicles in the operators' site", now=timezone.now() - timedelta(days=1),
    )  # fmt: skip
    visit(reverse("apps"), **as_driver).settled().check("apps")
    visit(reverse("app-narrow", args=[AppGrant.objects.get().pk]), **as_driver).settled().check("app-narrow")
    visit(reverse("access-log"), **as_driver).settled().check("access-log")
    visit(asking(mine), **as_driver).settled().check("app-authorize-again")
    visit(reverse("developer-apps"), **as_driver).settled().check("developer-apps")
    visit(reverse("developer-app-new"), **as_driver).settled().check("developer-app-new")
