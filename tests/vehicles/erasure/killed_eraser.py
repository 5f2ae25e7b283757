"""An eraser that kills itself after a step: `python -m tests.vehicles.erasure.killed_eraser ERASURE STEP NOW`."""

import os
import signal
import sys
from datetime import datetime
from uuid import UUID

import django

from dimo import tenancy

django.setup()
tenancy.work_for_the_platform()

from vehicles.erasure import running  # noqa: E402


def die_at(wanted: str, step: str) -> None:
    if step == wanted:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    erasure, wanted, now = sys.argv[1:]
    running.run_erasure(
        erasure_id=UUID(erasure), now=datetime.fromisoformat(now), reached=lambda step: die_at(wanted, step)
    )
