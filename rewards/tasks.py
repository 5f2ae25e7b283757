"""Rewards' background work. A delivered license without a settlement is the work; nothing else has to tell of it."""

from time import monotonic
from uuid import UUID

import structlog
from celery import shared_task
from django.db import transaction

from rewards import settlement

LONGEST_SWEEP = 40.0  # seconds; below the soft time limit, and the next sweep goes on
log = structlog.get_logger(__name__)


@shared_task
def settle_license(*, license_id: str) -> None:
    """Safe to deliver twice. A license not yet delivered waits for the sweep."""
    try:
        settlement.settle_license(license_id=UUID(license_id))
    except settlement.LicenseNotDelivered:
        log.info("license_not_delivered", license=license_id)


@shared_task
def sweep_settlements() -> int:
    """Settle delivered licenses, oldest first; workers pass by each other's. One that fails does not stop the others.

    Raises an ExceptionGroup of what failed, so that it alarms, after everything else is settled.
    """
    settled, failed = 0, dict[UUID, Exception]()
    until = monotonic() + LONGEST_SWEEP
    while monotonic() < until:
        license_id = None
        try:
            with transaction.atomic():
                license_id = settlement.claim_delivered(skip=failed)
                if license_id is None:
                    break
                settlement.settle_license(license_id=license_id)
                settled += 1
        except Exception as error:
            if license_id is None:  # the claim itself failed
                raise
            log.exception("settlement_failed", license=str(license_id))
            failed[license_id] = error
    if failed:
        raise ExceptionGroup("settlements failed", list(failed.values()))
    return settled
