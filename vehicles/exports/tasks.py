"""Exports in the background. The row is the work; a message only says that there may be some."""

from contextlib import suppress
from uuid import UUID

from celery import shared_task
from django.db import OperationalError, transaction
from django.utils.timezone import now

from vehicles.exports import building, expiring
from vehicles.models import DataExport


@shared_task(
    acks_late=True,
    autoretry_for=(OperationalError,),
    retry_backoff=True,
    max_retries=10,
    soft_time_limit=1770,
    time_limit=1800,
)
def build_export(*, export_id: str) -> None:
    """Safe to deliver twice: the second finds it at work, or done."""
    with suppress(building.ExportBusy, DataExport.DoesNotExist):
        building.build_export(export_id=UUID(export_id), now=now(), clock=now)


def hint_export(*, export_id: UUID) -> None:
    """Tell a worker once it is committed. A lost hint costs a minute: the sweep finds the export."""
    transaction.on_commit(lambda: build_export.delay(export_id=str(export_id)), robust=True)


@shared_task
def sweep_exports() -> int:
    """Find exports whose message or worker was lost, and end those whose week is over."""
    waiting = expiring.unfinished_exports()
    for export_id in waiting:
        build_export.delay(export_id=str(export_id))
    expiring.expire_exports(now=now())
    return len(waiting)
