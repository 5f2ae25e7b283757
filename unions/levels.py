"""The matrix: one word (Off, Statistics, Coarse, Exact) per union, vehicle and kind of data, turned into grants."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from dimo.errors import DomainError
from dimo.users.models import User
from unions import consent, rulebook
from unions.models import ConsentEvent, Membership, PolicyVersion, Union
from unions.notices import Notice
from unions.selectors import last_endings, live_words, membership_of, policy_history
from unions.vocabulary import LEVELS, LOCATION_LEAVES, PRECISIONS, Level, level_of, matrix_classes, rank, shade
from vehicles.models import Vehicle

UNDO_FOR = timedelta(minutes=10)
CARRIED = (
    "signal_class",
    "tier_max",
    "precision",
    "purpose",
    "buyer_category",
    "buyer",
    "min_price",
    "retention_max_days",
    "countries",
    "data_from",
    "data_until",
    "valid_until",
    "policy",
)


class UnknownLevel(DomainError):
    """There is no such level or kind of data."""

    status = 422


class NothingToUndo(DomainError):
    """There is nothing to take back here: ten minutes have passed, or the cell was changed since."""


class LevelNotOffered(DomainError):
    """The union does not ask for this kind of data so precisely."""

    status = 422


@transaction.atomic
def set_level(
    *,
    union: Union,
    vehicle: Vehicle,
    signal_class: str,
    level: str,
    actor: User,
    notice: Notice,
    now: datetime,
    include_history: bool = False,
    min_price: int = 0,
    purposes: Sequence[str] = (ConsentEvent.ANY,),
    buyer_categories: Sequence[str] = (ConsentEvent.ANY,),
) -> list[ConsentEvent]:
    """Set one cell of the matrix; returns the words said, none when the cell already stands so.

    Off withdraws. Lowering replaces each grant by itself at the lower level and changes nothing else of it. Raising
    grants the new level under the policy in force for data measured from `now` on, and keeps what was allowed before
    for data measured before; `include_history` takes the new level for that too. Without `purposes` and
    `buyer_categories`: everything that today's policy allows.

    Raises:
        UnknownLevel, LevelNotOffered, NotYourMembership, NotAMember
    """
    if signal_class not in matrix_classes(vehicle.kind) or level not in LEVELS:
        raise UnknownLevel(field="level" if signal_class in matrix_classes(vehicle.kind) else "signal_class")
    wanted: Level = level  # type: ignore[assignment]
    found = membership_of(union=union, vehicle_id=vehicle.pk, member=actor)
    if found is None:
        raise consent.NotYourMembership
    membership = consent.locked(membership=found, actor=actor, active=True)
    held = grants_of(live_words(membership=membership, now=now), signal_class)
    versions = policy_history(unions=[union], now=now)[union.pk]
    current = forward_level(held, versions, signal_class)
    if wanted == current and not include_history:
        return []
    if wanted == "off":
        kind = ConsentEvent.Kind.WITHDRAW
        return [consent.end(membership=membership, event=event, kind=kind, notice=notice, now=now) for event in held]
    if LEVELS.index(wanted) < LEVELS.index(current):
        return _lower(membership=membership, held=held, level=wanted, notice=notice, now=now)
    _check_offered(versions, signal_class, wanted)
    said = _keep_past(membership=membership, held=held, level=wanted, notice=notice, now=now, drop=include_history)
    scope = [(purpose, category) for purpose in purposes for category in buyer_categories]
    return said + _allow(membership, wanted, signal_class, scope, min_price, include_history, notice, now)


def _allow(
    membership: Membership,
    level: Level,
    signal_class: str,
    scope: Iterable[tuple[str, str]],
    min_price: int,
    include_history: bool,
    notice: Notice,
    now: datetime,
) -> list[ConsentEvent]:
    target = shade(signal_class, level)
    if target is None:
        raise UnknownLevel(field="level")
    return [
        consent.grant(
            membership=membership,
            actor=membership.member,
            signal_class=target.signal_class,
            tier_max=target.tier,
            precision=target.precision,
            purpose=purpose,
            buyer_category=category,
            min_price=min_price,
            include_history=include_history,
            notice=notice,
            now=now,
        )
        for purpose, category in scope
    ]


@transaction.atomic
def undo(
    *, union: Union, vehicle: Vehicle, signal_class: str, actor: User, notice: Notice, now: datetime
) -> list[ConsentEvent]:
    """Take back the last change of a cell: what it ended is said again, its past included, within ten minutes.

    Raises:
        NotYourMembership, NotAMember, NothingToUndo: too late, or the cell was changed since.
    """
    found = membership_of(union=union, vehicle_id=vehicle.pk, member=actor)
    if found is None:
        raise consent.NotYourMembership
    membership = consent.locked(membership=found, actor=actor, active=True)
    endings = last_endings(membership=membership, signal_class=signal_class, since=now - UNDO_FOR)
    if not endings:
        raise NothingToUndo
    held = grants_of(live_words(membership=membership, now=now), signal_class)
    if any(event.at > endings[0].at for event in held):
        raise NothingToUndo
    kind = ConsentEvent.Kind.SUPERSEDE
    said = [
        consent.end(membership=membership, event=event, kind=kind, notice=notice, now=now)
        for event in held
        if event.at == endings[0].at
    ]
    ended = [ending.ends for ending in endings if ending.ends is not None]
    return said + [_again(membership=membership, event=event, notice=notice, now=now) for event in ended]


def grants_of(words: Iterable[ConsentEvent], signal_class: str) -> list[ConsentEvent]:
    """The grants among live words that concern one row of the matrix."""
    return [
        word
        for word in words
        if word.kind == ConsentEvent.Kind.GRANT
        and (word.signal_class == signal_class or word.signal_class.startswith(f"{signal_class}."))
    ]


def forward_level(grants: Iterable[ConsentEvent], versions: Sequence[PolicyVersion], signal_class: str) -> Level:
    """The level at which data measured from now on may be used: the highest that a grant and every version since allow.

    `versions`: those that have taken effect, oldest first. A grant under a version no longer accepted counts as Off.
    """
    oldest = versions[-1].min_accepted if versions else 0
    levels: list[Level] = ["off"]
    for grant in grants:
        if grant.data_until is None and grant.policy is not None and grant.policy.number >= oldest:
            since = [version for version in versions if version.number >= grant.policy.number]
            levels.append(_surviving(_level(grant), since, signal_class))
    return max(levels, key=LEVELS.index)


def _surviving(level: Level, versions: Sequence[PolicyVersion], signal_class: str) -> Level:
    common = set(LEVELS).intersection(
        *(offered_levels(rulebook.parse(version.rules), signal_class) for version in versions)
    )
    return max((item for item in LEVELS[: LEVELS.index(level) + 1] if item in common), key=LEVELS.index)


def offered_levels(rules: rulebook.Rules, signal_class: str) -> list[Level]:
    """The levels that a policy lets members choose for a row of the matrix, Off first."""
    return ["off", *(level for level in LEVELS[1:] if _offered(rules, signal_class, level))]


def _offered(rules: rulebook.Rules, signal_class: str, level: Level) -> bool:
    target = shade(signal_class, level)
    return target is not None and rulebook.offers(
        rules, signal_class=target.signal_class, tier=target.tier, precision=target.precision
    )


def _check_offered(versions: Sequence[PolicyVersion], signal_class: str, level: Level) -> None:
    if not versions or not _offered(rulebook.parse(versions[-1].rules), signal_class, level):
        raise LevelNotOffered(field="level")


def _lower(
    *, membership: Membership, held: list[ConsentEvent], level: Level, notice: Notice, now: datetime
) -> list[ConsentEvent]:
    said = []
    for event in held:
        if LEVELS.index(_level(event)) > LEVELS.index(level):
            said += _replace(membership=membership, event=event, level=level, notice=notice, now=now)
    return said


def _keep_past(
    *, membership: Membership, held: list[ConsentEvent], level: Level, notice: Notice, now: datetime, drop: bool
) -> list[ConsentEvent]:
    """Close what was allowed at `now`, so that the new grant alone speaks for what is measured from then on."""
    said = []
    for event in held:
        begun = event.data_from is None or event.data_from < now
        if event.data_until is not None and event.data_until <= now and not drop:
            continue
        if drop or not begun:
            kind = ConsentEvent.Kind.SUPERSEDE
            said.append(consent.end(membership=membership, event=event, kind=kind, notice=notice, now=now))
        else:
            said += _replace(membership=membership, event=event, level=level, notice=notice, now=now, data_until=now)
    return said


def _replace(
    *,
    membership: Membership,
    event: ConsentEvent,
    level: Level,
    notice: Notice,
    now: datetime,
    data_until: datetime | None = None,
) -> list[ConsentEvent]:
    """End a grant and say it again at no more than `level`; nothing else of it changes, its end date included."""
    kind = ConsentEvent.Kind.SUPERSEDE
    ended = consent.end(membership=membership, event=event, kind=kind, notice=notice, now=now)
    signal_class, tier, precision = _at_most(event, level)
    changed = {
        "signal_class": signal_class,
        "tier_max": tier,
        "precision": precision,
        "data_until": data_until or event.data_until,
    }
    return [ended, _again(membership=membership, event=event, notice=notice, now=now, **changed)]


def _again(
    *, membership: Membership, event: ConsentEvent, notice: Notice, now: datetime, **changed: object
) -> ConsentEvent:
    """Say a grant again as it was, but for what is `changed`."""
    axes = {name: getattr(event, name) for name in CARRIED}
    return consent.say(
        membership=membership, kind=ConsentEvent.Kind.GRANT, notice=notice, now=now, **{**axes, **changed}
    )


def _at_most(event: ConsentEvent, level: Level) -> tuple[str, str, str]:
    """A grant's class, tier and precision, cut to a level."""
    located = event.signal_class.split(".")[0] == "location"
    target = shade("location" if located else event.signal_class, level)
    if target is None:
        raise UnknownLevel(field="level")
    leaf = event.signal_class
    if leaf in LOCATION_LEAVES:
        leaf = min(leaf, target.signal_class, key=LOCATION_LEAVES.index)
    elif located:
        leaf = target.signal_class
    return (
        leaf,
        min(event.tier_max, target.tier, key=rank),
        min(event.precision, target.precision, key=PRECISIONS.index),
    )


def _level(event: ConsentEvent) -> Level:
    return level_of(signal_class=event.signal_class, tier=event.tier_max, precision=event.precision)
