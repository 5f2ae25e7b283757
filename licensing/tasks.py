"""Licensing's background work. A license's row is the work; messages only hint at it, and every task is safe twice."""

from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from licensing.datasets import build, claims

LONGEST_BUILD = 1800  # a build tells every second that it lives; a longer one than this is taken to hang
HINT_EXPIRES = 60


@shared_task(soft_time_limit=LONGEST_BUILD - 30, time_limit=LONGEST_BUILD)
def build_dataset(*, license_id: str) -> None:
    """Build and deliver one license, unless another worker does."""
    build.build_dataset(license_id=UUID(license_id))


def hint_build(*, license_id: UUID) -> None:
    """Tell a builder once the purchase is committed. A lost hint costs ten seconds: the sweeper finds the license."""
    transaction.on_commit(
        lambda: build_dataset.apply_async(kwargs={"license_id": str(license_id)}, expires=HINT_EXPIRES), robust=True
    )


@shared_task
def sweep_builds() -> int:
    """Find paid licenses that nobody builds, and those whose builder died."""
    waiting = claims.waiting_licenses(now=timezone.now())
    for license_id in waiting:
        build_dataset.apply_async(kwargs={"license_id": str(license_id)}, expires=HINT_EXPIRES)
    return len(waiting)
