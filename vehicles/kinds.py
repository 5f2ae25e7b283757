"""Kinds of devices as data: each file of `catalog/` declares one, with its signals, events and leaves of consent.

A kind is added by a file and by nothing else. Pure: knows no database.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

DIRECTORY: Final = Path(__file__).parent / "catalog"
CAR: Final = "car"
LOWEST: Final = "aggregate"
HIGHEST: Final = "identified"


class CatalogBroken(ValueError):
    """A catalog file contradicts itself or another one; nothing of it is taken."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A class of consent that a kind adds to the vocabulary."""

    name: str
    title: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens, and the class of consent that it falls under."""

    name: str
    title: str
    event_class: str
    kind: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What measures. `highest_tier`: the finest form in which anything of it is sold, a word of the consent vocabulary.

    `needs`: what makes its data complete, any one name of each line. `leaves`: classes of consent of its own.
    """

    name: str
    title: str
    icon: str = "radio"
    moves: bool = False
    highest_tier: str = LOWEST
    never_for: tuple[str, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    leaves: tuple[Leaf, ...] = ()

    @property
    def roots(self) -> tuple[Leaf, ...]:
        """Its own classes that lie below none of its own: the rows of its consent matrix."""
        return tuple(leaf for leaf in self.leaves if not any(below(leaf.name, other.name) for other in self.leaves))


_kinds: dict[str, Kind] = {}
_leaves: dict[str, str] = {}
_owner: dict[str, Kind] = {}
_events: dict[str, Event] = {}
_signals: dict[str, tuple[Mapping[str, Any], ...]] = {}
by_name: Mapping[str, Kind] = MappingProxyType(_kinds)
leaves: Mapping[str, str] = MappingProxyType(_leaves)  # class of consent -> title, of all kinds
events: Mapping[str, Event] = MappingProxyType(_events)
signals: Mapping[str, tuple[Mapping[str, Any], ...]] = MappingProxyType(_signals)  # kind -> rows, for `signals.py`


def below(name: str, node: str) -> bool:
    """Whether a class lies below another in the tree of dotted names."""
    return name.startswith(f"{node}.")


def named(name: str) -> Kind:
    """The kind of this name. One whose file is gone does not move, and nothing finer than statistics leaves it."""
    return _kinds.get(name) or Kind(name, name.replace("_", " ").capitalize())


def of_class(signal_class: str) -> Kind | None:
    """The kind that added this class to the vocabulary, or one above it; None: a class of cars."""
    parts = signal_class.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((_owner[name] for name in names if name in _owner), None)


def declare(path: Path) -> Kind:
    """Take in a catalog file whole, or nothing of it.

    Raises:
        CatalogBroken: with the file's name and the reason.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        facts = dict(document["kind"])
        facts["needs"] = tuple(map(tuple, facts.get("needs", ())))
        facts["never_for"] = tuple(facts.get("never_for", ()))
        kind = Kind(**facts, leaves=tuple(Leaf(**row) for row in document.get("class", ())))
        rows = tuple(document.get("signal", ()))
        told = tuple(Event(row["name"], row["title"], row["class"], kind.name) for row in document.get("event", ()))
        check(kind, rows, told)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CatalogBroken(f"{path.name}: {error!r}") from error
    _kinds[kind.name], _signals[kind.name] = kind, rows
    _leaves.update({leaf.name: leaf.title for leaf in kind.leaves})
    _owner.update({leaf.name: kind for leaf in kind.leaves})
    _events.update({event.name: event for event in told})
    return kind


def check(kind: Kind, rows: tuple[Mapping[str, Any], ...], told: tuple[Event, ...]) -> None:
    """Refuse names told twice, and a kind that keeps others from its rows under a class that it shares with them.

    Raises:
        CatalogBroken
    """
    taken = {row["id"] for other in _signals.values() for row in other}
    used = {row["name"] for other in _signals.values() for row in other}
    ids, names = [row["id"] for row in rows], [row["name"] for row in rows]
    own = [leaf.name for leaf in kind.leaves]
    needed = {name for line in kind.needs for name in line}
    shared = [
        name
        for name in [*(row["class"] for row in rows), *(event.event_class for event in told)]
        if name not in own and not any(below(name, leaf) for leaf in own)
    ]
    happened = [event.name for event in told]
    for wrong, reason in (
        (kind.name in _kinds, f"the kind {kind.name} is declared twice"),
        (len(set(ids)) < len(ids) or taken & set(ids), "a signal's id is used twice"),
        (len(set(names)) < len(names) or used & set(names), "a signal's name is used twice"),
        (len(set(happened)) < len(happened) or _events.keys() & set(happened), "an event's name is used twice"),
        (len(set(own)) < len(own) or _leaves.keys() & set(own), "a class is declared twice"),
        (
            any(row.get("codes") and row.get("charted") for row in rows),
            "codes of an enumeration are not charted as means",
        ),
        (needed - set(names), "needs names a signal that is not there"),
        (kind.name != CAR and shared, f"{', '.join(sorted(set(shared)))}: a kind's classes are its own"),
    ):
        if wrong:
            raise CatalogBroken(f"{kind.name}: {reason}")


def forget(name: str) -> None:
    """Take a kind out again, as if its file were gone; what was stored of it stays."""
    kind = _kinds.pop(name)
    del _signals[name]
    for leaf in kind.leaves:
        del _leaves[leaf.name], _owner[leaf.name]
    for event in [event for event in _events.values() if event.kind == name]:
        del _events[event.name]


for _path in sorted(DIRECTORY.glob("*.toml"), key=lambda path: (path.stem != "vehicle", path.name)):
    declare(_path)
