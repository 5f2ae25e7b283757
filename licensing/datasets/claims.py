"""Which worker builds a license: a claim with a heartbeat. A dead worker's claim goes stale; another starts afresh."""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self
from uuid import UUID

import structlog
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import F, Q

from dimo.errors import DomainError
from licensing.datasets import files
from licensing.licenses import refund_license
from licensing.models import License

STALE_AFTER: Final = timedelta(seconds=30)
BEAT_SECONDS: Final = 1.0
MOST_ATTEMPTS: Final = 5
State = License.State
log = structlog.get_logger(__name__)


class ClaimLost(DomainError):
    """Another attempt builds this license now, so this one stops without leaving anything."""


def claimable(now: datetime) -> Q:
    """Licenses that nobody builds: paid ones, and those whose builder fell silent."""
    return Q(state=State.FUNDED) | Q(state=State.BUILDING, claimed_at__lt=now - STALE_AFTER)


@transaction.atomic
def claim_license(*, license_id: UUID, now: datetime) -> UUID | None:
    """Take a license for one attempt; None: somebody has it, or it is past building.

    After five attempts the buyer gets the whole price back (`build_failed`).
    """
    free = (
        License.objects.select_for_update(skip_locked=True, of=("self",)).filter(claimable(now), pk=license_id).first()
    )
    if free is None:
        return None
    if free.attempts >= MOST_ATTEMPTS:
        refund_license(license_id=license_id, failure="build_failed", now=now)
        files.drop_folders(license_id)
        return None
    attempt = uuid.uuid4()
    License.objects.filter(pk=license_id).update(
        state=State.BUILDING,
        attempt=attempt,
        attempts=F("attempts") + 1,
        claimed_at=now,
        phase="Reading consent",
        done_rows=0,
        total_rows=0,
    )
    return attempt


def hold(*, license_id: UUID, attempt: UUID) -> License:
    """Lock the license for this attempt, to the end of the caller's transaction.

    Raises:
        ClaimLost
    """
    mine = License.objects.select_for_update(of=("self",)).filter(pk=license_id, state=State.BUILDING, attempt=attempt)
    if (license := mine.first()) is None:
        raise ClaimLost
    return license


def waiting_licenses(*, now: datetime, limit: int = 100) -> list[UUID]:
    """Ids of licenses to build, oldest first, less those that another transaction holds."""
    with transaction.atomic():
        rows = License.objects.select_for_update(skip_locked=True).filter(claimable(now)).order_by("bought_at")
        return list(rows.values_list("pk", flat=True)[:limit])


class Progress:
    """What a build tells about itself, written every second from a thread, so that a long query is not taken for dead.

    `say` begins a phase; `read` counts messages as they stream by. Both only note; the thread writes.
    """

    def __init__(self, *, license_id: UUID, attempt: UUID, clock: Callable[[], datetime]) -> None:
        self.license_id, self.attempt, self.clock = license_id, attempt, clock
        self.phase, self.done, self.total = "", 0, 0
        self.lost = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"build {license_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def say(self, phase: str, *, total: int | None = None) -> None:
        """Begin a phase and write it at once.

        Raises:
            ClaimLost
        """
        self.phase = phase
        if total is not None:
            self.total, self.done = total, 0
        self._write()
        if self.lost:
            raise ClaimLost

    def read(self, count: int) -> None:
        self.done += count

    def _write(self) -> None:
        mine = License.objects.filter(pk=self.license_id, state=State.BUILDING, attempt=self.attempt)
        found = mine.update(phase=self.phase, done_rows=self.done, total_rows=self.total, claimed_at=self.clock())
        self.lost = not found

    def _beat(self) -> None:
        try:
            while not self._over.wait(BEAT_SECONDS):
                try:
                    self._write()
                except DatabaseError:
                    # The build itself will fail if the database stays away; a missed beat alone must not end it.
                    log.exception("build_heartbeat_missed", license=str(self.license_id))
                    close_old_connections()
        finally:
            connection.close()
