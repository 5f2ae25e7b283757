"""Whether an app may read, decided twice: before reading, and again in the statement that logs the read.

The entry in the owner's log is what allows the answer. It is written only if token, app, grant and owner still stand at
that moment, so that what was taken back meanwhile is not answered, and what is answered is in the log.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from dimo.audit.reads import logged
from dimo.errors import DomainError
from dimo.oauth.models import AppCredential
from dimo.oauth.scopes import COARSE, EXACT, LEVELS, level
from vehicles import app_selectors
from vehicles.app_scopes import LOCATION, askable, class_of, fineness_of, title_of
from vehicles.models import AppGrant, Vehicle
from vehicles.signals import Signal

LOG: Final = """
INSERT INTO dimo_accessentry (at, owner_id, vehicle_id, reader, reader_id, reader_name, what, scopes, since, until,
    rows, under, under_id, note)
SELECT %(now)s, g.owner_id, v.id, 'app', a.id, a.name, %(what)s, %(scopes)s, %(since)s, %(until)s,
    told.rows, 'grant', g.id, ''
FROM unnest(%(vehicles)s::int4[], %(rows)s::int4[]) told(vehicle, rows)
JOIN vehicles_appgrant g ON g.id = %(grant)s AND g.revoked_at IS NULL AND g.expires_at > %(now)s
JOIN dimo_app a ON a.id = g.app_id AND a.suspended_at IS NULL AND a.closed_at IS NULL
JOIN dimo_appsession s ON s.id = %(session)s AND s.app_id = a.id AND s.user_id = g.owner_id AND s.ended_at IS NULL
JOIN vehicles_appgrantvehicle gv ON gv.grant_id = g.id AND gv.vehicle_id = told.vehicle
JOIN vehicles_vehicle v ON v.id = gv.vehicle_id AND v.owner_id = g.owner_id AND v.owner_epoch = gv.owner_epoch
WHERE NOT EXISTS (SELECT FROM vehicles_erasedtime e WHERE e.vehicle_id = v.id AND e.epoch = v.owner_epoch)
"""


class GrantEnded(DomainError):
    """The owner took back or narrowed what this app may read while it was read, or the time is over. Ask them again."""

    status = 403


class NotGranted(DomainError):
    """The owner did not allow this app to read this; `facts.missing` names what it would take."""

    status = 403


class VehicleNotThere(DomainError):
    """There is no such vehicle that the owner lets this app read."""

    status = 404
    code = "not_found"


@dataclass(frozen=True, slots=True)
class Reach:
    """What an app may read now: some vehicles, each class no finer than both its token and its owner's grant say."""

    credential: AppCredential
    grant: AppGrant
    vehicles: tuple[Vehicle, ...]

    def level(self, name: str) -> int:
        """OFF, COARSE or EXACT for a class."""
        return min(level(self.credential.scopes, name), level(self.grant.scopes, name))

    def fineness(self, signal: Signal) -> int:
        """The same for a signal; what never leaves coarse is OFF there."""
        return fineness_of(signal, self.credential.scopes, self.grant.scopes)

    def demand(self, name: str) -> int:
        """The level of a class that is not OFF.

        Raises:
            NotGranted
        """
        if found := self.level(name):
            return found
        raise self.refusal(name)

    def refusal(self, *names: str) -> NotGranted:
        """What is missing, and whether the token or the owner lacks it."""
        held = all(level(self.grant.scopes, name) for name in names)
        return NotGranted(
            missing=" ".join(f"{name}:coarse" if name == LOCATION else name for name in names),
            lacks="token" if held else "owner",
            ask="/oauth/authorize/",
        )


def reach(*, credential: AppCredential, public_id: UUID | None, now: datetime) -> Reach:
    """What a token may read of one vehicle, or of all that its owner chose. One query.

    Raises:
        VehicleNotThere, GrantEnded
    """
    session = credential.session
    found = app_selectors.reached(app=session.app, owner=session.user, public_id=public_id, now=now)
    if not found:
        raise GrantEnded if public_id is None else VehicleNotThere
    vehicles = []
    for each in found:
        vehicle, grant = each.vehicle, each.grant
        # `measurements` keeps to these, as it does for owners of the past.
        begins = [moment for moment in (vehicle.owned_since, grant.reads_from) if moment is not None]
        vehicle.seen_since, vehicle.seen_until = max(begins, default=None), None  # type: ignore[attr-defined]
        vehicle.called = vehicle.nickname  # type: ignore[attr-defined]
        vehicles.append(vehicle)
    return Reach(credential, found[0].grant, tuple(vehicles))


def log_read(
    *,
    reach: Reach,
    what: str,
    scopes: Sequence[str],
    rows: Mapping[int, int],
    since: datetime | None = None,
    until: datetime | None = None,
    now: datetime,
) -> None:
    """Write down what is about to be answered, by vehicle; the last word on whether it may be.

    Raises:
        GrantEnded: something was taken back since `reach`; nothing is written.
        AccessNotLogged: nothing may be answered.
    """
    facts: dict[str, Any] = {
        "now": now,
        "what": what,
        "scopes": sorted(set(scopes)),
        "since": since,
        "until": until,
        "vehicles": list(rows),
        "rows": list(rows.values()),
        "grant": reach.grant.pk,
        "session": reach.credential.session_id,
    }
    with logged(), connection.cursor() as cursor:
        cursor.execute(LOG, facts)
        if cursor.rowcount != len(rows):
            raise GrantEnded


def scopes_told(pairs: Iterable[tuple[Signal, int]]) -> list[str]:
    """What was read, as scopes: `battery.soc:coarse`, `location:precise`."""
    return sorted({scope_name(class_of(signal), fineness) for signal, fineness in pairs})


def scope_name(name: str, fineness: int) -> str:
    """A class at a level as a scope."""
    if fineness == COARSE:
        return f"{name}:coarse"
    return f"{name}:precise" if name == LOCATION and fineness == EXACT else name


def granted_words(scopes: Iterable[str]) -> list[tuple[str, str, str]]:
    """Scopes for a page: (title, level as the design's word, what the level means)."""
    nodes, found = askable(), []
    for scope in scopes:
        name, _, precision = scope.partition(":")
        fineness, node = level([scope], name), nodes.get(name)
        word = precision if precision == "statistics" else LEVELS[fineness]
        found.append((title_of(name), word, node.words(fineness) if node and fineness else ""))
    return found
