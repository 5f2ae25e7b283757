"""Pausing everything for a day: a denial of all use while it lasts, and for good of what is measured meanwhile."""

from datetime import datetime, timedelta

from django.db import transaction

from dimo.users.models import User
from unions import consent
from unions.models import ConsentEvent, Membership
from unions.notices import Notice
from unions.selectors import words_in_force

LENGTH = timedelta(hours=24)
METHOD = "pause"  # marks both denials of a running pause
KEPT = "pause_kept"  # marks what stays out of datasets after a pause that was ended early


@transaction.atomic
def pause_all(*, member: User, notice: Notice, now: datetime) -> list[ConsentEvent]:
    """Pause every vehicle of a person in every union for 24 hours; pausing while paused changes nothing."""
    said = []
    for membership in _locked_memberships(member):
        if _running(member, now).filter(membership=membership).exists():
            continue
        until = now + LENGTH
        said.append(
            consent.deny(membership=membership, actor=member, notice=notice, now=now, valid_until=until, method=METHOD)
        )
        said.append(
            consent.deny(
                membership=membership,
                actor=member,
                notice=notice,
                now=now,
                data_from=now,
                data_until=until,
                method=METHOD,
            )
        )
    return said


@transaction.atomic
def resume(*, member: User, notice: Notice, now: datetime) -> list[ConsentEvent]:
    """End a running pause now. What was measured while it lasted stays out of every dataset."""
    said = []
    for membership in _locked_memberships(member):
        if not _running(member, now).filter(membership=membership).exists():
            continue
        for event in words_in_force(now=now).filter(membership=membership, method=METHOD):
            if event.data_until is not None and event.data_until <= now:
                continue  # an earlier pause that ran its length
            said.append(consent.withdraw(event=event, actor=member, notice=notice, now=now))
            if event.data_from is not None and event.data_from < now:
                said.append(
                    consent.deny(
                        membership=membership,
                        actor=member,
                        notice=notice,
                        now=now,
                        data_from=event.data_from,
                        data_until=now,
                        method=KEPT,
                    )
                )
    return said


def paused_until(*, member: User, now: datetime) -> datetime | None:
    """When a person's running pause ends by itself; None when nothing is paused."""
    ends: datetime | None = _running(member, now).order_by("-valid_until").values_list("valid_until", flat=True).first()
    return ends


def _running(member: User, now: datetime):  # type: ignore[no-untyped-def]
    return words_in_force(now=now).filter(
        member=member, kind=ConsentEvent.Kind.DENY, method=METHOD, valid_until__isnull=False
    )


def _locked_memberships(member: User) -> list[Membership]:
    """In the order of their ids, so that two pauses at once cannot wait for each other."""
    states = [Membership.State.TRIAL, Membership.State.ACTIVE]
    return list(Membership.objects.select_for_update().filter(member=member, state__in=states).order_by("pk"))
