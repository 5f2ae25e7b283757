"""`manage.py device …`: the reference client for devices, which is a package of its own."""

import sys
from collections.abc import Sequence

from django.core.management.base import BaseCommand

from commons_device.__main__ import main


class Command(BaseCommand):
    help = "The reference client for devices: new, answer, setup, add, send, run, status; see docs/devices.md"

    def run_from_argv(self, argv: Sequence[str]) -> None:
        """Everything behind the command's name is the client's own."""
        sys.exit(main(argv[2:]))
