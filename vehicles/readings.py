"""What a source measured, in the shape in which it is checked and stored. Pure: knows no database."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class Message(NamedTuple):
    """Signals read at one moment: `values` by signal id, in the catalog's units. `ts` is aware, of any zone."""

    ts: datetime
    values: dict[int, float]


Readings = Iterable[Message]


@dataclass(slots=True)
class Outcome:
    """What became of readings; one reading is one signal at one moment, the derived cell is not counted."""

    stored: int = 0
    duplicate: int = 0
    flagged: int = 0
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)  # (signal name, reason code) -> readings

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.stored += other.stored
        self.duplicate += other.duplicate
        self.flagged += other.flagged
        self.rejected.update(other.rejected)
        return self
