"""An app, an owner who says yes to it on the page, and the tokens that came of it."""

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from django.utils import timezone

from dimo.oauth import registration
from dimo.oauth.models import App
from dimo.users.models import User
from tests.vehicles.factories import make_source, make_user, make_vehicle
from vehicles import app_scopes, telemetry, trips
from vehicles.models import Vehicle
from vehicles.readings import Message
from vehicles.signals import BATTERY_LEVEL, LATITUDE, LONGITUDE, ODOMETER, SPEED

BACK = "https://app.example/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
LEVELS = {"vehicles": "exact", "trips": "exact", "battery": "exact", "location": "exact"}
DEGREES = 1 / 111_195


@dataclass
class Reading:
    """A token in hand: `get` asks the API as the app."""

    app: App
    owner: User
    access: str
    refresh: str

    def get(self, path: str, **query):
        return Client().get(path, query, headers={"Authorization": f"Bearer {self.access}"})


def make_app(*, confidential: bool = False, scopes=(), **fields) -> tuple[App, str]:
    return registration.register_app(
        developer=fields.pop("developer", None) or make_user(),
        name=fields.pop("name", "Charge Planner"),
        publisher="Lumen Labs",
        website="https://app.example/",
        redirect_uris=[BACK],
        scopes=list(scopes) or list(app_scopes.scopes()),
        confidential=confidential,
        now=timezone.now(),
    )


def query(app: App, **changes: str) -> dict[str, str]:
    asked = {
        "response_type": "code", "client_id": app.client_id, "redirect_uri": BACK, "state": "s-1",
        "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        "scope": "vehicles trips battery location:precise",
    }  # fmt: skip
    return {name: value for name, value in {**asked, **changes}.items() if value is not None}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def went_to(response) -> tuple[str, dict[str, str]]:
    """Where the page that leads back to the app goes."""
    address = unescape(re.search(r'http-equiv="refresh" content="0; url=([^"]*)"', response.content.decode())[1])
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", {n: v[0] for n, v in parse_qs(parts.query).items()}


def say_yes(owner: User, app: App, vehicles: list[Vehicle], *, levels=None, history=True, **changes: str):
    """The page's answer to Yes."""
    form = {f"level-{name}": level for name, level in (LEVELS if levels is None else levels).items()}
    form |= {"answer": "yes", "lasts": "365", "vehicles": [str(vehicle.public_id) for vehicle in vehicles]}
    if history:
        form["history"] = "on"
    return signed_in(owner).post("/oauth/authorize/", form, query_params=query(app, **changes))


def exchange(app: App, code: str, *, secret: str = "", **changes: str):
    asked = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "client_id": app.client_id,
        "code_verifier": VERIFIER, **({"client_secret": secret} if secret else {}), **changes,
    }  # fmt: skip
    return post("/oauth/token", asked)


def renew(app: App, refresh: str, **changes: str):
    return post(
        "/oauth/token", {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": app.client_id, **changes}
    )


def post(path: str, values: dict[str, str]):
    body = "&".join(f"{name}={value}" for name, value in values.items())
    return Client().post(path, body, content_type="application/x-www-form-urlencoded")


def authorized(owner: User, app: App, vehicles: list[Vehicle], **how) -> Reading:
    _, told = went_to(say_yes(owner, app, vehicles, **how))
    tokens = exchange(app, told["code"]).json()
    return Reading(app, owner, tokens["access_token"], tokens["refresh_token"])


def make_reading(**how) -> tuple[Reading, Vehicle]:
    vehicle = how.pop("vehicle", None) or make_vehicle()
    return authorized(vehicle.owner, make_app()[0], [vehicle], **how), vehicle


def give_drive(vehicle: Vehicle, *, ago: timedelta = timedelta(hours=30), minutes: int = 40, source=None, lat=50.0):
    """A straight drive north at 60 km/h with everything a test asks about, cut into a trip; the moment it began."""
    source = source or make_source(vehicle)
    now = timezone.now()
    start = (now - ago).replace(minute=0, second=0, microsecond=0)
    told = [
        Message(
            start + timedelta(seconds=t),
            {
                LATITUDE: lat + t * 16.7 * DEGREES, LONGITUDE: 10.0, SPEED: 60.0 + t % 7,
                BATTERY_LEVEL: 80.0 - t / 100, ODOMETER: 1000 + t / 60,
            },
        )
        for t in range(0, 60 * minutes + 1, 10)
    ]  # fmt: skip
    telemetry.store_readings(vehicle=vehicle, source=source, readings=told, now=now)
    trips.cut_trips(vehicle=vehicle, source=source, since=start, until=now, now=now)
    return start
