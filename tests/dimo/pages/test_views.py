"""Landing, home, theme, style guide, and a part opened on its own."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from dimo.pages import slots, views
from dimo.pages.clock import ReadersClock
from dimo.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def maya() -> User:
    return User.objects.create_user("maya@example.org", "a long enough passphrase", name="Maya Kivi")


def test_a_visitor_sees_what_this_is(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert b"What your car measures belongs to you" in answer.content


def test_a_signed_in_person_goes_home(client: Client, maya: User) -> None:
    client.force_login(maya, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/").headers["Location"] == reverse("home")
    assert client.get(reverse("home")).status_code == 200


def test_home_asks_who_one_is(client: Client) -> None:
    assert client.get(reverse("home")).headers["Location"].startswith(reverse("account_login"))


def test_only_a_well_formed_vehicle_reaches_the_parts(client: Client, maya: User) -> None:
    client.force_login(maya, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert b"<img onload" not in client.get(reverse("home"), {"vehicle": '"><img onload=x>'}).content
    wanted = "6f1c1a52-4a0b-4d3e-9a55-0d8b6a1c2f10"
    assert client.get(reverse("home"), {"vehicle": wanted}).status_code == 200


def test_the_theme_is_remembered_and_one_stays_where_one_was(client: Client) -> None:
    answer = client.post(reverse("theme"), {"theme": "dark", "next": "/home/?vehicle=1"})
    assert answer.headers["Location"] == "/home/?vehicle=1"
    assert answer.cookies["theme"].value == "dark"
    assert b'data-theme="dark"' in client.get("/").content


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_the_theme_leads_nowhere_else(client: Client, elsewhere: str) -> None:
    assert client.post(reverse("theme"), {"theme": "dark", "next": elsewhere}).headers["Location"] == "/"


def test_an_unknown_theme_is_refused_and_a_forged_cookie_ignored(client: Client) -> None:
    assert client.post(reverse("theme"), {"theme": "pink"}).status_code == 400
    client.cookies["theme"] = "pink"
    assert b"data-theme" not in client.get("/").content.split(b">", 2)[1]


def test_the_style_guide_is_for_those_who_build(client: Client, maya: User) -> None:
    assert client.get(reverse("styleguide")).status_code == 404
    maya.is_staff = True
    maya.save()
    client.force_login(maya, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(reverse("styleguide")).status_code == 200


@pytest.mark.parametrize(
    ("hour", "zone", "words"),
    [
        (6, "UTC", "Good morning, Maya"),
        (13, "UTC", "Good afternoon, Maya"),
        (20, "UTC", "Good evening, Maya"),
        (20, "Asia/Tokyo", "Good morning, Maya"),
    ],
)
def test_the_greeting_goes_by_the_persons_own_clock(hour: int, zone: str, words: str) -> None:
    with timezone.override(zone):
        assert views.greeting(User(name="Maya Kivi"), datetime(2026, 11, 23, hour, tzinfo=UTC)) == words


def test_pages_tell_the_time_where_their_reader_lives_and_programs_get_utc(rf: RequestFactory) -> None:
    clock = ReadersClock(lambda request: HttpResponse(timezone.get_current_timezone_name()))

    def told(path: str, reader: User | AnonymousUser) -> str:
        request = rf.get(path)
        request.user = reader
        return clock(request).content.decode()

    assert told("/home/", User(timezone="Asia/Tokyo")) == "Asia/Tokyo"
    assert told("/", AnonymousUser()) == "UTC"  # nothing is left over from the one before
    assert told("/api/v1/offers/", User(timezone="Asia/Tokyo")) == "UTC"
    assert told("/home/", User(timezone="Mars/Olympus")) == "UTC"
    timezone.deactivate()


def part(request: HttpRequest) -> str:
    return slots.respond(request, "_foot.html", {}, title="A part").content.decode()


def test_a_part_is_a_fragment_to_htmx_and_a_page_to_a_person(rf: RequestFactory) -> None:
    request = rf.get("/x/", headers={"HX-Request": "true"})
    assert "<html" not in part(request)
    opened = rf.get("/x/")
    opened.user = AnonymousUser()
    shown = part(opened)
    assert "<html" in shown
    assert "A part" in shown
