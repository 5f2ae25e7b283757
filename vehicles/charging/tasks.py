"""Work that beat asks for: charging sessions of sources that sent something since they were last looked at."""

from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from vehicles.battery import parked, standing
from vehicles.charging import sessions
from vehicles.models import Source

A_SWEEP = 200
AT_ONCE = timedelta(days=31)


@shared_task
def cut_due_sessions() -> None:
    """Hand out the sources that wait, each by itself, so that one failure stays one."""
    due = Source.objects.filter(uncharged_until__isnull=False).order_by("uncharged_until")
    for source_id in due.values_list("pk", flat=True)[:A_SWEEP]:
        cut_source_sessions.delay(source_id=source_id)


@shared_task
def cut_source_sessions(*, source_id: int) -> None:
    """Find the charges in what a source sent since; a source that another worker has is left to it."""
    with transaction.atomic():
        waiting = Source.objects.select_for_update(skip_locked=True, of=("self",)).select_related("vehicle")
        source = waiting.filter(pk=source_id, uncharged_until__isnull=False).first()
        if source is None or source.uncharged_since is None or source.uncharged_until is None:
            return
        since = source.uncharged_since
        until = min(source.uncharged_until, since + AT_ONCE)  # the rest waits for the next sweep
        found = sessions.cut_sessions(vehicle=source.vehicle, source=source, since=since, until=until)
        parked.forget(vehicle=source.vehicle, since=since)
        if found:
            standing.refresh(vehicle=source.vehicle, now=timezone.now())
