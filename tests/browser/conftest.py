"""Chromium on a live server. A page opened by `visit` fails its test on any console error or foreign request."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from dimo.users.models import User
from tests.browser.visits import Visit
from tests.browser.world import World, build
from tests.conftest import reset
from tests.services import Services

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
RESULTS = Path(os.environ.get("TEST_PICTURES", Path(__file__).resolve().parents[2] / "test-results"))
HERE = Path(__file__).parent
expect.set_options(
    timeout=30_000
)  # an upper bound, not a wait: a busy machine draws maps in software beside the server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine (apt-get install chromium)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; WebGL in software, so that maps render everywhere."""
    flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}


def opened(browser: Browser, origin: str) -> Iterator[Callable[..., Visit]]:
    """A way to open a path as somebody, in a theme and at a width; all that was opened is checked at the end."""
    visits: list[Visit] = []

    def open_path(
        path: str, *, user: User | None = None, theme: str = "light", width: int = 1440, blocked: str = ""
    ) -> Visit:
        cookies = {"theme": theme}
        if user is not None:
            client = Client()
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
            cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
        seen = Visit(browser, origin, path, cookies=cookies, width=width, results=RESULTS, blocked=blocked)
        visits.append(seen)
        return seen

    yield open_path
    for one in visits:
        one.close()
    failures = [failure for one in visits for failure in one.failures]
    assert not failures, "\n".join(failures)


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Visit]]:
    """Open paths of a server whose database is emptied after the test."""
    yield from opened(browser, live_server.url)


@pytest.fixture(scope="module")
def everybody(services: Services, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """One small world, committed for a module whose tests only look at it."""
    with django_db_blocker.unblock():
        try:
            yield build()
        finally:
            reset(services)


@pytest.fixture(scope="module")
def origin(everybody: World) -> Iterator[str]:
    """A server beside that world. `live_server` would empty the database after each test."""
    server = LiveServer("localhost")
    server._live_server_modified_settings.enable()
    yield server.url
    server._live_server_modified_settings.disable()
    server.stop()


@pytest.fixture
def look(browser: Browser, origin: str) -> Iterator[Callable[..., Visit]]:
    """Open paths of the module's world."""
    yield from opened(browser, origin)


@pytest.fixture
def driver(transactional_db: None) -> User:
    return User.objects.create_user("maya@example.org", "a long enough passphrase", name="Maya Kivi")
