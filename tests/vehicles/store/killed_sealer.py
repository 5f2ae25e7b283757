"""A sealer that kills itself after a step: `python -m tests.vehicles.store.killed_sealer STEP NOW`; no step: never."""

import os
import signal
import sys
from datetime import datetime

import django

from dimo import tenancy

django.setup()
tenancy.work_for_the_platform()

from vehicles.store import days, passes  # noqa: E402


def die_at(wanted: str, step: str) -> None:
    if step == wanted:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    wanted, now = sys.argv[1], datetime.fromisoformat(sys.argv[2])
    from tests.vehicles.store.world import DAY

    try:
        passes.seal_due_days(now=now, day=DAY, reached=lambda step: die_at(wanted, step))
    except days.SealerBusy:
        sys.exit(3)
