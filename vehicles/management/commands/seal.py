"""Seal what is due, as beat does each hour, and say what was done."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from dimo.errors import DomainError
from vehicles.store import passes


def day(text: str) -> date:
    """A day as it is typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write it as 2026-11-22") from None


class Command(BaseCommand):
    help = "Move days of telemetry that are due into the lake, and what came late for sealed ones; drop old partitions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", type=day, metavar="YYYY-MM-DD", help="this day alone, if it is due")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *, day: date | None, **options: Any) -> None:
        try:
            done = passes.seal_due_days(now=now(), day=day, seconds=float("inf"))
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["json"]:
            self.stdout.write(
                json.dumps([{"day": f"{each.day}", "step": each.step, "rows": each.rows} for each in done], indent=2)
            )
            return
        for each in done:
            self.stdout.write(f"{each.day}  {each.step:8} {each.rows:>12,} values")
        if not done:
            self.stdout.write("Nothing was due.")
