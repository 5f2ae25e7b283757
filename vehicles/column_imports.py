"""An import whose columns its owner names first: a proposal, a preview, then into the queue as any other."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.db import transaction

from dimo.errors import DomainError
from vehicles import imports, quality
from vehicles.importers import columns, guessing, sniffing
from vehicles.importers.columns import Plan
from vehicles.importers.parsed import Export, Parsed, Rejected, ZoneMissing
from vehicles.importers.sniffing import Look
from vehicles.models import ImportBatch

PREVIEW_ROWS = 10


class ChoicesMade(DomainError):
    """The columns of this import were chosen already."""


class PreviewRow(NamedTuple):
    """One row of the file as it would be stored: values by signal id, and why parts of it would not be."""

    row: int
    ts: datetime | None
    values: dict[int, float]
    refused: list[tuple[str, str]]  # (signal or "", code)


def export_of(batch: ImportBatch, plan: Plan | None = None, timezone: str = "") -> Export:
    """The waiting file.

    Raises:
        FileGone
    """
    path = Path(settings.MEDIA_ROOT) / batch.path
    if not batch.path or not path.is_file():
        raise imports.FileGone
    zone = ZoneInfo(timezone) if timezone in imports.zones() else None
    return Export(path, batch.filename, zone, msgspec.to_builtins(plan) if plan else None)


def proposal(*, batch: ImportBatch) -> tuple[Look, Plan]:
    """What is in the file, and what its columns were last time the same person brought one like it, or may well be.

    Raises:
        FileGone, FileEmpty, NoColumns, FileNotText, RowMalformed
    """
    look = sniffing.look(export_of(batch).path)
    earlier = ImportBatch.objects.filter(
        owner=batch.owner_id, format=batch.format, plan__header=look.header, plan__delimiter=look.delimiter
    )
    for plan in earlier.order_by("-created_at").values_list("plan", flat=True)[:1]:
        return look, msgspec.convert(plan, Plan)
    return look, guessing.propose(look)


def preview(*, batch: ImportBatch, plan: Plan, timezone: str, now: datetime) -> list[PreviewRow]:
    """The first rows as they would be stored, in the catalog's units.

    Raises:
        FileGone, PlanUnfit, ZoneMissing, ClockContradictsZone, FileRefused
    """
    rows: dict[int, PreviewRow] = {}
    for item in columns.preview(export_of(batch, plan, timezone), rows=PREVIEW_ROWS):
        if isinstance(item, Rejected):
            row = rows.setdefault(item.row, PreviewRow(item.row, None, {}, []))
            row.refused.append((item.signal, item.code))
        elif isinstance(item, Parsed):
            screened = quality.screen([item.message], now=now)
            earlier = rows[item.row].refused if item.row in rows else []
            refused = [(str(gone.signal), gone.code) for gone in screened.refused]
            kept = screened.moments.get(item.message.ts, {})
            rows[item.row] = PreviewRow(item.row, item.message.ts, kept, earlier + refused)
    return list(rows.values())


@transaction.atomic
def choose(*, batch_id: UUID, plan: Plan, timezone: str) -> ImportBatch:
    """Fix what the columns are; from now on the import waits for a worker.

    Raises:
        ChoicesMade, FileGone, PlanUnfit, ZoneMissing, ZoneUnknown, ClockContradictsZone, FileRefused
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state != ImportBatch.State.MAPPING:
        raise ChoicesMade
    if timezone and timezone not in imports.zones():
        raise imports.ZoneUnknown(f"“{timezone}” is not the name of a time zone.", field="timezone")
    columns.check(plan)
    if not plan.zoned and not timezone:
        raise ZoneMissing(field="timezone")
    columns.preview(export_of(batch, plan, timezone), rows=PREVIEW_ROWS)
    batch.plan, batch.timezone = msgspec.to_builtins(plan), timezone
    batch.state = ImportBatch.State.QUEUED
    batch.save(update_fields=["plan", "timezone", "state"])
    return batch


def accept_proposal(*, batch: ImportBatch) -> ImportBatch:
    """Import by the proposal as it is, in the zone named at the upload.

    Raises:
        as `proposal` and `choose`
    """
    return choose(batch_id=batch.pk, plan=proposal(batch=batch)[1], timezone=batch.timezone)


@transaction.atomic
def drop(*, batch_id: UUID) -> None:
    """Forget an import that was never begun, with its file. Idempotent.

    Raises:
        ChoicesMade
    """
    batch = ImportBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        return
    if batch.state != ImportBatch.State.MAPPING:
        raise ChoicesMade
    path = Path(settings.MEDIA_ROOT) / batch.path
    batch.sources.all().delete()
    batch.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def abandoned(*, before: datetime) -> list[UUID]:
    """Imports uploaded before a moment whose owner never said what the columns are."""
    waiting = ImportBatch.objects.filter(state=ImportBatch.State.MAPPING, created_at__lt=before)
    return list(waiting.order_by("created_at").values_list("pk", flat=True)[:100])
