"""A longer time counts at once, a shorter one after a week, in which it can be undone."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dimo.audit.models import AuditEvent
from tests.vehicles.factories import NOW, make_user
from vehicles.models import ExactWish
from vehicles.retention import choices
from vehicles.retention.choices import CHOICES, UNDO, Choice

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def length(days):
    return float("inf") if days is None else days


def test_two_years_without_a_word():
    assert choices.choice_of(owner=make_user(), now=NOW) == Choice(730)


def test_longer_counts_at_once():
    owner = make_user()
    assert choices.choose(owner=owner, days=None, now=NOW) == Choice(None)
    assert choices.choice_of(owner=owner, now=NOW) == Choice(None)


def test_shorter_counts_after_a_week():
    owner = make_user()
    assert choices.choose(owner=owner, days=30, now=NOW) == Choice(730, 30, NOW + UNDO)
    assert choices.choice_of(owner=owner, now=NOW + UNDO - DAY).days == 730
    assert choices.choice_of(owner=owner, now=NOW + UNDO) == Choice(30)
    with pytest.raises(choices.NothingToUndo):
        choices.undo(owner=owner, now=NOW + UNDO)


def test_asking_the_same_again_does_not_begin_the_week_anew():
    owner = make_user()
    choices.choose(owner=owner, days=30, now=NOW)
    assert choices.choose(owner=owner, days=30, now=NOW + DAY).next_at == NOW + UNDO
    assert AuditEvent.objects.count() == 1


def test_the_longer_time_again_is_an_undo():
    owner = make_user()
    choices.choose(owner=owner, days=30, now=NOW)
    assert choices.choose(owner=owner, days=730, now=NOW + DAY) == Choice(730)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(CHOICES), st.integers(0, 9), st.booleans()), max_size=6))
def test_no_row_of_words_shortens_the_time_within_a_week_of_the_last(words):
    owner, now = make_user(), NOW
    for days, pause, back in words:
        before = choices.choice_of(owner=owner, now=now)
        after = choices.choose(owner=owner, days=days, now=now)
        assert length(after.days) >= length(before.days)
        if back and after.next_at:
            assert choices.undo(owner=owner, now=now) == Choice(after.days)
        for later in range(7):
            soon = choices.choice_of(owner=owner, now=now + later * DAY)
            pending = before.next_at is not None and days == before.next_days
            assert pending or length(soon.days) >= length(after.days)
        now += pause * DAY


@pytest.mark.parametrize("days", [0, 29, 31, -1, 10**9])
def test_other_times_are_refused(days):
    with pytest.raises(choices.TimeUnknown):
        choices.choose(owner=make_user(), days=days, now=NOW)


@pytest.mark.parametrize(
    "wrong", [{"days": 29}, {"next_days": 30}, {"next_at": NOW}, {"next_days": 900, "next_at": NOW}]
)
def test_the_database_refuses_what_no_rule_writes(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        ExactWish.objects.create(owner=make_user(), **wrong)
