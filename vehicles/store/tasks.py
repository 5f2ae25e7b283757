"""What beat asks of the store."""

from contextlib import suppress

from celery import shared_task
from django.utils import timezone

from vehicles.store import days, passes


@shared_task(soft_time_limit=540, time_limit=600)
def seal_due_days() -> None:
    """Seal, move what came late, drop. A message delivered again meets the first one at work, and leaves it to it."""
    with suppress(days.SealerBusy):
        passes.seal_due_days(now=timezone.now())
