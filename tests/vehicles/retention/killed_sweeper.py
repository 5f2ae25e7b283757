"""A sweep that kills itself after a step: `python -m tests.vehicles.retention.killed_sweeper STEP NOW`."""

import os
import signal
import sys
from datetime import datetime

import django

from dimo import tenancy

django.setup()
tenancy.work_for_the_platform()

from vehicles.retention import sweeping  # noqa: E402


def die_at(wanted: str, step: str) -> None:
    if step == wanted:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sweeping.sweep(now=datetime.fromisoformat(sys.argv[2]), reached=lambda step: die_at(sys.argv[1], step))
