"""Two at once: one word each, whoever comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from dimo.errors import DomainError
from tests.unions.factories import DAY, NOW, allow, member, shown, union, user, vehicle
from unions import consent, founding, membership, policy
from unions.models import ConsentEvent, Membership, PolicyVersion

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act: Callable[[int], object], times: int = 6) -> list[object]:
    def alone(number: int) -> object:
        try:
            return act(number)
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(alone, range(times)))


def test_withdrawals_at_once_leave_one_withdrawal():
    row = member()
    (event,) = allow(row, "battery", "exact")
    said = at_once(lambda _: consent.withdraw(event=event, actor=row.member, notice=shown(), now=NOW + DAY))
    assert len({word.pk for word in said}) == 1
    assert ConsentEvent.objects.filter(kind="withdraw").count() == 1


def test_the_same_level_set_at_once_is_one_grant():
    row = member()
    at_once(lambda _: allow(row, "battery", "exact"))
    assert ConsentEvent.objects.count() == 1
    row.refresh_from_db()
    assert row.consent_revision == 1


def test_a_vehicle_that_joins_at_once_is_a_member_once():
    of, car = union(), vehicle()
    answers = at_once(lambda _: membership.join_union(union=of, vehicle=car, member=car.owner, now=NOW))
    assert Membership.objects.count() == 1
    assert sum(isinstance(answer, membership.AlreadyMember) for answer in answers) == 5


def test_policies_published_at_once_get_numbers_of_their_own():
    of = union()
    founder = of.seats.get().user
    rules = of.policies.get().rules
    at_once(lambda n: policy.publish_policy(union=of, actor=founder, rules=rules, text=f"Words {n}", now=NOW))
    assert sorted(PolicyVersion.objects.filter(union=of).values_list("number", flat=True)) == list(range(1, 8))


def test_a_leave_and_a_grant_at_once_never_leave_a_live_grant():
    row = member()

    def either(number: int) -> object:
        if number % 2:
            return membership.leave_union(membership=row, actor=row.member, notice=shown("leave-1"), now=NOW)
        return allow(row, "battery", "exact")

    at_once(either)
    ended = set(ConsentEvent.objects.exclude(ends=None).values_list("ends_id", flat=True))
    grants = set(ConsentEvent.objects.filter(kind="grant").values_list("seq", flat=True))
    assert grants == ended


def test_a_union_opened_at_once_opens_once():
    of = union(opened=False)
    answers = at_once(lambda _: founding.open_union(union=of, actor=user(), now=NOW))
    assert {answer.state for answer in answers} == {"open"}
