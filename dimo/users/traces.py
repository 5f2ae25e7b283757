"""What signing in leaves behind (network addresses, browsers), kept no longer than it protects."""

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef

FAILURES_KEPT = timedelta(days=1)  # a pause of sign-in lasts a quarter of an hour


def prune_traces(*, now: datetime) -> int:
    """Delete ended sessions, what was noted about them, and failures older than a day. Returns how many rows."""
    ended = Session.objects.filter(expire_date__lt=now).delete()[0]
    alive = Session.objects.filter(session_key=OuterRef("session_key"))
    noted = UserSession.objects.filter(~Exists(alive)).delete()[0]
    failures = AccessAttempt.objects.filter(attempt_time__lt=now - FAILURES_KEPT).delete()[0]
    return int(ended + noted + failures)
