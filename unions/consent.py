"""What a member allows and denies about one vehicle's data: append-only words that name the notice shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from dimo.errors import DomainError
from dimo.users.models import User
from unions import rulebook
from unions.models import ConsentEvent, Membership, PolicyVersion
from unions.notices import Notice
from unions.selectors import live_words, policy_at
from unions.vocabulary import (
    BUYER_CATEGORIES,
    PRECISIONS,
    PURPOSES,
    SELLABLE_CATEGORIES,
    SELLABLE_PURPOSES,
    SIGNAL_CLASSES,
    TIERS,
)

LONGEST = timedelta(days=365)
LONGEST_IDENTIFYING = timedelta(days=183)


class NotYourMembership(DomainError):
    """There is no such membership of yours."""

    status = 404


class NotAMember(DomainError):
    """The vehicle is not an active member of this union, so there is nothing to allow or withdraw."""


class ConsentInvalid(DomainError):
    """This cannot be allowed or denied as asked."""

    status = 422


class NotOffered(DomainError):
    """The union's policy does not ask for this, so it cannot be allowed."""

    status = 422


class AlreadyEnded(DomainError):
    """This grant or denial has already ended."""


@transaction.atomic
def grant(
    *,
    membership: Membership,
    actor: User,
    signal_class: str,
    tier_max: str,
    precision: str,
    notice: Notice,
    now: datetime,
    purpose: str = ConsentEvent.ANY,
    buyer_category: str = ConsentEvent.ANY,
    buyer: UUID | None = None,
    min_price: int = 0,
    retention_max_days: int | None = None,
    countries: Sequence[str] = (),
    include_history: bool = False,
    valid_until: datetime | None = None,
) -> ConsentEvent:
    """Allow a class up to a tier and precision, under the policy in force, for data measured from `now` on.

    `*` as purpose or buyer category means what that policy version allows today; a later widening adds nothing to it.
    `include_history` covers data measured before as well. `min_price`: base units, net to the driver, per vehicle and
    30 days. Ends after 12 months, exact positions and identity after 6, or at `valid_until` if sooner.

    Raises:
        NotYourMembership, NotAMember, ConsentInvalid, NotOffered
    """
    membership = locked(membership=membership, actor=actor, active=True)
    _check_words(signal_class=signal_class, purpose=purpose, buyer_category=buyer_category, denial=False)
    _check_grant(tier_max=tier_max, precision=precision, min_price=min_price, buyer=buyer)
    policy = _asking_policy(membership, signal_class=signal_class, tier=tier_max, precision=precision, now=now)
    return say(
        membership=membership,
        kind=ConsentEvent.Kind.GRANT,
        notice=notice,
        now=now,
        signal_class=signal_class,
        tier_max=tier_max,
        precision=precision,
        purpose=purpose,
        buyer_category=buyer_category,
        buyer=buyer,
        min_price=min_price,
        retention_max_days=retention_max_days,
        countries=sorted(countries),
        data_from=None if include_history else now,
        valid_until=_end_of_grant(signal_class=signal_class, tier_max=tier_max, valid_until=valid_until, now=now),
        policy=policy,
    )


@transaction.atomic
def deny(
    *,
    membership: Membership,
    actor: User,
    notice: Notice,
    now: datetime,
    signal_class: str = ConsentEvent.ANY,
    purpose: str = ConsentEvent.ANY,
    buyer_category: str = ConsentEvent.ANY,
    buyer: UUID | None = None,
    data_from: datetime | None = None,
    data_until: datetime | None = None,
    valid_until: datetime | None = None,
    method: str = "click",
) -> ConsentEvent:
    """Deny what every named axis has in common; it wins over any grant until it is withdrawn or `valid_until` passes.

    Raises:
        NotYourMembership, ConsentInvalid
    """
    membership = locked(membership=membership, actor=actor, active=False)
    _check_words(signal_class=signal_class, purpose=purpose, buyer_category=buyer_category, denial=True)
    if data_from and data_until and data_until <= data_from:
        raise ConsentInvalid("The period ends before it begins.", field="data_until")
    return say(
        membership=membership,
        kind=ConsentEvent.Kind.DENY,
        notice=notice,
        now=now,
        signal_class=signal_class,
        purpose=purpose,
        buyer_category=buyer_category,
        buyer=buyer,
        data_from=data_from,
        data_until=data_until,
        valid_until=valid_until,
        method=method,
    )


@transaction.atomic
def withdraw(*, event: ConsentEvent, actor: User, notice: Notice, now: datetime) -> ConsentEvent:
    """End a grant or a denial from `now` on; withdrawing again returns the first withdrawal.

    Raises:
        NotYourMembership, AlreadyEnded: it was replaced or made void before.
    """
    membership = locked(membership=event.membership, actor=actor, active=False)
    earlier = ConsentEvent.objects.filter(ends=event).first()
    if earlier is not None:
        if earlier.kind == ConsentEvent.Kind.WITHDRAW:
            return earlier
        raise AlreadyEnded
    return end(membership=membership, event=event, kind=ConsentEvent.Kind.WITHDRAW, notice=notice, now=now)


def withdraw_everything(*, membership: Membership, kind: str, notice: Notice, now: datetime) -> list[ConsentEvent]:
    """End every live grant of a membership whose row the caller holds locked; denials stay."""
    return [
        end(membership=membership, event=event, kind=kind, notice=notice, now=now)
        for event in live_words(membership=membership, now=now)
        if event.kind == ConsentEvent.Kind.GRANT
    ]


def locked(*, membership: Membership, actor: User, active: bool) -> Membership:
    """The membership's row under a lock, so that two words about it are said one after the other.

    Raises:
        NotYourMembership, NotAMember
    """
    row = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("union", "vehicle")
        .filter(pk=membership.pk, member=actor)
        .first()
    )
    if row is None:
        raise NotYourMembership
    current = row.vehicle.owner_id == row.member_id and row.vehicle.owner_epoch == row.owner_epoch
    if active and not (row.state == Membership.State.ACTIVE and current):
        raise NotAMember
    return row


def end(*, membership: Membership, event: ConsentEvent, kind: str, notice: Notice, now: datetime) -> ConsentEvent:
    """Append the end of an event to a locked membership's words; the database refuses a second end."""
    return say(
        membership=membership,
        kind=kind,
        notice=notice,
        now=now,
        ends=event,
        signal_class=event.signal_class,
        policy=event.policy,
    )


def say(
    *, membership: Membership, kind: str, notice: Notice, now: datetime, method: str = "click", **axes: object
) -> ConsentEvent:
    """Append one word to a locked membership and raise its revision, so that caches of it are stale at once."""
    Membership.objects.filter(pk=membership.pk).update(consent_revision=F("consent_revision") + 1)
    return ConsentEvent.objects.create(
        kind=kind,
        union_id=membership.union_id,
        membership_id=membership.pk,
        vehicle_id=membership.vehicle_id,
        member_id=membership.member_id,
        owner_epoch=membership.owner_epoch,
        valid_from=now,
        notice_id=notice.notice_id,
        notice_sha256=notice.sha256,
        locale=notice.locale,
        screen_id=notice.screen_id,
        method=method,
        at=now,
        **axes,
    )


def _asking_policy(
    membership: Membership, *, signal_class: str, tier: str, precision: str, now: datetime
) -> PolicyVersion:
    """The policy in force, if it asks for this at all."""
    policy = policy_at(union=membership.union, now=now)
    if policy is None or not rulebook.offers(
        rulebook.parse(policy.rules), signal_class=signal_class, tier=tier, precision=precision
    ):
        raise NotOffered(field="signal_class")
    return policy


def _end_of_grant(*, signal_class: str, tier_max: str, valid_until: datetime | None, now: datetime) -> datetime:
    longest = LONGEST_IDENTIFYING if tier_max == "identified" or signal_class == "location.precise" else LONGEST
    ends = min(valid_until or now + longest, now + longest)
    if ends <= now:
        raise ConsentInvalid("A grant ends after it begins.", field="valid_until")
    return ends


def _check_words(*, signal_class: str, purpose: str, buyer_category: str, denial: bool) -> None:
    """A grant names a known class and what may be sold at all; a denial may also name everything."""
    purposes, categories = (PURPOSES, BUYER_CATEGORIES) if denial else (SELLABLE_PURPOSES, SELLABLE_CATEGORIES)
    checks = (
        ("signal_class", signal_class in SIGNAL_CLASSES or (denial and signal_class == "*"), signal_class),
        ("purpose", purpose == "*" or purpose in purposes, purpose),
        ("buyer_category", buyer_category == "*" or buyer_category in categories, buyer_category),
    )
    for field, sound, value in checks:
        if not sound:
            raise ConsentInvalid(f"{value!r} cannot be used here.", field=field)


def _check_grant(*, tier_max: str, precision: str, min_price: int, buyer: UUID | None) -> None:
    checks = (
        ("tier_max", tier_max in TIERS, f"{tier_max!r} is not a tier."),
        ("precision", precision in PRECISIONS, f"{precision!r} is not a precision."),
        ("min_price", min_price >= 0, "A smallest price is not negative."),
        ("buyer", tier_max != "identified" or buyer is not None, "Identity is given to one named buyer only."),
    )
    for field, sound, reason in checks:
        if not sound:
            raise ConsentInvalid(reason, field=field)
