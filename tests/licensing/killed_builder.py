"""A builder that kills itself as a phase begins: `python -m tests.licensing.killed_builder ID PHASE`."""

import os
import signal
import sys
from uuid import UUID

import django

from dimo import tenancy

django.setup()
tenancy.work_for_the_platform()

from licensing.datasets.build import build_dataset  # noqa: E402
from tests.licensing.factories import NOW  # noqa: E402


def die_at(wanted: str, phase: str) -> None:
    if phase == wanted:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    license_id, wanted = sys.argv[1:]
    build_dataset(license_id=UUID(license_id), clock=lambda: NOW, entered=lambda phase: die_at(wanted, phase))
