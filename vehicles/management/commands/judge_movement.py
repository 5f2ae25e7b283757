"""Judge weeks and print the table of verdicts, drive by drive."""

import json
import re
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from vehicles.models import MovementVerdict, Trip
from vehicles.movement import judging, selectors, words

HEAD = f"{'week':10} {'vehicle':8} {'from':10} {'drives':>6} {'km':>8} {'odometer':>8}  verdict"


class Command(BaseCommand):
    help = "Judge closed weeks for proof of movement; prints each vehicle's verdict and each of its drives."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--week", default="", metavar="2026-W47", help="one ISO week; without it all with drives")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *, week: str, json: bool, **options: Any) -> None:
        moment = now()
        weeks = [week_named(week)] if week else all_weeks(moment)
        for each in weeks:
            try:
                judging.judge_week(week=each, now=moment)
            except judging.WeekOpen as refusal:
                raise CommandError(str(refusal)) from refusal
        rows = [told(row) for each in weeks for row in judged(each)]
        self.stdout.write(as_json(rows) if json else "\n".join([HEAD, *(line for row in rows for line in lines(row))]))


def as_json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, indent=2)


def week_named(name: str) -> date:
    if not re.fullmatch(r"\d{4}-W\d\d", name):
        raise CommandError(f"--week {name}: write an ISO week such as 2026-W47.")
    try:
        return date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
    except ValueError as error:
        raise CommandError(f"--week {name}: there is no such week.") from error


def all_weeks(moment: Any) -> list[date]:
    days = {day - timedelta(days=day.weekday()) for day in Trip.objects.dates("started_at", "day")}
    return sorted(week for week in days if judging.closed(week=week, now=moment))


def judged(week: date) -> list[MovementVerdict]:
    rows = selectors.newest(MovementVerdict.objects.filter(week=week))
    return list(rows.select_related("vehicle").order_by("vehicle", "owner_epoch"))


def told(row: MovementVerdict) -> dict[str, Any]:
    return {
        "week": f"{row.week:%G-W%V}",
        "vehicle": str(row.vehicle.public_id),
        "proved": row.proved,
        "earns": row.earns,
        "kind": row.kind,
        "km": row.km,
        "odometer_km": row.odometer_km,
        "trips": row.trips,
        "revision": row.revision,
        "reasons": [{**reason, "words": words.sentence(reason)[0]} for reason in row.reasons],
        "drives": row.evidence["drives"],
    }


def lines(row: dict[str, Any]) -> list[str]:
    """A vehicle's line, and one for each of its drives."""
    odometer = "–" if row["odometer_km"] is None else f"{row['odometer_km']:.1f}"
    word = "earns" if row["earns"] else "proved" if row["proved"] else "not proved"
    said = " ".join(reason["words"] for reason in row["reasons"])
    first = f"{row['week']:10} {row['vehicle'][:8]} {row['kind']:10} {row['trips']:>6} {row['km']:>8.1f} {odometer:>8}"
    return [
        f"{first}  {word}. {said}".rstrip(),
        *(
            f"  drive {drive['trip'][:8]} {drive['kind']:>12} {drive['gps_km']:>15.1f}"
            f"           {drive['refused'] or 'counts'}"
            for drive in row["drives"]
        ),
    ]
