"""One pass of the sealer: finish erasures, seal what is due, move what came late, drop partitions."""

from datetime import date, datetime
from time import monotonic
from typing import Any, Final

import structlog
from django.db import OperationalError

from vehicles.models import SealedDay
from vehicles.store import days, lake, late, seal
from vehicles.store.seal import Moved, Reached

BUDGET_SECONDS: Final = 240.0
log = structlog.get_logger(__name__)


def seal_due_days(
    *, now: datetime, day: date | None = None, seconds: float = BUDGET_SECONDS, reached: Reached = seal.nothing
) -> list[Moved]:
    """Do what is due, oldest first, and begin nothing new after `seconds`; what is left waits for the next pass.

    `day` asks for one day alone. Readers and writers who hold a partition for long only delay their own day.
    `reached` hears each step of each day, as `seal_day` and `seal_late` name them, and dropped.

    Raises:
        SealerBusy, SealDiffers; for one day also DayNotDue
    """
    done: list[Moved] = []
    end = monotonic() + seconds
    with days.sealing_alone() as holder:
        lake.finish_erasures(holder)
        for wanted in [day] if day else days.due_days(now=now):
            if monotonic() < end:
                done += moved(wanted, now, reached, holder)
        for wanted in late.waiting_days():
            if monotonic() < end and day in (None, wanted):
                came = late.move(day=wanted, reached=reached, holder=holder)
                done += [came] if came else []
        for row in SealedDay.objects.filter(state=SealedDay.State.SEALED).order_by("day"):
            if day in (None, row.day) and days.drop_partition(row=row, now=now):
                reached("dropped")
                done.append(Moved(row.day, "dropped", 0))
    return done


def moved(day: date, now: datetime, reached: Reached, holder: Any) -> list[Moved]:
    """A day, sealed; or nothing where it is held or was sealed before."""
    try:
        found = seal.move(day=day, now=now, reached=reached, holder=holder)
    except OperationalError as error:
        if not seal.waits_for_a_lock(error):
            raise
        log.info("seal_delayed", day=str(day))
        return []
    return [found] if found else []
