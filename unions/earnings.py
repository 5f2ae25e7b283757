"""Where the room above tells what a vehicle earned, for the matrix to show. Without a source, no amount is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dimo.users.models import User
from vehicles.models import Vehicle


@dataclass(frozen=True, slots=True)
class Earned:
    """The last 30 days' amounts in base units of `asset`: by union, and by union and row of the matrix where known."""

    by_union: Mapping[UUID, int] = field(default_factory=dict)
    by_cell: Mapping[tuple[UUID, str], int] = field(default_factory=dict)
    asset: str = "EURC"


Source = Callable[[User, Vehicle, datetime], Earned]
_sources: list[Source] = []


def register(source: Source) -> None:
    """Called once, in the `ready` of the room that settles sales."""
    _sources.append(source)


def earned_lately(*, member: User, vehicle: Vehicle, now: datetime) -> Earned:
    """What the registered source says; nothing while there is none."""
    return _sources[0](member, vehicle, now) if _sources else Earned()
