"""What was refused, as its owner reads it; a former owner reads the refusals of their own time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from dimo import crypto
from dimo.users.models import User
from vehicles.models import KeptRejection, RejectionCount, Vehicle, VehicleOwnership
from vehicles.ownership_selectors import EVER, NEVER_ENDING, STANDING, own_times
from vehicles.rejections.keeping import LABEL

KEPT_FOR = timedelta(days=7)
NAMES_SHOWN = 4


class Part(NamedTuple):
    """A signal or an event that was refused, by its place in the envelope's list."""

    at: int
    name: str
    code: str


class Kept(NamedTuple):
    """A kept rejection, opened. `sent` is JSON; where `cut`, only its beginning."""

    received_at: datetime
    device: str
    code: str
    event: str
    detail: str
    parts: Sequence[Part]
    size: int
    cut: bool
    sent: str


@dataclass
class Reason:
    """How often something was refused for one reason, when last, and which signals it met."""

    code: str
    total: int = 0
    last: date | None = None
    names: list[str] = field(default_factory=list)


def kept_of(*, vehicle: Vehicle, owner: User, now: datetime) -> QuerySet[KeptRejection]:
    """What is kept of a vehicle in this person's time with it, newest first."""
    own = VehicleOwnership.objects.filter(
        STANDING, vehicle=OuterRef("vehicle"), epoch=OuterRef("owner_epoch"), owner=owner
    )
    found = KeptRejection.objects.filter(Exists(own), vehicle=vehicle, received_at__gt=now - KEPT_FOR)
    return found.select_related("device").order_by("-received_at", "-pk")


def opened(row: KeptRejection) -> Kept:
    """A row's contents.

    Raises:
        SealBroken
    """
    about = msgspec.json.decode(crypto.unseal(bytes(row.sealed), label=LABEL, place=str(row.vehicle_id).encode()))
    parts = [Part(*part) for part in about["refused"]]
    text = {name: about[name] for name in ("event", "detail", "size", "cut", "sent")}
    return Kept(received_at=row.received_at, device=str(row.device), code=row.code, parts=parts, **text)


def counts_of(*, vehicle: Vehicle, owner: User, since: date) -> list[Mapping[str, Any]]:
    """Refusals by {day, code, signal, total} in this person's times with a vehicle of `known_to`.

    A day on which the vehicle changed hands is nobody's: its counts do not tell whose they are.
    """
    mine = Q(source__device__owner=owner) | Q(source__batch__owner=owner) | Q(source__kind="simulator")
    days = Q(pk__in=())
    for began, ended in own_times(vehicle=vehicle):
        time = Q(day__lt=ended.date()) if began == EVER else Q(day__gt=began.date(), day__lt=ended.date())
        days |= time if began == EVER or ended < NEVER_ENDING else time & mine
    found = RejectionCount.objects.filter(days, source__vehicle=vehicle, day__gte=since)
    return list(found.values("day", "code", "signal").annotate(total=Sum("count")).order_by("day", "code", "signal"))


def reasons(counts: Iterable[Mapping[str, Any]]) -> list[Reason]:
    """Counts by reason, the most frequent first."""
    found: dict[str, Reason] = {}
    for row in counts:
        reason = found.setdefault(row["code"], Reason(row["code"]))
        reason.total += row["total"]
        reason.last = row["day"]
        if row["signal"] and row["signal"] not in reason.names:
            reason.names.append(row["signal"])
    return sorted(found.values(), key=lambda reason: (-reason.total, reason.code))


def days(counts: Iterable[Mapping[str, Any]]) -> list[tuple[date, int]]:
    """How many were refused on each day on which any was, the newest first."""
    totals: dict[date, int] = {}
    for row in counts:
        totals[row["day"]] = totals.get(row["day"], 0) + row["total"]
    return sorted(totals.items(), reverse=True)


def indented(kept: Kept) -> str:
    """What was sent, a member a line, for people; as it is where it was cut."""
    if kept.cut:
        return kept.sent + "…"
    return msgspec.json.format(kept.sent, indent=2)
