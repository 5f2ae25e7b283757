"""There is no third path to telemetry: an app is refused at every address but the few that are listed here."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from dimo.api.permissions import HasScope, PersonOrKey
from dimo.oauth import scopes
from dimo.oauth.models import AppCredential
from tests.vehicles.apps.world import authorized, make_app
from tests.vehicles.factories import make_user, make_vehicle

pytestmark = pytest.mark.django_db
# What apps read, and what reads no credential at all: devices sign their messages themselves.
READ_BY_APPS = {"api-vehicles", "api-trips", "api-latest", "api-signals"}
WITHOUT_CREDENTIAL = {"ingest"}
METHODS = ("get", "post", "put", "patch", "delete")
ARGUMENTS = {"uuid": str(uuid4()), "int": "1", "slug": "x", "str": "x"}


def addresses(patterns=None, before: str = "") -> list[tuple[str, str]]:
    """(name, address) of everything below /api/v1/, with invented arguments."""
    found = []
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if "api/v1/".startswith(route) or route.startswith("api/v1/"):
                found += addresses(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("api/v1/"):
            for kind, value in ARGUMENTS.items():
                while (start := route.find(f"<{kind}:")) >= 0:
                    route = route[:start] + value + route[route.index(">", start) + 1 :]
            found.append((str(pattern.name), f"/{route}"))
    return found


def test_the_walk_finds_the_whole_api():
    names = {name for name, _ in addresses()}
    assert names >= READ_BY_APPS | WITHOUT_CREDENTIAL | {"api-events", "api-fault-codes", "api-apps", "api-access-log"}
    assert len(names) > 20
    assert all("<" not in address for _, address in addresses())


def test_an_app_is_refused_everywhere_else():
    vehicle = make_vehicle()
    allowed = {name.partition(":")[0]: "exact" for name in scopes.known()}
    every = " ".join(name for name in scopes.known() if not name.endswith(":coarse"))
    reading = authorized(vehicle.owner, make_app()[0], [vehicle], levels=allowed, scope=every)
    bearer = {"Authorization": f"Bearer {reading.access}"}
    answered = []
    for name, address in addresses():
        if name in WITHOUT_CREDENTIAL:
            continue
        for method in METHODS:
            answer = getattr(Client(), method)(address, headers=bearer)
            refused = (answer.status_code, answer.json().get("code")) == (403, "app_not_allowed")
            if not refused and not (name in READ_BY_APPS and method == "get"):
                answered.append((name, method, answer.status_code, answer.json()))
    assert answered == []
    own = Client().get(f"/api/v1/vehicles/{vehicle.public_id}/trips/", headers=bearer)
    assert own.status_code == 200


def test_pages_do_not_know_tokens_at_all():
    vehicle = make_vehicle()
    reading = authorized(vehicle.owner, make_app()[0], [vehicle])
    for address in (
        "/vehicles/",
        "/trips/",
        "/data/telemetry.json",
        "/data/trips.geojson",
        "/access-log.csv",
        "/apps/",
    ):
        assert reading.get(address).status_code == 302


class Unknown:
    """A credential of a sort that was added later, by somebody who did not think of permissions."""


@pytest.mark.parametrize("permission", [HasScope("driver"), HasScope("buyer"), PersonOrKey])
@pytest.mark.parametrize(("credential", "passes"), [(None, True), (Unknown(), False), ("token", False)])
def test_a_credential_that_no_permission_names_passes_nowhere(permission, credential, passes):
    request = Request(APIRequestFactory().get("/"))
    request.user, request.auth = make_user(), credential
    assert permission().has_permission(request, APIView()) is passes


def test_an_app_passes_no_permission_of_a_view_that_is_not_for_apps():
    vehicle = make_vehicle()
    authorized(vehicle.owner, make_app()[0], [vehicle])
    request = Request(APIRequestFactory().get("/"))
    request.user, request.auth = vehicle.owner, AppCredential.objects.filter(kind="access").get()
    view = APIView()
    assert not HasScope("driver")().has_permission(request, view)
    assert not PersonOrKey().has_permission(request, view)
    view.read_by_apps = True
    assert HasScope("driver")().has_permission(request, view)
    assert not PersonOrKey().has_permission(request, view)
