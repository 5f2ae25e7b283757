"""Forgetting what was refused, once it was kept long enough."""

from celery import shared_task
from django.utils import timezone

from vehicles.rejections import keeping
from vehicles.rejections.reading import KEPT_FOR


@shared_task
def prune_rejections() -> None:
    """Delete in batches, each its own transaction, until nothing old is left."""
    before = timezone.now() - KEPT_FOR
    while keeping.prune(before=before) == keeping.A_BATCH:
        pass
