"""Each axis of a grant or denial, alone: the use that fits passes, the use that does not is refused by both readers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.unions.factories import DAY, NOW, member, shown, union, use
from unions import consent
from unions.evaluator import Standing, decide
from unions.models import ConsentEvent, Membership
from unions.selectors import policies_for
from unions.windows import consent_windows

pytestmark = pytest.mark.django_db
ME, OTHER = UUID(int=7), UUID(int=8)
ANY_TIER = {
    "allow": [
        {
            "signal_class": "battery",
            "tier_max": "identified",
            "purposes": ["research_np", "marketing"],
            "buyer_categories": ["academic", "energy"],
        }
    ],
    "k": 5,
    "retention_days": 365,
}
GRANTS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"signal_class": "battery.soc"}, {}, {"signal_classes": ("battery.soh",)}),
    ({"tier_max": "aggregate"}, {"tier": "aggregate"}, {"tier": "pseudonymous_rows"}),
    ({"precision": "coarse"}, {"precision": "coarse"}, {"precision": "exact"}),
    ({"purpose": "marketing"}, {"purpose": "marketing"}, {"purpose": "research_np"}),
    ({"buyer_category": "energy"}, {"buyer_category": "energy"}, {"buyer_category": "academic"}),
    ({"buyer": OTHER}, {"buyer": OTHER}, {"buyer": ME}),
    ({"tier_max": "identified", "buyer": ME}, {"tier": "identified"}, {"tier": "identified", "buyer": OTHER}),
    ({"countries": ["DE"]}, {"buyer_country": "DE"}, {"buyer_country": "FI"}),
    ({"retention_max_days": 30}, {"retention_days": 30}, {"retention_days": 31}),
    ({"min_price": 9}, {"prices": {"battery.soc": 9}}, {"prices": {"battery.soc": 8}}),
]
DENIALS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"signal_class": "battery.soh"}, {}, {"signal_classes": ("battery.soh",)}),
    ({"purpose": "marketing"}, {"purpose": "research_np"}, {"purpose": "marketing"}),
    ({"buyer_category": "energy"}, {"buyer_category": "academic"}, {"buyer_category": "energy"}),
    ({"buyer": OTHER}, {"buyer": ME}, {"buyer": OTHER}),
    ({"tier_max": "pseudonymous_rows"}, {"tier": "aggregate"}, {"tier": "pseudonymous_rows"}),
    ({"countries": ["DE"]}, {"buyer_country": "FI"}, {"buyer_country": "DE"}),
]


def say(row: Membership, kind: str, **axes: Any) -> ConsentEvent:
    """A word that fits everything but for the axes named."""
    grant = {"tier_max": "pseudonymous_rows", "precision": "exact", "signal_class": "battery"}
    base = {**grant, "valid_until": NOW + 90 * DAY} if kind == "grant" else {}
    values = {**base, "policy": row.union.policies.get(), **axes}
    return consent.say(membership=row, kind=kind, notice=shown(), now=NOW, **values)


def allowed(row: Membership, **fields: Any) -> bool:
    """Both readers' answer about one reading; they must agree."""
    asked = use(row.union, *fields.pop("signal_classes", ("battery.soc",)), **fields)
    now = NOW + DAY
    windows = consent_windows(union=row.union, use=asked, now=now)
    decision = decide(
        events=list(ConsentEvent.objects.filter(membership=row)),
        use=asked,
        signal_class=asked.signal_classes[0],
        measured_at=now,
        at=now,
        policies=policies_for(union=row.union, use=asked, now=now),
        standing=Standing(True, row.owner_epoch),
    )
    assert bool(windows) == decision.allowed, decision
    assert decision.allowed == (not decision.reasons)
    return decision.allowed


@pytest.mark.parametrize(("axis", "fits", "misses"), GRANTS)
def test_a_grant_reaches_what_its_axis_names_and_nothing_else(axis, fits, misses):
    row = member(union(rules=ANY_TIER))
    say(row, "grant", **axis)
    assert allowed(row, **fits)
    assert not allowed(row, **misses)


@pytest.mark.parametrize(("axis", "spared", "hit"), DENIALS)
def test_a_denial_takes_what_its_axis_names_and_nothing_else(axis, spared, hit):
    row = member(union(rules=ANY_TIER))
    say(row, "grant")
    say(row, "deny", **axis)
    assert allowed(row, **spared)
    assert not allowed(row, **hit)


def test_identity_is_never_given_to_a_category():
    row = member(union(rules=ANY_TIER))
    say(row, "grant", tier_max="identified")
    assert not allowed(row, tier="identified")


@pytest.mark.parametrize("late", ["at", "valid_from"])
def test_a_word_said_or_beginning_later_does_not_count_yet(late):
    row = member(union(rules=ANY_TIER))
    event = say(row, "grant")
    later = ConsentEvent(**{field.attname: getattr(event, field.attname) for field in ConsentEvent._meta.fields[2:]})
    consent.end(membership=row, event=event, kind="withdraw", notice=shown(), now=NOW)
    setattr(later, late, NOW + DAY + timedelta(seconds=1))
    later.save(force_insert=True)
    assert not allowed(row)


@pytest.mark.parametrize(
    "broken",
    [
        {"purpose": "law_enforcement"},
        {"purpose": "unheard_of"},
        {"buyer_category": "broker"},
        {"buyer_category": "unheard_of"},
        {"tier": "unheard_of"},
        {"precision": "unheard_of"},
        {"signal_classes": ("unheard.of",)},
        {"retention_days": 0},
        {"retention_days": 366},
        {"policy_number": 9},
    ],
)
def test_unknown_words_and_what_the_floor_or_the_union_forbids_are_denied(broken):
    row = member(union(rules=ANY_TIER))
    say(row, "grant")
    assert allowed(row)
    assert not allowed(row, **broken)
