"""What becomes of each event on its way, and what its sender is told of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vehicles import wire
from vehicles.envelope import Evidence, Header, SignalReading
from vehicles.events import Told
from vehicles.intake import Pair
from vehicles.sheets import Sheet


@dataclass(slots=True)
class Item:
    """One event on its way; `code` set: it is refused, for that reason."""

    index: int
    header: Header | None = None
    evidence: Evidence | None = None
    code: str = ""
    detail: str = ""
    status: str = ""
    pairs: list[Pair] = field(default_factory=list)
    signals: Sequence[SignalReading | None] = ()
    sheet: Sheet | None = None  # set where what was told forms one
    plain: dict[datetime, dict[int, float]] | None = None  # else, where all is plain; if neither, `sent` is
    sent: list[wire.Sent] = field(default_factory=list)
    failed: list[wire.NotSent] = field(default_factory=list)
    lists: list[wire.Listed] = field(default_factory=list)
    events: Sequence[bytes] = ()
    happened: list[Told] = field(default_factory=list)
    missed: list[wire.NotSent] = field(default_factory=list)  # events that are not stored
    stored: Collection[int] = ()
    flagged: set[int] = field(default_factory=set)

    @property
    def moments(self) -> dict[datetime, dict[int, float]] | None:
        """Readings by moment, where all that was told is plain."""
        if self.plain is None and self.sheet is not None:
            self.plain = self.sheet.by_moment()
        return self.plain

    def refuse(self, code: str, detail: str = "") -> None:
        self.code, self.detail, self.status = code, detail, "rejected"


def receipt(items: Sequence[Item]) -> dict[str, Any]:
    for item in items:
        item.status = item.status or "accepted"
    counts = {status: sum(item.status == status for item in items) for status in ("accepted", "duplicate", "rejected")}
    return counts | {"results": [result(item) for item in items]}


def result(item: Item) -> dict[str, Any]:
    answer: dict[str, Any] = {"index": item.index, "id": item.header.id if item.header else None, "status": item.status}
    if item.code:
        return answer | {"code": item.code, "detail": item.detail}
    if item.status == "duplicate":
        return answer
    failed = sorted({(gone.at, gone.code) for gone in item.failed})
    answer["signals"] = {
        "stored": len(item.stored),
        "flagged": len(item.flagged),
        "rejected": [{"at": at, "name": wire.name_at(item.signals, at), "code": code} for at, code in failed],
    }
    if item.events:
        answer["events"] = {
            "stored": len(item.happened),
            "rejected": [{"at": at, "name": name, "code": code} for at, name, code in item.missed],
        }
    return answer
