"""What an app may ask an owner for, made from the signal catalog: a class added there is a scope here. Pure.

`<class>` is every reading as it was measured, `<class>:coarse` what `coarsening` makes of it. Location has no bare
scope: how fine is always said. Kinds of devices whose rows never leave have none at all.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from dimo.oauth.scopes import COARSE, EXACT, OFF, level
from vehicles import kinds
from vehicles.classes import CAR_CLASSES
from vehicles.coarsening import blur
from vehicles.signals import Signal, catalog

LOCATION: Final = "location"
TRIPS: Final = "trips"
VEHICLES: Final = "vehicles"
MOST_NAMED: Final = 5
OWN_WORDS: Final = {
    TRIPS: ("Trips", "When each trip began and ended, and how far it went."),
    VEHICLES: ("About the vehicle", "Your name for it, make, model, year and powertrain; never the VIN."),
}
IN_COARSE: Final = {
    LOCATION: "areas of about 5 km² per quarter of an hour; the area in which a trip begins or ends is left out",
    TRIPS: "times to the quarter of an hour, whole kilometers",
}
IN_EXACT: Final = {
    LOCATION: "every position, to the meter, with height and heading; it shows where you live",
    TRIPS: "to the second",
    VEHICLES: "as you entered it",
}


class Node(NamedTuple):
    """A class that can be asked for, with the scope of each level; `coarse` is empty where there is no such level."""

    name: str
    title: str
    told: str
    coarse: str
    exact: str

    def words(self, fineness: int) -> str:
        """What a level of it means."""
        if fineness == COARSE:
            return IN_COARSE.get(self.name, "rounded, per quarter of an hour, hour or day")
        return IN_EXACT.get(self.name, "every reading as it was measured")


def askable() -> dict[str, Node]:
    """Every class that an app may ask for, by name: the catalog's, those above them, trips and vehicles."""
    found = {VEHICLES: Node(VEHICLES, *OWN_WORDS[VEHICLES], "", VEHICLES)}
    found[TRIPS] = Node(TRIPS, *OWN_WORDS[TRIPS], f"{TRIPS}:coarse", TRIPS)
    signals = [signal for signal in catalog if kinds.named(signal.kind).highest_tier == kinds.HIGHEST]
    names = {node for signal in signals for node in above(class_of(signal))}
    for name in sorted(names):
        own = [signal for signal in signals if class_of(signal) == name or kinds.below(class_of(signal), name)]
        blurs = any(blur(signal).way != "none" for signal in own)
        exact = f"{name}:precise" if name == LOCATION else name
        found[name] = Node(name, title_of(name), named(own), f"{name}:coarse" if blurs else "", exact)
    return found


def class_of(signal: Signal) -> str:
    """The class that a scope names; the areas of a position are one level of it."""
    return LOCATION if signal.signal_class.startswith(f"{LOCATION}.") else signal.signal_class


def above(name: str) -> list[str]:
    """A class and those it lies below: `battery.soc` and `battery`."""
    words = name.split(".")
    return [".".join(words[:length]) for length in range(1, len(words) + 1)]


def title_of(name: str) -> str:
    """A class in a few words."""
    if name in OWN_WORDS:
        return OWN_WORDS[name][0]
    return CAR_CLASSES.get(name) or kinds.leaves.get(name) or name.replace(".", " ").replace("_", " ").capitalize()


def named(signals: Iterable[Signal]) -> str:
    """The first few of a class's signals, so that a person knows what it is about."""
    titles = [signal.title for signal in signals]
    more = f" and {len(titles) - MOST_NAMED} more" if len(titles) > MOST_NAMED else ""
    return f"{', '.join(titles[:MOST_NAMED])}{more}."


def scopes() -> dict[str, str]:
    """Every scope with its line, for the registry and the page of an app's developer."""
    found = {}
    for node in askable().values():
        for scope, fineness in ((node.coarse, COARSE), (node.exact, EXACT)):
            if scope:
                found[scope] = f"{node.title}: {node.words(fineness)}"
    return found


def node_of(scope: str) -> Node | None:
    """The class of a scope, or None for one that the catalog no longer knows."""
    return askable().get(scope.partition(":")[0])


def scope_at(node: Node, fineness: int) -> str:
    """The scope of a class at a level; empty for Off."""
    return {OFF: "", COARSE: node.coarse, EXACT: node.exact}[fineness]


def fineness_of(signal: Signal, *bounds: Iterable[str]) -> int:
    """How finely a signal may be read under all of these bounds at once.

    What never leaves coarse is Off there, and so are the two coordinates: Coarse gives their area instead.
    """
    least = min(level(scopes, class_of(signal)) for scopes in bounds)
    if kinds.named(signal.kind).highest_tier != kinds.HIGHEST:
        return OFF
    return OFF if least == COARSE and blur(signal).way == "none" else least
