"""Where a person can go. Rooms register their places in `AppConfig.ready`; the ground knows none of them by import.

    navigation.register_audience("buyer", label=_("Buying data"), order=30, home="catalog", has=selectors.has_seat)
    navigation.register(audience="buyer", label=_("Catalog"), url_name="catalog", icon="store", order=10, phone=True)

An audience is what somebody has: a vehicle, a seat in a union, a buyer's organization, the operators' badge. It is
asked once per page. `phone` puts an item into the bottom bar of phones, which holds the first four and "More".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from dimo.users.models import User

Words = str | Promise
IN_THE_BAR = 4


@dataclass(frozen=True)
class Item:
    label: Words
    url_name: str
    icon: str
    order: int = 50
    phone: bool = False
    count: Callable[["User"], int] | None = None


@dataclass
class Audience:
    name: str
    label: Words
    order: int
    home: str
    has: Callable[["User"], bool]
    fallback: bool
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """An item as one person's page shows it."""

    label: Words
    url: str
    icon: str
    current: bool
    phone: bool
    count: int | None


@dataclass(frozen=True)
class Section:
    label: Words
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Menu:
    sections: tuple[Section, ...]

    @property
    def bar(self) -> tuple[Place, ...]:
        places = [place for section in self.sections for place in section.places]
        return tuple([place for place in places if place.phone][:IN_THE_BAR])


_audiences: dict[str, Audience] = {}


def register_audience(
    name: str, *, label: Words, order: int, home: str, has: Callable[["User"], bool], fallback: bool = False
) -> None:
    """Name a group of people and where they begin; `fallback` takes in whoever has nothing yet.

    Registering the name again replaces it, its items stay.
    """
    items = _audiences[name].items if name in _audiences else []
    _audiences[name] = Audience(name, label, order, home, has, fallback, items)


def register(
    *,
    audience: str,
    label: Words,
    url_name: str,
    icon: str,
    order: int = 50,
    phone: bool = False,
    count: Callable[["User"], int] | None = None,
) -> None:
    """Add a place to an audience that is registered by then; the same `url_name` again replaces the item."""
    items = _audiences[audience].items
    items[:] = [item for item in items if item.url_name != url_name]
    items.append(Item(label, url_name, icon, order, phone, count))


def _of(user: "User") -> list[Audience]:
    ranked = sorted(_audiences.values(), key=lambda audience: audience.order)
    return [audience for audience in ranked if audience.has(user)] or [a for a in ranked if a.fallback]


def _address(url_name: str) -> str | None:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return None


def menu(*, request: HttpRequest, user: "User") -> Menu:
    """What sidebar and bottom bar show `user` on the page of `request`; places that no room serves are left out."""
    sections = []
    for audience in _of(user):
        found = [(item, _address(item.url_name)) for item in sorted(audience.items, key=lambda item: item.order)]
        here = max((url for item, url in found if url and request.path.startswith(url)), key=len, default="")
        places = tuple(
            Place(item.label, url, item.icon, url == here, item.phone, item.count(user) if item.count else None)
            for item, url in found
            if url
        )
        if places:
            sections.append(Section(audience.label, places))
    return Menu(tuple(sections))


def home_of(*, user: "User") -> str:
    """The address where `user` begins: the home of the first audience that has one reachable."""
    for audience in _of(user):
        if url := _address(audience.home):
            return url
    return reverse("home")


# `vehicles` says who drives; until then a person with nothing still finds the page from which to begin.
register_audience("driver", label=_("Driving"), order=10, home="home", has=lambda user: False, fallback=True)
register(audience="driver", label=_("Overview"), url_name="home", icon="house", order=10, phone=True)
register_audience("operator", label=_("Operations"), order=40, home="admin:index", has=lambda user: user.is_staff)
register(audience="operator", label=_("Operations"), url_name="admin:index", icon="activity")
