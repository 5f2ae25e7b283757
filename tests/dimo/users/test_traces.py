"""What signing in leaves behind goes away."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from dimo.users import traces
from tests.dimo.users.test_sign_in import sign_in

pytestmark = pytest.mark.django_db


def test_living_sessions_and_fresh_failures_stay(client: Client, user) -> None:
    sign_in(client)
    sign_in(Client(), password="wrong")
    assert traces.prune_traces(now=timezone.now()) == 0
    assert Session.objects.filter(session_key=client.session.session_key).exists()
    assert UserSession.objects.count() == 1
    assert AccessAttempt.objects.count() == 1


def test_an_ended_session_goes_with_all_that_was_noted_about_it(client: Client, user) -> None:
    sign_in(client)
    later = Session.objects.get().expire_date + timedelta(seconds=1)
    assert traces.prune_traces(now=later) == 2
    assert not Session.objects.exists()
    assert not UserSession.objects.exists()


def test_failures_are_forgotten_after_a_day(client: Client, user) -> None:
    sign_in(client, password="wrong")
    attempt = AccessAttempt.objects.get()
    traces.prune_traces(now=attempt.attempt_time + traces.FAILURES_KEPT)
    assert AccessAttempt.objects.exists()
    traces.prune_traces(now=attempt.attempt_time + traces.FAILURES_KEPT + timedelta(seconds=1))
    assert not AccessAttempt.objects.exists()
