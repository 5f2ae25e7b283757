"""An export file becomes readings of its owner's cars, as one batch that can be followed and undone."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.files import File
from django.db import connection, transaction
from django.db.models import Count, ProtectedError, QuerySet, RestrictedError

from dimo.errors import DomainError
from dimo.users.models import User
from vehicles import latest, loading, telemetry, trips
from vehicles.charging import sessions
from vehicles.importers import formats
from vehicles.importers.parsed import Export, FileRefused, Format, ZoneMissing
from vehicles.models import ImportBatch, Source, Trip, Vehicle
from vehicles.registry import NotTheOwner

FOLDER = "uploads"
OPEN = (ImportBatch.State.QUEUED, ImportBatch.State.RUNNING)
LOCK = 1_480_677_972  # a number of our own for the advisory lock, beside the owner's id


class ZoneUnknown(DomainError):
    """This is not the name of a time zone."""

    status: ClassVar[int] = 422


class ImportBusy(DomainError):
    """Another import of the same person is running; this one waits for it."""


class ImportUnfinished(DomainError):
    """The import is still running. It can be undone when it has finished."""


class FileGone(FileRefused):
    """The uploaded file is not there anymore; upload it again."""


@cache
def zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def start_import(
    *, owner: User, format: str, file: File, timezone: str, now: datetime, vehicle: Vehicle | None = None
) -> ImportBatch:
    """Take in a file and put it in the queue; nothing of it is read yet but its first bytes.

    `timezone` names the zone of the file's local times and may be empty for formats that tell it. With `vehicle`
    everything goes to that vehicle; without it each car of the file gets one of its own, the same at every import.

    Raises:
        FormatUnknown, ZoneMissing, ZoneUnknown, NotTheOwner, FileEmpty, FileTooLarge, FileCompressed, FileRefused
    """
    kind = formats.format_named(format)
    if timezone and timezone not in zones():
        raise ZoneUnknown(f"“{timezone}” is not the name of a time zone, such as Europe/Berlin.", field="timezone")
    if kind.needs_zone and not timezone:
        raise ZoneMissing(field="timezone")
    if vehicle is not None and vehicle.owner_id != owner.pk:
        raise NotTheOwner(field="vehicle")
    name = "".join(c for c in Path(file.name or "file").name if c.isprintable())[-200:]
    file.seek(0)
    formats.check_file(name=name, size=file.size, start=file.read(8), format=kind)
    key = uuid4()
    place = f"{FOLDER}/{key}"
    digest = keep(file, Path(settings.MEDIA_ROOT) / place)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            id=key,
            owner=owner,
            format=format,
            timezone=timezone,
            filename=name,
            sha256=digest,
            path=place,
            state=ImportBatch.State.MAPPING if kind.asks else ImportBatch.State.QUEUED,
            created_at=now,
        )
        if vehicle is not None:
            Source.objects.create(vehicle=vehicle, kind=Source.Kind.IMPORT, batch=batch)
    return batch


def keep(file: File, path: Path) -> bytes:
    """Write the file where it waits, readable by us alone; its SHA-256."""
    digest = sha256()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.seek(0)
    with path.open("xb") as copy:
        path.chmod(0o600)
        for chunk in file.chunks():
            digest.update(chunk)
            copy.write(chunk)
    return digest.digest()


def run_import(*, batch_id: UUID, now: datetime) -> ImportBatch:
    """Read the file twice, first to see that all of it can be read, then to store it and cut trips.

    Safe to repeat: a finished import is left alone, one that was killed halfway starts from a clean slate. A file
    that cannot be read stores nothing and leaves the batch FAILED with the reason. Readings that are stored already
    count as duplicates.

    Raises:
        ImportBatch.DoesNotExist, ImportBusy
    """
    batch = ImportBatch.objects.get(pk=batch_id)
    with one_at_a_time(batch.owner_id):
        batch.refresh_from_db()
        if batch.state not in OPEN:
            return batch
        begin(batch)
        kind = formats.format_named(batch.format)
        try:
            load(batch, kind, now)
        except FileRefused as refusal:
            fail(batch, str(refusal), now)
        except Exception:
            fail(batch, "Something went wrong on our side; nothing of the file was kept.", now)
            raise
        discard_file(batch)
    return batch


@contextmanager
def one_at_a_time(owner_id: int) -> Iterator[None]:
    """Two imports of one person would each miss what the other is about to store.

    Raises:
        ImportBusy
    """
    key = [LOCK, owner_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        if not cursor.fetchone()[0]:
            raise ImportBusy
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


@transaction.atomic
def begin(batch: ImportBatch) -> None:
    """Forget what an earlier, unfinished run left."""
    clear(batch)
    batch.state = ImportBatch.State.RUNNING
    batch.save()


def clear(batch: ImportBatch) -> None:
    for source in batch.sources.all():
        trips.forget_trips(source=source)
        sessions.forget_sessions(source=source)
        telemetry.delete_readings(source=source)
        source.rejections.all().delete()
    batch.done_rows = batch.total_rows = batch.stored = batch.duplicate = 0
    batch.rejected = {}


def load(batch: ImportBatch, kind: Format, now: datetime) -> None:
    path = Path(settings.MEDIA_ROOT) / batch.path
    if not batch.path or not path.is_file():
        raise FileGone
    export = Export(path, batch.filename, ZoneInfo(batch.timezone) if batch.timezone else None, batch.plan)
    target = batch.sources.filter(external_key="").select_related("vehicle").first()
    batch.total_rows = loading.survey(export, kind, one_car=target is not None)
    batch.save(update_fields=["total_rows"])
    garage = loading.Garage(batch=batch, target=target, now=now)
    garage.load(kind.parse(export))
    with transaction.atomic():
        garage.cut_trips()
        batch.state, batch.finished_at = ImportBatch.State.DONE, now
        batch.done_rows = batch.total_rows
        batch.save()


@transaction.atomic
def fail(batch: ImportBatch, reason: str, now: datetime) -> None:
    clear(batch)
    batch.state, batch.failure, batch.finished_at = ImportBatch.State.FAILED, reason[:300], now
    batch.save()


def discard_file(batch: ImportBatch) -> None:
    """The readings are kept, not the file: it may say more than was asked for."""
    (Path(settings.MEDIA_ROOT) / batch.path).unlink(missing_ok=True)
    batch.path = ""
    batch.save(update_fields=["path"])


@transaction.atomic
def undo_import(*, batch_id: UUID, now: datetime) -> ImportBatch:
    """Take back everything that one import stored: readings, trips, counts. Idempotent.

    A car that was made for this import goes too when nothing else is its own: no other source, device, union or VIN.
    What was licensed and delivered meanwhile stays delivered; datasets built from now on lack it.

    Raises:
        ImportBatch.DoesNotExist, ImportUnfinished
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state in OPEN:
        raise ImportUnfinished
    if batch.state == ImportBatch.State.DONE:
        stored, duplicate, rejected = batch.stored, batch.duplicate, batch.rejected
        clear(batch)
        batch.stored, batch.duplicate, batch.rejected = stored, duplicate, rejected
        batch.state, batch.finished_at = ImportBatch.State.UNDONE, now
        batch.save()
        for vehicle in Vehicle.objects.select_for_update().filter(made_by=batch, vin_sealed=None, owner_epoch=1):
            remove_unused(vehicle, batch)
    return batch


def remove_unused(vehicle: Vehicle, batch: ImportBatch) -> None:
    """Delete a vehicle that only this import gave anything; whatever else refers to it protects it."""
    with suppress(ProtectedError, RestrictedError), transaction.atomic():
        vehicle.sources.filter(batch=batch).delete()
        number = vehicle.pk
        vehicle.delete()
        latest.forget(vehicle_id=number)


def imports_of(*, owner: User) -> QuerySet[ImportBatch]:
    """A person's imports, newest first, each with the number of trips it gave."""
    return ImportBatch.objects.filter(owner=owner).annotate(trips=Count("sources__trips")).order_by("-created_at", "id")


def trips_of(*, batch: ImportBatch) -> QuerySet[Trip]:
    """The trips found in an import, newest first."""
    return Trip.objects.filter(source__batch=batch).select_related("vehicle").order_by("-started_at")


def refusals_of(*, batch: ImportBatch) -> Counter[str]:
    """How many readings or rows were refused, by reason."""
    return Counter(batch.rejected)


def unfinished_imports(*, before: datetime) -> list[UUID]:
    """Imports begun before a moment that still wait or run; a lost message or a killed worker left them."""
    waiting = ImportBatch.objects.filter(state__in=OPEN, created_at__lt=before)
    return list(waiting.order_by("created_at").values_list("pk", flat=True)[:100])
