"""Scopes as words: `<class>[:<precision>]`, for example `battery`, `location:coarse`. Pure: knows no database.

Rooms register what there is to ask for; the ground knows none of it by import.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

OFF, COARSE, EXACT = 0, 1, 2
LEVELS: Final = ("off", "coarse", "exact")
PRECISION: Final = {"coarse": COARSE, "": EXACT, "precise": EXACT}


class Parts(NamedTuple):
    """A scope taken apart: the node of the tree of classes, and how fine."""

    node: str
    level: int


Source = Callable[[], Mapping[str, str]]
_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Add a room's scopes, each with its line in plain words; `source` is asked anew each time."""
    _sources[name] = source


def known() -> dict[str, str]:
    """Every scope there is, with its line."""
    return {scope: line for source in _sources.values() for scope, line in source().items()}


def parts(scope: str) -> Parts:
    """`battery.soc:coarse` as (battery.soc, COARSE); an unknown precision reaches nothing."""
    node, _, precision = scope.partition(":")
    return Parts(node, PRECISION.get(precision, OFF))


def level(scopes: Iterable[str], name: str) -> int:
    """How finely a class may be read under these scopes: OFF, COARSE or EXACT. A node reaches what lies below it."""
    reached = [found.level for found in map(parts, scopes) if name == found.node or name.startswith(f"{found.node}.")]
    return max(reached, default=OFF)


def within(scope: str, bounds: Iterable[str]) -> bool:
    """Whether a scope asks for no more than these scopes allow."""
    node, fineness = parts(scope)
    return OFF < fineness <= level(bounds, node)


def split(text: str | None) -> list[str]:
    """The scopes of a space-separated list, each once."""
    return list(dict.fromkeys((text or "").split()))
