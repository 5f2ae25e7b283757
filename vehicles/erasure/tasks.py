"""Erasures in the background. The row is the work; a message only says that there may be some."""

from contextlib import suppress
from uuid import UUID

from celery import shared_task
from django.db import OperationalError, transaction
from django.utils.timezone import now

from vehicles.erasure import due, running
from vehicles.imports import ImportBusy


@shared_task(
    acks_late=True,
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    retry_backoff_max=30,
    max_retries=30,
    soft_time_limit=1770,
    time_limit=1800,
)
def run_erasure(*, erasure_id: str) -> None:
    """Safe to deliver twice: the second finds it at work, or done."""
    with suppress(running.ErasureBusy, ImportBusy):  # the sweep asks again
        running.run_erasure(erasure_id=UUID(erasure_id), now=now())


def hint_erasure(*, erasure_id: UUID) -> None:
    """Tell a worker once it is committed. A lost hint costs a minute: the sweep finds the erasure."""
    transaction.on_commit(lambda: run_erasure.delay(erasure_id=str(erasure_id)), robust=True)


@shared_task
def sweep_erasures() -> int:
    """Find erasures whose week is over, and those whose message or worker was lost."""
    waiting = due.due_erasures(now=now())
    for erasure_id in waiting:
        run_erasure.delay(erasure_id=str(erasure_id))
    return len(waiting)
