"""A builder that kills itself after a step: `python -m tests.vehicles.exports.killed_builder EXPORT STEP NOW`."""

import os
import signal
import sys
from datetime import datetime
from uuid import UUID

import django

from dimo import tenancy

django.setup()
tenancy.work_for_the_platform()

from vehicles.exports import building  # noqa: E402


def die_at(wanted: str, step: str) -> None:
    if step.startswith(wanted):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    export, wanted, now = sys.argv[1:]
    building.build_export(
        export_id=UUID(export), now=datetime.fromisoformat(now), reached=lambda step: die_at(wanted, step)
    )
