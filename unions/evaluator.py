"""May this reading be used by this buyer, for this, now? One pure answer, with its reasons. No Django.

`allow = some grant of the member reaches the use, no denial touches it, the union's policy allows it (the one in force
and the one the member accepted), and so does the platform floor`. Default deny; deny wins; unknown words are denied; a
layer only narrows. `windows.consent_windows` says the same for millions of readings in SQL; a property test holds the
two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from unions import platform_floor
from unions.rulebook import Chain, Rules
from unions.vocabulary import covers, fine_enough, forbids, rank

ANY = "*"


@dataclass(frozen=True, slots=True)
class UseRequest:
    """What a buyer wants to do with members' data.

    `signal_classes` are askable classes of `vocabulary` ("battery.soc", "location.coarse"; never bare "location"): use
    `vocabulary.asked_location` for signals whose class is "location". `prices`: net to the driver, integer base units
    per vehicle and 30 days, by signal class; a class without an entry pays 0. `precision` "exact" means readings as
    stored, "coarse" means coarsened as the signal catalog says; it concerns rows only, and not location, whose leaf
    says how fine. `policy_number`: the version a license was sold under; the use must fit that one too, not only the
    one in force.
    """

    union_id: UUID
    buyer: UUID
    buyer_category: str
    buyer_country: str
    purpose: str
    tier: str
    signal_classes: tuple[str, ...]
    retention_days: int
    prices: Mapping[str, int] = field(default_factory=dict)
    precision: str = "exact"
    policy_number: int | None = None


class Event(Protocol):
    """A row of the consent log, as far as a decision needs it; `ConsentEvent` and plain test values both fit."""

    seq: int
    event_id: UUID
    kind: str
    ends_id: int | None
    owner_epoch: int
    signal_class: str
    tier_max: str
    precision: str
    purpose: str
    buyer_category: str
    buyer: UUID | None
    min_price: int
    retention_max_days: int | None
    countries: Sequence[str]
    data_from: datetime | None
    data_until: datetime | None
    valid_from: datetime
    valid_until: datetime | None
    policy_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Policies:
    """The union's layer: the rules in force, and for each version a grant may still rest on, it and all since."""

    in_force: Rules | None
    accepted: Mapping[int, Chain]
    sold_under: Rules | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The vehicle's side when asked: an active membership, its owner epoch, and since when its data counts."""

    active: bool
    owner_epoch: int
    data_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """`reasons` is empty when allowed; `grant` is the event that allows it (the newest, if several do)."""

    allowed: bool
    reasons: tuple[str, ...]
    grant: UUID | None = None


def decide(
    *,
    events: Sequence[Event],
    use: UseRequest,
    signal_class: str,
    measured_at: datetime,
    at: datetime,
    policies: Policies,
    standing: Standing,
    private_trip: bool = False,
) -> Decision:
    """Whether one reading of `signal_class`, measured at `measured_at`, may be used at the moment `at`.

    `events` are those of one membership, in any order; those after `at` are ignored, so that the past can be replayed.
    Reasons are codes: `platform_floor:…`, `union_policy:…`, `not_a_member`, `owner_epoch`, `private_trip`,
    `denied:<axis>`,
    `no_grant:<axis at which the nearest grant fails>`.
    """
    reasons = list(layers_against(use=use, signal_class=signal_class, policies=policies))
    if signal_class == platform_floor.EXACT and measured_at < platform_floor.exact_from(at):
        reasons.append("platform_floor:exact_age")
    if not standing.active:
        reasons.append("not_a_member")
    if standing.data_since is not None and measured_at < standing.data_since:
        reasons.append("owner_epoch")
    if private_trip:
        reasons.append("private_trip")
    live = in_force(events, at)
    for denial in (event for event in live if event.kind == "deny"):
        if _denies(denial, use, signal_class, measured_at):
            reasons.append(f"denied:{_narrowest_axis(denial)}")
    grants = [event for event in live if event.kind == "grant"]
    newest, missing = _reaching_grant(grants, use, signal_class, measured_at, policies, standing.owner_epoch)
    if newest is None:
        reasons.append(f"no_grant:{missing}")
    allowed = not reasons and newest is not None
    return Decision(allowed, tuple(dict.fromkeys(reasons)), newest.event_id if allowed and newest else None)


def layers_against(*, use: UseRequest, signal_class: str, policies: Policies) -> tuple[str, ...]:
    """Why the platform floor or the union's policy refuses this class to this use, whatever a member says."""
    reasons = [f"platform_floor:{code}" for code in platform_floor.refusals(use, signal_class)]
    if policies.in_force is None or not policies.in_force.allows(use, signal_class):
        reasons.append("union_policy:in_force")
    if use.policy_number is not None and (
        policies.sold_under is None or not policies.sold_under.allows(use, signal_class)
    ):
        reasons.append("union_policy:sold_under")
    return tuple(reasons)


def in_force(events: Sequence[Event], at: datetime) -> list[Event]:
    """Grants and denials that count at `at`: said by then, begun, not expired, and not ended by then."""
    ended = {event.ends_id for event in events if event.ends_id is not None and event.at <= at}
    return [
        event
        for event in events
        if event.kind in ("grant", "deny")
        and event.at <= at
        and event.seq not in ended
        and event.valid_from <= at
        and (event.valid_until is None or at < event.valid_until)
    ]


def _reaching_grant(
    grants: Sequence[Event],
    use: UseRequest,
    signal_class: str,
    measured_at: datetime,
    policies: Policies,
    owner_epoch: int,
) -> tuple[Event | None, str]:
    """The newest grant that reaches the use, or the axis at which the last candidates fell out."""
    candidates = list(grants)
    missing = "class"
    for axis in AXES:
        candidates = [
            grant for grant in candidates if axis.reaches(grant, use, signal_class, measured_at, policies, owner_epoch)
        ]
        missing = axis.name
        if not candidates:
            return None, missing
    return max(candidates, key=lambda grant: grant.seq), ""


@dataclass(frozen=True, slots=True)
class _Axis:
    name: str

    def reaches(
        self, grant: Event, use: UseRequest, asked: str, measured_at: datetime, policies: Policies, owner_epoch: int
    ) -> bool:
        match self.name:
            case "class":
                return covers(grant.signal_class, asked)
            case "tier":
                return 0 <= rank(use.tier) <= rank(grant.tier_max)
            case "precision":
                return fine_enough(signal_class=asked, tier=use.tier, granted=grant.precision, asked=use.precision)
            case "purpose":
                return grant.purpose in (ANY, use.purpose)
            case "buyer":
                return _reaches_buyer(grant, use)
            case "country":
                return not grant.countries or use.buyer_country in grant.countries
            case "retention":
                return grant.retention_max_days is None or use.retention_days <= grant.retention_max_days
            case "price":
                return use.prices.get(asked, 0) >= grant.min_price
            case "policy_version":
                accepted = policies.accepted.get(grant.policy_id) if grant.policy_id is not None else None
                return accepted is not None and accepted.allows(use, asked)
            case "owner_epoch":
                return grant.owner_epoch == owner_epoch
            case _:
                return within(grant.data_from, measured_at, grant.data_until)


AXES = tuple(
    _Axis(name)
    for name in (
        "class",
        "tier",
        "precision",
        "purpose",
        "buyer",
        "country",
        "retention",
        "price",
        "policy_version",
        "owner_epoch",
        "moment",
    )
)


def _reaches_buyer(grant: Event, use: UseRequest) -> bool:
    """Identity goes only to a buyer whom the member named; a buyer, if named, and the category must both fit."""
    named = grant.buyer is not None
    return (grant.buyer == use.buyer if named else use.tier != "identified") and grant.buyer_category in (
        ANY,
        use.buyer_category,
    )


def _denies(denial: Event, use: UseRequest, signal_class: str, measured_at: datetime) -> bool:
    """A denial touches a use when every axis it names does; a tier denies itself and everything above it."""
    return (
        forbids(denial.signal_class, signal_class)
        and (not denial.tier_max or rank(use.tier) >= rank(denial.tier_max))
        and denial.purpose in (ANY, use.purpose)
        and denial.buyer_category in (ANY, use.buyer_category)
        and denial.buyer in (None, use.buyer)
        and (not denial.countries or use.buyer_country in denial.countries)
        and within(denial.data_from, measured_at, denial.data_until)
    )


def _narrowest_axis(denial: Event) -> str:
    if denial.buyer is not None:
        return "buyer"
    for axis in ("buyer_category", "purpose", "signal_class"):
        if getattr(denial, axis) != ANY:
            return "class" if axis == "signal_class" else axis
    return "moment" if denial.data_from or denial.data_until else "everything"


def within(start: datetime | None, moment: datetime, end: datetime | None) -> bool:
    """Whether a moment lies in the half-open period; None is unbounded."""
    return (start is None or start <= moment) and (end is None or moment < end)
