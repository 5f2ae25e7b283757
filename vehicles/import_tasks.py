"""Imports in the background. The batch's row is the work; a message only says that there may be some."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.db import OperationalError, transaction
from django.utils.timezone import now

from vehicles import column_imports, imports

LOST_AFTER = timedelta(minutes=3)  # longer than one run may take, so that a running import is left to its worker
ABANDONED_AFTER = timedelta(days=1)


@shared_task(
    acks_late=True,
    autoretry_for=(OperationalError, imports.ImportBusy),
    retry_backoff=True,
    retry_backoff_max=30,
    max_retries=30,
    soft_time_limit=100,
    time_limit=110,
)
def run_import(*, batch_id: str) -> None:
    """Safe to deliver twice: a finished import is left alone."""
    imports.run_import(batch_id=UUID(batch_id), now=now())


def hint_import(*, batch_id: UUID) -> None:
    """Tell a worker, once the batch is committed. A hint that is lost costs some minutes: the sweep finds the batch."""
    transaction.on_commit(lambda: run_import.delay(batch_id=str(batch_id)), robust=True)


@shared_task
def sweep_imports() -> None:
    """Find again the imports whose message or worker was lost, and forget files whose columns nobody named."""
    for batch in imports.unfinished_imports(before=now() - LOST_AFTER):
        run_import.delay(batch_id=str(batch))
    for batch in column_imports.abandoned(before=now() - ABANDONED_AFTER):
        with suppress(column_imports.ChoicesMade):
            column_imports.drop(batch_id=batch)
