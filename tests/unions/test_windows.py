"""The set-based reader: what a buyer may use, as periods of measurement."""

from datetime import timedelta

import pytest

from tests.unions.factories import DAY, EVERYTHING, NOW, allow, member, shown, union, use, user, vehicle
from unions import consent, founding, membership, pause, policy
from unions.models import ConsentEvent, Membership
from unions.windows import UnionMismatch, Window, consent_windows
from vehicles import registry
from vehicles.models import Source, Trip

pytestmark = pytest.mark.django_db
LATER = NOW + 10 * DAY


def spans(windows: list[Window]) -> list[tuple[object, object]]:
    return [(window.starts_at, window.ends_at) for window in windows]


def test_nothing_may_be_used_before_a_member_says_so():
    row = member()
    assert consent_windows(union=row.union, use=use(row.union), now=LATER) == []


def test_a_grant_covers_what_is_measured_from_then_on():
    row = member()
    (event,) = allow(row, "battery", "exact")
    (window,) = consent_windows(union=row.union, use=use(row.union), now=LATER)
    assert window == Window(row.vehicle_id, row.pk, row.member_id, "battery.soc", NOW, None, event.event_id)


def test_history_is_covered_only_when_the_member_includes_it():
    row = member()
    allow(row, "battery", "exact", include_history=True)
    assert spans(consent_windows(union=row.union, use=use(row.union), now=LATER)) == [(None, None)]


def test_a_withdrawn_period_stays_out_when_the_member_comes_back():
    row = member()
    allow(row, "battery", "exact", now=NOW)
    allow(row, "battery", "off", now=NOW + DAY)
    assert consent_windows(union=row.union, use=use(row.union), now=NOW + DAY) == []
    allow(row, "battery", "exact", now=NOW + 3 * DAY)
    assert spans(consent_windows(union=row.union, use=use(row.union), now=LATER)) == [(NOW + 3 * DAY, None)]


def test_the_past_can_be_replayed():
    row = member()
    allow(row, "battery", "exact", now=NOW)
    allow(row, "battery", "off", now=NOW + DAY)
    at_that_time = consent_windows(union=row.union, use=use(row.union), now=NOW + DAY / 2)
    assert spans(at_that_time) == [(NOW, None)]


def test_raising_a_level_keeps_earlier_data_at_the_earlier_level():
    row = member()
    allow(row, "battery", "statistics", now=NOW)
    allow(row, "battery", "exact", now=NOW + DAY)
    rows = consent_windows(union=row.union, use=use(row.union), now=LATER)
    statistics = consent_windows(union=row.union, use=use(row.union, tier="aggregate", precision="coarse"), now=LATER)
    assert spans(rows) == [(NOW + DAY, None)]
    assert spans(statistics) == [(NOW, NOW + DAY), (NOW + DAY, None)]


def test_windows_of_a_class_never_overlap_and_name_the_newest_grant():
    row = member()
    consent.grant(
        membership=row,
        actor=row.member,
        signal_class="battery",
        tier_max="pseudonymous_rows",
        precision="exact",
        include_history=True,
        notice=shown(),
        now=NOW,
    )
    newer = consent.grant(
        membership=row,
        actor=row.member,
        signal_class="battery.soc",
        tier_max="pseudonymous_rows",
        precision="exact",
        notice=shown(),
        now=NOW + DAY,
    )
    windows = consent_windows(union=row.union, use=use(row.union), now=LATER)
    assert spans(windows) == [(None, NOW + DAY), (NOW + DAY, None)]
    assert windows[1].grant_event_id == newer.event_id


def test_a_coarse_grant_of_a_value_does_not_give_it_as_measured():
    row = member()
    allow(row, "battery", "coarse")
    assert consent_windows(union=row.union, use=use(row.union), now=LATER) == []
    assert consent_windows(union=row.union, use=use(row.union, precision="coarse"), now=LATER)


def test_coarse_location_never_gives_positions():
    row = member()
    allow(row, "location", "coarse")
    found = consent_windows(union=row.union, use=use(row.union, "location.coarse", "location.precise"), now=LATER)
    assert [window.signal_class for window in found] == ["location.coarse"]


def test_battery_alone_gives_no_location_of_any_kind():
    row = member()
    allow(row, "battery", "exact")
    asked = ("location", "location.region", "location.approx", "location.coarse", "location.precise", "battery.soc")
    found = consent_windows(union=row.union, use=use(row.union, *asked), now=LATER)
    assert {window.signal_class for window in found} == {"battery.soc"}


def test_a_private_trip_is_cut_out_to_its_last_reading():
    row = member()
    allow(row, "battery", "exact", include_history=True)
    source = Source.objects.create(vehicle=row.vehicle, kind="simulator")
    started, ended = NOW + DAY, NOW + DAY + timedelta(hours=1)
    for private in (True, False):
        Trip.objects.create(
            vehicle=row.vehicle,
            owner_epoch=1,
            source=source,
            started_at=started + (not private) * DAY,
            ended_at=ended + (not private) * DAY,
            distance_km=3,
            readings=9,
            private=private,
        )
    found = consent_windows(union=row.union, use=use(row.union), now=LATER)
    assert spans(found) == [(None, started), (ended + timedelta(microseconds=1), None)]


def test_a_pause_stops_everything_and_what_was_measured_meanwhile_stays_out():
    row = member()
    allow(row, "battery", "exact")
    pause.pause_all(member=row.member, notice=shown("pause-1"), now=NOW + DAY)
    assert consent_windows(union=row.union, use=use(row.union), now=NOW + 1.5 * DAY) == []
    after = consent_windows(union=row.union, use=use(row.union), now=NOW + 3 * DAY)
    assert spans(after) == [(NOW, NOW + DAY), (NOW + 2 * DAY, None)]


def test_a_pause_ended_early_keeps_its_hours_out():
    row = member()
    allow(row, "battery", "exact")
    pause.pause_all(member=row.member, notice=shown("pause-1"), now=NOW + DAY)
    pause.resume(member=row.member, notice=shown("pause-1"), now=NOW + DAY + timedelta(hours=2))
    after = consent_windows(union=row.union, use=use(row.union), now=NOW + DAY + timedelta(hours=3))
    assert spans(after) == [(NOW, NOW + DAY), (NOW + DAY + timedelta(hours=2), None)]


def test_a_denied_purpose_wins_over_a_grant():
    row = member()
    allow(row, "battery", "exact")
    consent.deny(membership=row, actor=row.member, purpose="research_np", notice=shown("deny-1"), now=NOW)
    assert consent_windows(union=row.union, use=use(row.union), now=LATER) == []
    assert consent_windows(union=row.union, use=use(row.union, purpose="battery_analytics"), now=LATER)


def test_leaving_ends_every_use():
    row = member()
    allow(row, "battery", "exact", include_history=True)
    membership.leave_union(membership=row, actor=row.member, notice=shown("leave-1"), now=NOW + DAY)
    assert consent_windows(union=row.union, use=use(row.union), now=NOW + DAY) == []


def test_a_new_owner_ends_every_use_and_reaches_no_earlier_data():
    row = member()
    allow(row, "battery", "exact", include_history=True)
    car = registry.transfer_vehicle(vehicle=row.vehicle, buyer=user(), now=NOW + DAY)
    assert consent_windows(union=row.union, use=use(row.union), now=LATER) == []
    assert ConsentEvent.objects.latest("seq").kind == "invalidate"
    again = member(row.union, vehicle=car, now=NOW + 2 * DAY)
    allow(again, "battery", "exact", now=NOW + 3 * DAY, include_history=True)
    assert spans(consent_windows(union=row.union, use=use(row.union), now=LATER)) == [(NOW + DAY, None)]


@pytest.mark.parametrize("state", ["requested", "trial", "refused", "left"])
def test_only_an_active_membership_counts_whatever_its_words_say(state):
    row = member()
    allow(row, "battery", "exact")
    ended = NOW + DAY if state in ("refused", "left") else None
    Membership.objects.filter(pk=row.pk).update(state=state, left_at=ended)
    assert consent_windows(union=row.union, use=use(row.union), now=LATER) == []


def test_a_request_to_join_gives_nothing():
    row = member(union(admission="approval"))
    assert row.state == Membership.State.REQUESTED
    with pytest.raises(consent.NotAMember):
        allow(row, "battery", "exact")


def test_one_unions_grant_is_never_read_for_another():
    row = member()
    other = union()
    member(other, vehicle=row.vehicle)
    allow(row, "battery", "exact")
    assert consent_windows(union=other, use=use(other), now=LATER) == []
    with pytest.raises(UnionMismatch):
        consent_windows(union=other, use=use(row.union), now=LATER)


def test_a_widened_policy_gives_nothing_until_the_member_agrees():
    row = member()
    allow(row, "battery", "exact", include_history=True)
    founder = row.union.seats.get().user
    wider = {
        **EVERYTHING,
        "allow": [{**line, "purposes": ["research_np", "marketing"]} for line in EVERYTHING["allow"]],
    }
    policy.publish_policy(union=row.union, actor=founder, rules=wider, text="", now=NOW + DAY)
    marketing = use(row.union, purpose="marketing")
    assert consent_windows(union=row.union, use=marketing, now=LATER) == []
    allow(row, "battery", "off", now=NOW + 2 * DAY)
    allow(row, "battery", "exact", now=NOW + 2 * DAY)
    assert consent_windows(union=row.union, use=marketing, now=LATER)


def test_a_narrowed_policy_applies_at_once():
    row = member()
    allow(row, "battery", "exact")
    founder = row.union.seats.get().user
    narrow = {**EVERYTHING, "allow": [line for line in EVERYTHING["allow"] if line["signal_class"] != "battery"]}
    policy.publish_policy(union=row.union, actor=founder, rules=narrow, text="", now=NOW + DAY)
    assert consent_windows(union=row.union, use=use(row.union), now=NOW + DAY) == []


def test_a_narrowed_grant_is_not_revived_by_a_later_widening():
    row = member()
    allow(row, "battery", "exact")
    founder = row.union.seats.get().user
    narrow = {**EVERYTHING, "allow": [line for line in EVERYTHING["allow"] if line["signal_class"] != "battery"]}
    policy.publish_policy(union=row.union, actor=founder, rules=narrow, text="", now=NOW + DAY)
    policy.publish_policy(union=row.union, actor=founder, rules=EVERYTHING, text="", now=NOW + 2 * DAY)
    assert consent_windows(union=row.union, use=use(row.union), now=NOW + 3 * DAY) == []
    assert len(allow(row, "battery", "exact", now=NOW + 4 * DAY)) > 0
    assert consent_windows(union=row.union, use=use(row.union), now=LATER)


def test_a_reserve_above_the_price_keeps_the_vehicle_out():
    row = member()
    allow(row, "battery", "exact", min_price=1_000_000)
    assert consent_windows(union=row.union, use=use(row.union, prices={"battery.soc": 999_999}), now=LATER) == []
    assert consent_windows(union=row.union, use=use(row.union, prices={"battery.soc": 1_000_000}), now=LATER)


def test_only_the_vehicles_asked_for_are_answered():
    of = union()
    rows = [member(of, vehicle=vehicle()) for _ in range(3)]
    for row in rows:
        allow(row, "battery", "exact")
    found = consent_windows(union=of, use=use(of), now=LATER, vehicle_ids=[rows[1].vehicle_id])
    assert [window.vehicle_id for window in found] == [rows[1].vehicle_id]
    assert founding.open_union(union=of, actor=rows[0].member, now=LATER).state == "open"
