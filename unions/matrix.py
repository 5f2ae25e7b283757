"""The consent matrix of a vehicle: every cell's word, what else may be chosen there, and what it earned."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dimo.users.models import User
from unions import rulebook
from unions.earnings import Earned, earned_lately
from unions.levels import forward_level, grants_of, offered_levels
from unions.models import ConsentEvent, Membership, PolicyVersion, Union
from unions.pause import paused_until
from unions.selectors import current_memberships, policy_history, vehicle_counts, words_in_force
from unions.vocabulary import HINTS, LEVEL_LABELS, SIGNAL_CLASSES, Level, matrix_classes
from vehicles import kinds
from vehicles.models import Vehicle
from vehicles.ownership_selectors import in_garage

ICONS = {
    "location": "map-pin",
    "behavior": "gauge",
    "battery": "battery-charging",
    "energy": "fuel",
    "diagnostics": "activity",
    "odometer": "route",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One word of the matrix. `levels`: what may be chosen, Off first; one alone where the union does not ask.

    `waiting`: an earlier grant no longer counts, because the policy asks for a new yes.
    """

    union: Union
    signal: str
    name: str
    level: Level
    levels: tuple[tuple[Level, str], ...]
    amount: int | None
    asset: str
    waiting: bool


@dataclass(frozen=True, slots=True)
class Row:
    signal: str
    name: str
    hint: str
    icon: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A union in the head of the matrix; `count` of vehicles is None while too few to be shown."""

    name: str
    tone: str
    slug: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Total:
    amount: int | None
    asset: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """Of one vehicle; `vehicles` are all that the person may choose from."""

    vehicle: Vehicle | None
    vehicles: tuple[Vehicle, ...]
    unions: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Total, ...]
    paused_until: datetime | None


def matrix_of(*, member: User, now: datetime, vehicle: UUID | None = None) -> Matrix:
    """The matrix of one vehicle of a person (their first, unless named), in a fixed number of queries.

    Raises:
        Vehicle.DoesNotExist: the vehicle named is not theirs.
    """
    owned = tuple(in_garage(owner=member).filter(retired_at=None).order_by("pk"))
    chosen = _chosen(owned, vehicle)
    active = current_memberships(member=member).filter(vehicle=chosen, state=Membership.State.ACTIVE)
    memberships = list(active) if chosen else []
    unions = [row.union for row in memberships]
    counts = vehicle_counts(unions=unions) if unions else {}
    versions = policy_history(unions=unions, now=now) if unions else {}
    earned = earned_lately(member=member, vehicle=chosen, now=now) if chosen and unions else Earned()
    words: dict[UUID, list[ConsentEvent]] = defaultdict(list)
    for word in words_in_force(now=now).filter(membership__in=memberships).select_related("policy"):
        words[word.membership_id].append(word)
    kind = kinds.named(chosen.kind if chosen else kinds.CAR)
    hints = {leaf.name: leaf.hint for leaf in kind.roots}
    return Matrix(
        vehicle=chosen,
        vehicles=owned,
        unions=tuple(Column(union.name, union.tone, union.slug, counts[union.pk]) for union in unions),
        rows=tuple(
            Row(
                name,
                SIGNAL_CLASSES[name],
                HINTS.get(name) or hints.get(name, ""),
                ICONS.get(name, kind.icon),
                tuple(cell(row.union, name, words[row.pk], versions[row.union_id], earned) for row in memberships),
            )
            for name in matrix_classes(kind.name)
        ),
        totals=tuple(Total(earned.by_union.get(union.pk), earned.asset) for union in unions),
        paused_until=paused_until(member=member, now=now),
    )


def cell(
    union: Union, signal_class: str, words: list[ConsentEvent], versions: Sequence[PolicyVersion], earned: Earned
) -> Cell:
    """One cell, from the live words of its membership and the union's policy versions."""
    grants = grants_of(words, signal_class)
    level = forward_level(grants, versions, signal_class)
    offered = offered_levels(rulebook.parse(versions[-1].rules), signal_class) if versions else ["off"]
    return Cell(
        union=union,
        signal=signal_class,
        name=SIGNAL_CLASSES[signal_class],
        level=level,
        levels=tuple((item, LEVEL_LABELS[item]) for item in offered),
        amount=earned.by_cell.get((union.pk, signal_class)),
        asset=earned.asset,
        waiting=level == "off" and len(offered) > 1 and any(grant.data_until is None for grant in grants),
    )


def _chosen(owned: tuple[Vehicle, ...], public_id: UUID | None) -> Vehicle | None:
    if public_id is None:
        return owned[0] if owned else None
    for vehicle in owned:
        if vehicle.public_id == public_id:
            return vehicle
    raise Vehicle.DoesNotExist
