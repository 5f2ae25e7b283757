"""The set-based reader and the one-reading evaluator agree on every moment of random histories."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unions.factories import EVERYTHING, NOW, member, shown, union, use
from unions import consent, policy
from unions.evaluator import Standing, decide, within
from unions.models import ConsentEvent, Membership, PolicyVersion, Union
from unions.platform_floor import exact_from
from unions.selectors import policies_for
from unions.vocabulary import BUYER_CATEGORIES, PURPOSES, SIGNAL_CLASSES, TIERS
from unions.windows import consent_windows
from vehicles.models import Source, Trip

pytestmark = pytest.mark.django_db
BUYERS = [UUID(int=7), UUID(int=8)]
HOURS = list(range(-6, 19, 3))
CLASSES = [
    "battery",
    "battery.soc",
    "location",
    "location.region",
    "location.coarse",
    "location.precise",
    "energy",
    "cabin",
]

hours = st.sampled_from(HOURS)

# A word or a use that fits, changed in a few axes: one chosen at random throughout would hardly ever fit.
FITTING_WORD: dict[str, Any] = {
    "kind": "grant",
    "at": 0,
    "begins_after": 0,
    "lasts": 40,
    "data_from": None,
    "data_hours": None,
    "signal_class": "battery",
    "tier_max": "pseudonymous_rows",
    "precision": "exact",
    "purpose": "*",
    "buyer_category": "*",
    "buyer": None,
    "min_price": 0,
    "retention_max_days": None,
    "countries": [],
    "epoch": 1,
    "version": 2,
    "ended_after": None,
    "ending": "withdraw",
}
OTHER_WORDS: dict[str, list[Any]] = {
    "kind": ["deny"],
    "at": HOURS,
    "begins_after": [2],
    "lasts": [2, 9],
    "data_from": HOURS,
    "data_hours": [3, 6],
    "signal_class": [*CLASSES, "*", "unheard.of"],
    "tier_max": [*TIERS, "unheard_of"],
    "precision": ["coarse"],
    "purpose": ["research_np", "marketing", "unheard_of"],
    "buyer_category": ["academic", "energy"],
    "buyer": BUYERS,
    "min_price": [100, 200],
    "retention_max_days": [30],
    "countries": [["FI"], ["DE", "US"]],
    "epoch": [2],
    "version": [0, 1],
    "ended_after": [1, 5],
    "ending": ["supersede", "invalidate"],
}
FITTING_USE: dict[str, Any] = {
    "tier": "pseudonymous_rows",
    "precision": "exact",
    "purpose": "research_np",
    "buyer_category": "academic",
    "buyer": BUYERS[0],
    "buyer_country": "FI",
    "retention_days": 90,
    "policy_number": None,
}
OTHER_USES: dict[str, list[Any]] = {
    "tier": [*TIERS, "unheard_of"],
    "precision": ["coarse"],
    "purpose": ["marketing", "law_enforcement", "unheard_of"],
    "buyer_category": ["energy", "broker"],
    "buyer": BUYERS,
    "buyer_country": ["DE"],
    "retention_days": [20, 400],
    "policy_number": [1, 2, 3],
}


@st.composite
def changed(draw: st.DrawFn, fitting: dict[str, Any], others: dict[str, list[Any]], most: int) -> dict[str, Any]:
    axes = draw(st.lists(st.sampled_from(sorted(others)), max_size=most, unique=True))
    return {**fitting, **{axis: draw(st.sampled_from(others[axis])) for axis in axes}}


words = changed(FITTING_WORD, OTHER_WORDS, 4)
uses = changed(FITTING_USE, OTHER_USES, 2)


def hour(value: int | None) -> datetime | None:
    return None if value is None else NOW + timedelta(hours=value)


def write(row: Membership, versions: Sequence[PolicyVersion], word: dict[str, Any]) -> None:
    """Append a random word as it is, past every check of the rules: the readers must cope with any log."""
    at = hour(word["at"])
    assert at is not None
    start = hour(word["data_from"])
    grant = word["kind"] == "grant"
    event = ConsentEvent.objects.create(
        kind=word["kind"],
        union=row.union,
        membership=row,
        vehicle=row.vehicle,
        member=row.member,
        owner_epoch=word["epoch"],
        signal_class=word["signal_class"],
        tier_max=word["tier_max"] if grant or word["tier_max"] == "identified" else "",
        precision=word["precision"],
        purpose=word["purpose"],
        buyer_category=word["buyer_category"],
        buyer=word["buyer"],
        min_price=word["min_price"] if grant else 0,
        retention_max_days=word["retention_max_days"],
        countries=word["countries"],
        data_from=start,
        data_until=(start or NOW) + timedelta(hours=word["data_hours"]) if word["data_hours"] else None,
        valid_from=at + timedelta(hours=word["begins_after"]),
        valid_until=at + timedelta(hours=word["lasts"]),
        policy=versions[word["version"]],
        notice_id="level-1",
        notice_sha256=shown().sha256,
        locale="en-us",
        screen_id="test",
        at=at,
    )
    if word["ended_after"]:
        then = at + timedelta(hours=word["ended_after"])
        consent.end(membership=row, event=event, kind=word["ending"], notice=shown(), now=then)


def moments(row: Membership, events: Sequence[ConsentEvent], trips: Sequence[Trip]) -> list[datetime]:
    """Every edge of the history, just before and after it, and a moment long ago and far ahead."""
    edges = {
        row.joined_at,
        NOW + timedelta(hours=6),
        exact_from(NOW),
        exact_from(NOW + timedelta(days=1)),
        *(edge for event in events for edge in (event.data_from, event.data_until, event.at) if edge),
    }
    edges |= {edge for trip in trips for edge in (trip.started_at, trip.ended_at)}
    step = timedelta(microseconds=1)
    near = {edge + shift for edge in edges for shift in (-step, timedelta(0), step)}
    return sorted({NOW - timedelta(days=900), *near, NOW + timedelta(days=900)})


def three_versions() -> tuple[Union, list[PolicyVersion]]:
    """A union whose second version takes battery data away and adds a purpose, and whose third gives it back."""
    of = union(now=NOW - timedelta(days=4))
    founder = of.seats.get().user
    lines = [{**line, "purposes": ["research_np", "marketing"]} for line in EVERYTHING["allow"]]
    lines[-1] = {**lines[0], "signal_class": "energy", "tier_max": "aggregate", "precision": "coarse"}
    narrow = [line for line in lines if line["signal_class"] != "battery"]
    for age, allow in ((3, narrow), (2, lines)):
        rules = {**EVERYTHING, "allow": allow}
        policy.publish_policy(union=of, actor=founder, rules=rules, text="", now=NOW - timedelta(days=age))
    return of, list(of.policies.order_by("number"))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    log=st.lists(words, min_size=1, max_size=5),
    asked=uses,
    at=hours,
    epoch=st.sampled_from([1, 1, 2]),
    since=st.sampled_from([None, None, 6]),
    private=st.lists(st.tuples(hours, st.sampled_from([0, 3])), max_size=2, unique_by=lambda trip: trip[0]),
)
def test_windows_and_evaluator_agree_on_every_moment(log, asked, at, epoch, since, private):
    with transaction.atomic():
        agree(log, asked, at, epoch, since, private)
        transaction.set_rollback(True)


def agree(log, asked, at, epoch, since, private):
    of, versions = three_versions()
    row = member(of, now=NOW - timedelta(days=1))
    row.vehicle.owner_epoch, row.vehicle.owned_since = epoch, hour(since)
    row.vehicle.save()
    Membership.objects.filter(pk=row.pk).update(owner_epoch=epoch)
    row.refresh_from_db()
    for word in log:
        write(row, versions, word)
    source = Source.objects.create(vehicle=row.vehicle, kind="simulator")
    trips = [
        Trip.objects.create(
            vehicle=row.vehicle, owner_epoch=epoch, source=source, started_at=hour(start),
            ended_at=hour(start + length), distance_km=1, readings=2, private=True,
        )
        for start, length in private
    ]  # fmt: skip
    now = hour(at)
    request = use(of, *CLASSES, "unheard.of", prices={"battery.soc": 150}, **asked)
    windows = consent_windows(union=of, use=request, now=now)
    events = list(ConsentEvent.objects.filter(membership=row))
    standing = Standing(True, epoch, row.vehicle.owned_since)
    policies = policies_for(union=of, use=request, now=now)
    for signal_class in request.signal_classes:
        for moment in moments(row, events, trips):
            decision = decide(
                events=events,
                use=request,
                signal_class=signal_class,
                measured_at=moment,
                at=now,
                policies=policies,
                standing=standing,
                private_trip=any(trip.started_at <= moment <= trip.ended_at for trip in trips),
            )
            found = [
                window.grant_event_id
                for window in windows
                if window.signal_class == signal_class and within(window.starts_at, moment, window.ends_at)
            ]
            assert found == ([decision.grant] if decision.allowed else []), (signal_class, moment, decision)


def test_the_words_used_here_are_known():
    assert {"research_np", "marketing", "law_enforcement"} <= set(PURPOSES)
    assert {"academic", "energy", "broker"} <= set(BUYER_CATEGORIES)
    assert set(CLASSES) <= set(SIGNAL_CLASSES)
