"""An owner lets an app read, narrows it, and takes it back. Every word is kept; the newest decides the next read."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.oauth import credentials
from dimo.oauth.models import App, AppSession
from dimo.oauth.scopes import within
from dimo.users.models import User
from vehicles.app_scopes import node_of
from vehicles.models import AppGrant, AppGrantVehicle, Vehicle
from vehicles.registry import OwnerChange

LONGEST: Final = timedelta(days=366)
NOTICE: Final = (
    "You let this app read these classes of these vehicles, as finely as chosen, until the day named. It reads what "
    "was measured from now on, and what was measured before only if you say so; never your private or deleted trips. "
    "Each read is in your access log. You can narrow it or take it back at any time, and it works at once; what the "
    "app has read by then stays with the app."
)


class NothingGranted(DomainError):
    """Choose at least one vehicle and one kind of data, or say no."""

    status = 400


class GrantTooLong(DomainError):
    """A permission lasts at most a year and begins now."""

    status = 400


class GrantNotFound(DomainError):
    """You gave no such permission, or it has ended."""

    status = 404


class OnlyNarrower(DomainError):
    """Here a permission can only be narrowed; for more the app asks you again."""


@transaction.atomic
def allow_app(
    *,
    app: App,
    owner: User,
    vehicles: Iterable[Vehicle],
    scopes: Sequence[str],
    reads_from: datetime | None,
    expires_at: datetime,
    now: datetime,
) -> AppGrant:
    """Let an app read; what was said to it before ends with this.

    Raises:
        NothingGranted, GrantTooLong
        IntegrityError: a vehicle is not the owner's.
    """
    User.objects.select_for_update().get(pk=owner.pk)  # two tabs say one thing after the other
    chosen = [vehicle for vehicle in vehicles if vehicle.owner_id == owner.pk]
    wanted = sorted({scope for scope in scopes if node_of(scope) is not None})
    if not chosen or not wanted:
        raise NothingGranted
    if not now < expires_at <= now + LONGEST:
        raise GrantTooLong(field="lasts")
    end(AppGrant.objects.filter(app=app, owner=owner), AppGrant.Ended.REPLACED, now)
    grant = AppGrant.objects.create(
        app=app,
        owner=owner,
        scopes=wanted,
        reads_from=reads_from,
        granted_at=now,
        expires_at=expires_at,
        notice_sha256=hashlib.sha256(NOTICE.encode()).hexdigest(),
    )
    AppGrantVehicle.objects.bulk_create(
        AppGrantVehicle(grant=grant, vehicle=vehicle, owner_epoch=vehicle.owner_epoch) for vehicle in chosen
    )
    note(grant, "app.allowed", now)
    return grant


@transaction.atomic
def narrow_grant(
    *, owner: User, grant_id: UUID, vehicles: Iterable[Vehicle], scopes: Sequence[str], now: datetime
) -> AppGrant:
    """Let an app read less from now on, of fewer vehicles or less finely; the end stays.

    Raises:
        GrantNotFound, OnlyNarrower, NothingGranted
    """
    grant = standing(owner=owner, grant_id=grant_id)
    known = set(grant.vehicles.values_list("vehicle_id", flat=True))
    chosen = list(vehicles)
    if not {vehicle.pk for vehicle in chosen} <= known or not all(within(scope, grant.scopes) for scope in scopes):
        raise OnlyNarrower
    return allow_app(
        app=grant.app,
        owner=owner,
        vehicles=chosen,
        scopes=scopes,
        reads_from=grant.reads_from,
        expires_at=grant.expires_at,
        now=now,
    )


@transaction.atomic
def revoke_grant(*, owner: User, grant_id: UUID, now: datetime) -> App:
    """Take back all that an app may read, with every token of it: the next read is refused.

    Raises:
        GrantNotFound
    """
    grant = standing(owner=owner, grant_id=grant_id)
    end(AppGrant.objects.filter(pk=grant.pk), AppGrant.Ended.REVOKED, now)
    credentials.end_all(app=grant.app, user=owner, now=now)
    note(grant, "app.revoked", now)
    return grant.app


def standing(*, owner: User, grant_id: UUID) -> AppGrant:
    """A grant that was not ended, locked.

    Raises:
        GrantNotFound
    """
    found = AppGrant.objects.select_for_update(of=("self",)).select_related("app")
    grant = found.filter(owner=owner, pk=grant_id, revoked_at=None).first()
    if grant is None:
        raise GrantNotFound
    return grant


@transaction.atomic
def end_with_erasure(*, owner: User, vehicles: Sequence[int] | None, now: datetime) -> None:
    """End what apps read of these vehicles alone; None: all that they read for this person. Idempotent.

    A grant of other vehicles too goes on for those: what is to be erased is in nobody's reach (`in_force`).
    """
    grants = AppGrant.objects.filter(owner=owner, revoked_at=None)
    if vehicles is not None:
        others = AppGrantVehicle.objects.filter(vehicle__owner=owner).exclude(vehicle__in=vehicles)
        grants = grants.filter(vehicles__vehicle__in=vehicles).exclude(pk__in=others.values("grant")).distinct()
    for grant in grants.select_related("app"):
        end(AppGrant.objects.filter(pk=grant.pk), AppGrant.Ended.REVOKED, now)
        credentials.end_all(app=grant.app, user=owner, now=now)
        note(grant, "app.revoked", now)
    if vehicles is None:
        running = AppSession.objects.filter(user=owner, ended_at=None).values_list("pk", flat=True)
        credentials.end_sessions(sessions=running, because=AppSession.Ended.OWNER, now=now)


def forget_grants(*, owner: User) -> int:
    """Erase a person's words to apps with the person; the one way in which they go."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_app_grants(%s)", [owner.pk])
        return int(cursor.fetchone()[0])


def end_with_owner(change: OwnerChange) -> None:
    """A handed-over vehicle is in nobody's grant any more: its epoch is over. A grant of it alone ends with it."""
    of_seller = AppGrant.objects.filter(owner=change.seller, revoked_at=None, vehicles__vehicle=change.vehicle)
    others = AppGrantVehicle.objects.filter(vehicle__owner=change.seller).exclude(vehicle=change.vehicle)
    alone = of_seller.exclude(pk__in=others.values("grant"))
    for grant in alone.select_related("app"):
        end(AppGrant.objects.filter(pk=grant.pk), AppGrant.Ended.HANDED_OVER, change.now)
        credentials.end_all(app=grant.app, user=change.seller, now=change.now)


def end(grants: object, because: AppGrant.Ended, now: datetime) -> None:
    """End those of these grants that stand."""
    grants.filter(revoked_at=None).update(revoked_at=now, ended_because=because)  # type: ignore[attr-defined]


def note(grant: AppGrant, action: str, now: datetime) -> None:
    """Write down what an owner said to an app."""
    trail.record(
        actor=grant.owner,
        actor_label=grant.app.name,
        action=action,
        object_kind="app_grant",
        object_id=str(grant.pk),
        detail={"app": str(grant.app_id), "scopes": grant.scopes},
        now=now,
    )
