"""What members say, and what is refused."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.unions.factories import DAY, EVERYTHING, NOW, allow, member, shown, union, user, vehicle
from unions import consent, levels, membership, pause
from unions.models import ConsentEvent, Membership, PolicyVersion, Terms

pytestmark = pytest.mark.django_db


def test_the_same_level_again_says_nothing():
    row = member()
    assert len(allow(row, "battery", "exact")) == 1
    assert allow(row, "battery", "exact", now=NOW + DAY) == []
    assert allow(row, "energy", "off") == []


def test_every_word_names_notice_hash_language_and_screen():
    row = member()
    allow(row, "battery", "exact")
    event = ConsentEvent.objects.get()
    assert (event.notice_id, bytes(event.notice_sha256)) == ("level-1", shown().sha256)
    assert (event.locale, event.screen_id) == ("en-us", "test")


def test_exact_positions_end_after_half_a_year_and_the_rest_after_one():
    row = member()
    (place,) = allow(row, "location", "exact")
    (charge,) = allow(row, "battery", "exact")
    assert place.valid_until == NOW + timedelta(days=183)
    assert charge.valid_until == NOW + timedelta(days=365)


def test_lowering_changes_nothing_but_the_level():
    row = member()
    (before,) = allow(row, "location", "exact", min_price=500)
    ended, after = allow(row, "location", "coarse", now=NOW + DAY)
    assert (ended.kind, ended.ends_id) == ("supersede", before.seq)
    assert (after.signal_class, after.tier_max, after.precision) == ("location.coarse", "pseudonymous_rows", "coarse")
    kept = ("min_price", "data_from", "valid_until", "policy_id", "purpose", "buyer_category")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


def test_each_word_raises_the_memberships_revision():
    row = member()
    allow(row, "battery", "exact")
    allow(row, "battery", "coarse", now=NOW + DAY)
    row.refresh_from_db()
    assert row.consent_revision == 3


def test_withdrawing_twice_leaves_one_withdrawal():
    row = member()
    (event,) = allow(row, "battery", "exact")
    first = consent.withdraw(event=event, actor=row.member, notice=shown(), now=NOW + DAY)
    assert consent.withdraw(event=event, actor=row.member, notice=shown(), now=NOW + 2 * DAY) == first
    (again,) = allow(row, "battery", "exact", now=NOW + 3 * DAY)
    allow(row, "battery", "coarse", now=NOW + 4 * DAY)
    with pytest.raises(consent.AlreadyEnded):
        consent.withdraw(event=again, actor=row.member, notice=shown(), now=NOW + 5 * DAY)


def test_an_event_ends_once_whoever_writes_it():
    row = member()
    (event,) = allow(row, "battery", "exact")
    consent.end(membership=row, event=event, kind="withdraw", notice=shown(), now=NOW)
    with pytest.raises(IntegrityError):
        consent.end(membership=row, event=event, kind="withdraw", notice=shown(), now=NOW)


def test_nobody_else_speaks_for_a_member():
    row = member()
    for other in (user(), row.union.seats.get().user):
        with pytest.raises(consent.NotYourMembership):
            consent.grant(
                membership=row, actor=other, signal_class="battery", tier_max="aggregate", precision="coarse",
                notice=shown(), now=NOW,
            )  # fmt: skip
        with pytest.raises(consent.NotYourMembership):
            levels.set_level(
                union=row.union, vehicle=row.vehicle, signal_class="battery", level="exact", actor=other,
                notice=shown(), now=NOW,
            )  # fmt: skip


def test_what_the_policy_does_not_ask_for_cannot_be_allowed():
    narrow = {**EVERYTHING, "allow": [{**EVERYTHING["allow"][2], "tier_max": "aggregate"}]}
    row = member(union(rules=narrow))
    assert allow(row, "battery", "statistics")
    for signal_class, level in (("battery", "coarse"), ("location", "statistics")):
        with pytest.raises(levels.LevelNotOffered):
            allow(row, signal_class, level, now=NOW + DAY)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("signal_class", "unheard.of"),
        ("tier_max", "everything"),
        ("tier_max", "identified"),
        ("precision", "blurry"),
        ("purpose", "law_enforcement"),
        ("buyer_category", "broker"),
        ("min_price", -1),
    ],
)
def test_a_grant_of_unknown_words_or_forbidden_uses_is_refused_by_its_field(field, value):
    row = member()
    asked = {"signal_class": "battery", "tier_max": "aggregate", "precision": "coarse", field: value}
    with pytest.raises(consent.ConsentInvalid) as refusal:
        consent.grant(membership=row, actor=row.member, notice=shown(), now=NOW, **asked)
    assert refusal.value.field == ("buyer" if value == "identified" else field)


def test_undo_is_refused_after_ten_minutes_and_after_another_change():
    row = member()
    allow(row, "battery", "exact")
    allow(row, "battery", "off", now=NOW + DAY)
    again = {"union": row.union, "vehicle": row.vehicle, "signal_class": "battery", "actor": row.member}
    with pytest.raises(levels.NothingToUndo):
        levels.undo(**again, notice=shown(), now=NOW + DAY + timedelta(minutes=11))
    allow(row, "battery", "statistics", now=NOW + DAY + timedelta(minutes=1))
    with pytest.raises(levels.NothingToUndo):
        levels.undo(**again, notice=shown(), now=NOW + DAY + timedelta(minutes=2))


def test_pausing_twice_pauses_once():
    row = member()
    assert len(pause.pause_all(member=row.member, notice=shown("pause-1"), now=NOW)) == 2
    assert pause.pause_all(member=row.member, notice=shown("pause-1"), now=NOW + DAY / 2) == []
    assert pause.paused_until(member=row.member, now=NOW + DAY / 2) == NOW + DAY
    assert pause.paused_until(member=row.member, now=NOW + DAY) is None


def test_a_vehicle_joins_a_union_once_and_only_if_it_fits():
    of = union(powertrains=["electric"])
    row = member(of)
    with pytest.raises(membership.AlreadyMember):
        member(of, vehicle=row.vehicle)
    with pytest.raises(membership.VehicleNotEligible):
        member(of, vehicle=vehicle(powertrain="combustion"))
    with pytest.raises(membership.NotYourVehicle):
        membership.join_union(union=of, vehicle=row.vehicle, member=user(), now=NOW)
    with pytest.raises(membership.UnionNotOpen):
        member(union(opened=False))


def test_leaving_ends_every_grant_and_coming_back_starts_at_off():
    row = member()
    allow(row, "battery", "exact")
    allow(row, "energy", "coarse")
    membership.leave_union(membership=row, actor=row.member, notice=shown("leave-1"), now=NOW + DAY)
    assert ConsentEvent.objects.filter(kind="withdraw").count() == 2
    again = membership.leave_union(membership=row, actor=row.member, notice=shown("leave-1"), now=NOW + 2 * DAY)
    assert again.left_at == NOW + DAY
    back = member(row.union, vehicle=row.vehicle, now=NOW + 3 * DAY)
    assert (back.pk == row.pk, back.state) == (False, Membership.State.ACTIVE)
    assert allow(back, "battery", "off", now=NOW + 3 * DAY) == []


@pytest.mark.parametrize("model", [PolicyVersion, Terms, ConsentEvent])
@pytest.mark.parametrize("statement", ["UPDATE {} SET union_id = union_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_application_cannot_change_what_was_said_or_published(model, statement):
    row = member()
    allow(row, "battery", "exact")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))


@pytest.mark.parametrize("part", ["union_id", "vehicle_id", "member_id"])
def test_a_word_that_mixes_unions_or_vehicles_is_refused(part):
    row, other = member(), member()
    (event,) = allow(row, "battery", "exact")
    forged = ConsentEvent(**{field.attname: getattr(event, field.attname) for field in ConsentEvent._meta.fields[2:]})
    setattr(forged, part, getattr(other, part))
    forged.save(force_insert=True)
    with pytest.raises(IntegrityError, match="event_is_of_its_membership"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
