"""Import export files from the command line, as the upload page does."""

import json
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import column_imports, imports
from vehicles.importers.formats import formats
from vehicles.importers.reasons import reason
from vehicles.models import ImportBatch


class Command(BaseCommand):
    help = "Import drives from export files; prints what was stored, duplicate and rejected (by reason), and trips."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("format", choices=sorted(formats), metavar="FORMAT", help=", ".join(sorted(formats)))
        parser.add_argument("paths", nargs="+", metavar="PATH", help="export files, or folders of them")
        parser.add_argument("--owner", required=True, metavar="EMAIL", help="whose drives these are")
        parser.add_argument("--timezone", default="", metavar="ZONE", help="zone of the files' local times")
        parser.add_argument("--create-owner", action="store_true", help="create the owner when there is none")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *, paths: list[str], owner: str, **options: Any) -> None:
        user = owner_of(owner, create=options["create_owner"])
        results = [
            one(path, user=user, format=options["format"], timezone=options["timezone"])
            for path in expanded(paths, options["format"])
        ]
        total = summed(results)
        self.stdout.write(json.dumps(total, indent=2) if options["json"] else "\n".join(lines(total)))
        if failed := [result["file"] for result in results if result["failure"]]:
            raise CommandError(f"{len(failed)} of {len(results)} files could not be imported: {', '.join(failed)}")


def owner_of(email: str, *, create: bool) -> User:
    user = User.objects.filter(email__iexact=email).first()
    if user is None and create:
        user = User.objects.create_user(email=email)
    if user is None:
        raise CommandError(f"There is no user {email}; --create-owner makes one.")
    return user


def expanded(paths: list[str], format: str) -> list[Path]:
    """The files that are meant: a folder stands for its files of the format."""
    found: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(p for p in path.iterdir() if p.suffix in formats[format].suffixes) if path.is_dir() else [path]
        if not inside or not inside[0].is_file():
            raise CommandError(f"There is no file to import at {path}.")
        found += inside
    return found


def one(path: Path, *, user: User, format: str, timezone: str) -> dict[str, Any]:
    try:
        with path.open("rb") as handle:
            batch = imports.start_import(
                owner=user, format=format, file=File(handle, name=path.name), timezone=timezone, now=now()
            )
        if batch.state == ImportBatch.State.MAPPING:
            batch = column_imports.accept_proposal(batch=batch)
        batch = imports.run_import(batch_id=batch.pk, now=now())
    except DomainError as refusal:
        return {**counts(), "file": path.name, "failure": str(refusal), "code": refusal.code}
    except OSError as error:
        return {**counts(), "file": path.name, "failure": error.strerror or str(error), "code": "unreadable"}
    return {**counts(batch), "file": path.name, "failure": batch.failure, "batch": str(batch.pk)}


def counts(batch: ImportBatch | None = None) -> dict[str, Any]:
    if batch is None:
        return {"stored": 0, "duplicate": 0, "rejected": {}, "trips": 0, "vehicles": []}
    cars = batch.sources.values_list("vehicle__public_id", flat=True)
    return {
        "stored": batch.stored,
        "duplicate": batch.duplicate,
        "rejected": dict(imports.refusals_of(batch=batch)),
        "trips": imports.trips_of(batch=batch).count(),
        "vehicles": sorted(str(car) for car in cars),
    }


def summed(results: list[dict[str, Any]]) -> dict[str, Any]:
    rejected: Counter[str] = Counter()
    for result in results:
        rejected.update(result["rejected"])
    return {
        "stored": sum(result["stored"] for result in results),
        "duplicate": sum(result["duplicate"] for result in results),
        "rejected": dict(sorted(rejected.items())),
        "trips": sum(result["trips"] for result in results),
        "vehicles": sorted({car for result in results for car in result["vehicles"]}),
        "files": results,
    }


def lines(total: dict[str, Any]) -> list[str]:
    said = [
        f"{result['file']}: " + (result["failure"] or f"{result['stored']:,} stored, {result['trips']} trips")
        for result in total["files"]
    ]
    said += [f"Stored     {total['stored']:>10,}", f"Duplicate  {total['duplicate']:>10,}"]
    said += [f"Rejected   {sum(total['rejected'].values()):>10,}"]
    said += [f"  {count:>9,}  {code}: {reason(code)}" for code, count in total["rejected"].items()]
    return [*said, f"Trips      {total['trips']:>10,}", f"Vehicles   {len(total['vehicles']):>10,}"]
