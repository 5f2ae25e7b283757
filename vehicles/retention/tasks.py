"""What beat asks of retention."""

from contextlib import suppress

from celery import shared_task
from django.utils import timezone

from vehicles.retention import sweeping
from vehicles.store import days


@shared_task(soft_time_limit=540, time_limit=600)
def sweep_exact_positions() -> None:
    """Remove exact positions that are older than their owners keep them, unless a sealer is at work; then next time."""
    with suppress(days.SealerBusy):
        sweeping.sweep(now=timezone.now())
