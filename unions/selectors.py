"""Reads of unions, members and consent. Whatever touches a tenant's rows names its union or its member."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from dimo import tenancy
from dimo.users.models import User
from unions import rulebook
from unions.evaluator import Policies, UseRequest
from unions.models import ConsentEvent, Membership, PolicyVersion, Seat, Terms, Union
from vehicles.models import ErasedTime

SHOWN_FROM = 5  # below it, a count of members would tell who they are


def open_unions() -> QuerySet[Union]:
    """Unions that anybody may see, by name."""
    return Union.objects.filter(state=Union.State.OPEN).order_by("name")


def seated_unions(*, user: User | AnonymousUser) -> QuerySet[Union]:
    """Unions in which a person has a running seat, drafts included."""
    if isinstance(user, AnonymousUser):
        return Union.objects.none()
    seats = Seat.objects.filter(union=OuterRef("pk"), user=user, until=None)
    return Union.objects.filter(Exists(seats)).order_by("name")


def visible_union(*, slug: str, user: User | AnonymousUser) -> Union | None:
    """The union at an address: an open one for everybody, any for its own stewards."""
    union = Union.objects.filter(slug=slug).first()
    if union is None or union.state != Union.State.DRAFT:
        return union
    return union if seated_unions(user=user).filter(pk=union.pk).exists() else None


def policy_at(*, union: Union, now: datetime) -> PolicyVersion | None:
    """The version in force: the newest that has taken effect."""
    return PolicyVersion.objects.filter(union=union, effective_at__lte=now).order_by("-number").first()


def terms_at(*, union: Union, now: datetime) -> Terms | None:
    """The price list in force: the newest that has taken effect."""
    return Terms.objects.filter(union=union, effective_at__lte=now).order_by("-number").first()


def policy_history(*, unions: Iterable[Union], now: datetime) -> dict[UUID, list[PolicyVersion]]:
    """Every version that has taken effect, oldest first, by union; the last is the one in force."""
    found: dict[UUID, list[PolicyVersion]] = {union.pk: [] for union in unions}
    for version in PolicyVersion.objects.filter(union__in=found, effective_at__lte=now).order_by("number"):
        found[version.union_id].append(version)
    return found


def policies_for(*, union: Union, use: UseRequest, now: datetime) -> Policies:
    """The union's layer at `now`: rules in force, of every version still accepted, and of the one sold under."""
    versions = policy_history(unions=[union], now=now)[union.pk]
    if not versions:
        return Policies(None, {})
    parsed = [rulebook.parse(version.rules) for version in versions]
    sold = next(
        (rules for rules, version in zip(parsed, versions, strict=True) if version.number == use.policy_number), None
    )
    accepted = {
        version.pk: rulebook.Chain(tuple(parsed[place:]))
        for place, version in enumerate(versions)
        if version.number >= versions[-1].min_accepted
    }
    return Policies(parsed[-1], accepted, sold)


def words_in_force(*, now: datetime) -> QuerySet[ConsentEvent]:
    """Grants and denials said by `now`, begun, not expired and not ended; callers narrow to a union or a member."""
    ended = ConsentEvent.objects.filter(ends=OuterRef("pk"), at__lte=now)
    return ConsentEvent.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=now),
        ~Exists(ended),
        kind__in=[ConsentEvent.Kind.GRANT, ConsentEvent.Kind.DENY],
        at__lte=now,
        valid_from__lte=now,
    )


def live_words(*, membership: Membership, now: datetime) -> QuerySet[ConsentEvent]:
    """Grants and denials of one membership that count at `now`, in the order they were said."""
    return (
        words_in_force(now=now)
        .filter(union_id=membership.union_id, membership=membership)
        .select_related("policy")
        .order_by("seq")
    )


def last_endings(*, membership: Membership, signal_class: str, since: datetime) -> list[ConsentEvent]:
    """The endings of grants of one row of the matrix that were said last, together, if not before `since`."""
    said = (
        ConsentEvent.objects.filter(
            Q(signal_class=signal_class) | Q(signal_class__startswith=f"{signal_class}."),
            union_id=membership.union_id,
            membership=membership,
            kind__in=[ConsentEvent.Kind.WITHDRAW, ConsentEvent.Kind.SUPERSEDE],
            at__gte=since,
        )
        .select_related("ends__policy")
        .order_by("-seq")
    )
    return [ending for ending in said if ending.at == said[0].at]


def current_memberships(*, member: User) -> QuerySet[Membership]:
    """A person's memberships that have not ended, of vehicles that are still theirs."""
    return (
        Membership.objects.filter(
            member=member,
            state__in=[Membership.State.REQUESTED, Membership.State.TRIAL, Membership.State.ACTIVE],
            vehicle__owner=member,
            vehicle__owner_epoch=F("owner_epoch"),
        )
        .select_related("union", "vehicle")
        .order_by("union__name", "vehicle_id")
    )


def membership_of(*, union: Union, vehicle_id: int, member: User) -> Membership | None:
    """A person's current membership of one vehicle in a union."""
    return current_memberships(member=member).filter(union=union, vehicle_id=vehicle_id).first()


def members(*, union: Union, states: Sequence[str]) -> QuerySet[Membership]:
    """A union's memberships for its stewards: by pseudonym and state, never by name."""
    return (
        Membership.objects.filter(union=union, state__in=states).select_related("vehicle").order_by("joined_at", "pk")
    )


def vehicle_counts(*, unions: Iterable[Union]) -> dict[UUID, int | None]:
    """Active vehicles per union; None while they are fewer than may be shown."""
    ids = [union.pk for union in unions]
    rows = (
        Membership.objects.filter(union__in=ids, state=Membership.State.ACTIVE).values("union").annotate(n=Count("pk"))
    )
    with tenancy.unions(*ids):
        counted = {row["union"]: row["n"] for row in rows}
    return {pk: n if (n := counted.get(pk, 0)) >= SHOWN_FROM else None for pk in ids}


def consent_history(*, member: User) -> QuerySet[ConsentEvent]:
    """Everything a person said about their vehicles, newest first."""
    return (
        ConsentEvent.objects.filter(member=member)
        .select_related("union", "vehicle", "policy", "ended_by")
        .order_by("-seq")
    )


def leaving_memberships() -> set[UUID]:
    """Memberships whose time is being erased: nothing of them is licensed, whatever was allowed."""
    marked = ErasedTime.objects.filter(vehicle_id=OuterRef("vehicle"), epoch=OuterRef("owner_epoch"))
    return set(Membership.objects.filter(Exists(marked)).values_list("pk", flat=True))
