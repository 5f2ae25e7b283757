"""Who is shown which places, and where they begin."""

import pytest
from django.test import RequestFactory

from dimo.pages import navigation
from dimo.users.models import User


@pytest.fixture(autouse=True)
def _only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_audiences", {})
    navigation.register_audience("driver", label="Driving", order=10, home="home", has=lambda u: False, fallback=True)
    navigation.register(audience="driver", label="Overview", url_name="home", icon="house", order=10, phone=True)
    navigation.register_audience("operator", label="Operations", order=40, home="styleguide", has=lambda u: u.is_staff)
    navigation.register(audience="operator", label="Guide", url_name="styleguide", icon="activity")


def menu_of(user: User, path: str = "/") -> navigation.Menu:
    return navigation.menu(request=RequestFactory().get(path), user=user)


def labels(menu: navigation.Menu) -> list[str]:
    return [str(place.label) for section in menu.sections for place in section.places]


def test_who_has_nothing_yet_finds_where_to_begin() -> None:
    assert labels(menu_of(User())) == ["Overview"]
    assert navigation.home_of(user=User()) == "/home/"


def test_an_operator_sees_their_own_places_and_begins_there() -> None:
    assert labels(menu_of(User(is_staff=True))) == ["Guide"]
    assert navigation.home_of(user=User(is_staff=True)) == "/styleguide/"


def test_somebody_with_two_parts_sees_both_and_begins_at_the_first() -> None:
    navigation.register_audience("driver", label="Driving", order=10, home="home", has=lambda u: True)
    assert labels(menu_of(User(is_staff=True))) == ["Overview", "Guide"]
    assert navigation.home_of(user=User(is_staff=True)) == "/home/"


def test_a_place_that_no_room_serves_is_left_out() -> None:
    navigation.register(audience="driver", label="Nowhere", url_name="no-such-page", icon="route")
    assert labels(menu_of(User())) == ["Overview"]


def test_the_longest_matching_address_is_the_current_place() -> None:
    navigation.register(audience="driver", label="Start", url_name="landing", icon="route")
    places = {str(p.label): p.current for s in menu_of(User(), "/home/").sections for p in s.places}
    assert places == {"Overview": True, "Start": False}


def test_the_bar_of_phones_holds_four_places() -> None:
    for i in range(6):
        navigation.register_audience(f"a{i}", label="x", order=i, home="home", has=lambda u: True)
        navigation.register(audience=f"a{i}", label=f"P{i}", url_name="home", icon="route", phone=True)
    assert [str(place.label) for place in menu_of(User()).bar] == ["P0", "P1", "P2", "P3"]


def test_a_count_is_asked_for_that_person() -> None:
    navigation.register(audience="driver", label="Trips", url_name="home", icon="route", count=lambda user: 30)
    assert [place.count for section in menu_of(User()).sections for place in section.places] == [30]
