"""The ground's housekeeping. Every task is safe to run twice."""

from time import time

from celery import shared_task
from django.utils import timezone

from dimo.api import idempotency
from dimo.health import PULSE_SECONDS, pulse_name
from dimo.oauth import credentials
from dimo.users import traces
from dimo.valkey import connection


@shared_task(expires=PULSE_SECONDS)
def pulse(queue: str = "celery") -> None:
    """A worker of this queue is alive: /readyz and the admin tell how long ago."""
    connection().set(pulse_name(queue), time())


@shared_task
def prune_idempotent_answers() -> int:
    """Answers older than a week."""
    return idempotency.prune_answers(now=timezone.now())


@shared_task
def prune_sessions() -> int:
    """Sessions past their end, and other traces of signing in."""
    return traces.prune_traces(now=timezone.now())


@shared_task
def prune_app_credentials() -> int:
    """Codes and tokens of apps a day after their end."""
    return credentials.prune_credentials(now=timezone.now())
