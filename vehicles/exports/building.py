"""Asking for an export and building it: part by part, so that a builder that was killed is gone on after."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final, NamedTuple
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet

from dimo.audit import trail
from dimo.errors import DomainError
from dimo.users.models import User
from vehicles.exports import archive, dictionary, own_time, readings
from vehicles.exports.tables import registered
from vehicles.models import DataExport

KEPT: Final = timedelta(days=7)
MOST_ATTEMPTS: Final = 5
LOCK: Final = 1_480_677_974  # a number of our own for the advisory lock, beside the owner's id
State = DataExport.State
OPEN: Final = (State.QUEUED, State.RUNNING)
Reached = Callable[[str], None]
log = structlog.get_logger(__name__)


class ExportRunning(DomainError):
    """An export of yours is being made already; it will be ready soon."""


class ExportNotReady(DomainError):
    """The export is not ready, or was deleted after its week."""

    status: ClassVar[int] = 404


class ExportBusy(DomainError):
    """Another worker makes this person's export."""


class ExportGone(DomainError):
    """The export was deleted while it was made."""


class Part(NamedTuple):
    """One thing to write: its key, what it is in words, and how it is written into the work folder."""

    key: str
    words: str
    write: Callable[[], object]


def nothing(step: str) -> None:
    """Nobody listens."""


@transaction.atomic
def start_export(*, owner: User, now: datetime) -> DataExport:
    """Ask for an export of everything an account holds; one at a time.

    Raises:
        ExportRunning
    """
    try:
        with transaction.atomic():
            export = DataExport.objects.create(owner=owner, asked_at=now)
    except IntegrityError as error:
        raise ExportRunning from error
    note(export, "asked", now=now)
    return export


def exports_of(*, owner: User) -> QuerySet[DataExport]:
    """A person's exports, newest first."""
    return DataExport.objects.filter(owner=owner).order_by("-asked_at", "id")


def archive_of(*, owner: User, export_id: UUID, now: datetime) -> tuple[DataExport, Path]:
    """A ready export of one's own and where its archive lies.

    Raises:
        ExportNotReady
    """
    export = exports_of(owner=owner).filter(pk=export_id, state=State.READY, expires_at__gt=now).first()
    path = archive.folder_of(export_id) / archive.ARCHIVE
    if export is None or not path.is_file():
        raise ExportNotReady
    return export, path


@contextmanager
def alone(owner_id: int) -> Iterator[None]:
    """Be the only one who makes this person's export; a killed worker's lock goes with its connection.

    Raises:
        ExportBusy
    """
    key = [LOCK, owner_id % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        if not cursor.fetchone()[0]:
            raise ExportBusy
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def build_export(
    *, export_id: UUID, now: datetime, clock: Callable[[], datetime] | None = None, reached: Reached = nothing
) -> DataExport:
    """Write what is missing of an export, pack it and say so to its owner. Safe to repeat, to kill and to race.

    Parts that an earlier attempt finished are kept. After five attempts the export fails. `clock` says when it is
    done, `reached` hears each part's key and then packed.

    Raises:
        DataExport.DoesNotExist, ExportBusy
    """
    export = DataExport.objects.select_related("owner").get(pk=export_id)
    with alone(export.owner_id):
        export.refresh_from_db()
        if export.state not in OPEN:
            return export
        if export.attempts >= MOST_ATTEMPTS:
            return give_up(export, now)
        try:
            write_parts(export, now, reached)
            path = archive.pack(export_id=export.pk)
            reached("packed")
            finish(export, path, clock() if clock else now)
        except ExportGone:
            archive.drop(export.pk)
    return export


def write_parts(export: DataExport, now: datetime, reached: Reached) -> None:
    """Write part after part; each leaves a mark that it is there."""
    parts = list(parts_of(export, now))
    tell(export, state=State.RUNNING, total_parts=len(parts), done_parts=0, attempts=F("attempts") + 1)
    marks = archive.work_of(export.pk) / "done.part"  # by its suffix left out of the archive
    marks.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = set(json.loads(marks.read_text())) if marks.exists() else set()
    for number, part in enumerate(parts, start=1):
        if part.key not in done:
            tell(export, phase=part.words[:80])
            part.write()
            done.add(part.key)
            draft = marks.with_suffix(".new.part")
            draft.write_text(json.dumps(sorted(done)))
            draft.replace(marks)
        tell(export, done_parts=number)
        reached(part.key)
    tell(export, phase="")


def parts_of(export: DataExport, now: datetime) -> Iterator[Part]:
    """Everything that an export consists of."""
    work, owner = archive.work_of(export.pk), export.owner
    yield Part("words", "Data dictionary", lambda: write_words(work, owner, now))
    for table in registered():
        yield Part(
            f"table {table.name}",
            table.name.replace("_", " "),
            lambda table=table: archive.write_table(table=table, user=owner, folder=work / "tables"),  # type: ignore[misc]
        )
    taken: set[str] = set()
    for vehicle, tenure in own_time.tenures(owner=owner):
        folder = work / "vehicles" / str(vehicle.public_id) / "readings"
        for month in readings.months_of(vehicle_id=vehicle.pk, tenure=tenure):
            key = f"{vehicle.public_id} {month.name}"
            name = month.name if key not in taken else f"{month.name}-owner-{tenure.epoch}"
            taken.add(key)
            facts = {"vehicle_id": vehicle.pk, "tenure": tenure, "month": month, "folder": folder, "name": name}
            yield Part(
                f"{key} {tenure.epoch}",
                f"{vehicle}, {month.name}",
                lambda facts=facts: readings.write_month(**facts),  # type: ignore[misc]
            )


def write_words(work: Path, owner: User, now: datetime) -> None:
    """What people and programs read first."""
    (work / "README.md").write_text(dictionary.readme(owner=owner.email, day=f"{now:%Y-%m-%d}"), "utf-8")
    (work / "data-dictionary.json").write_text(json.dumps(dictionary.described(), indent=2), "utf-8")


def tell(export: DataExport, **facts: object) -> None:
    """Write how far it is.

    Raises:
        ExportGone
    """
    if not DataExport.objects.filter(pk=export.pk, state__in=OPEN).update(**facts):
        raise ExportGone


@transaction.atomic
def finish(export: DataExport, path: Path, now: datetime) -> None:
    """The archive is whole: from now on its owner may fetch it, for a week."""
    tell(
        export,
        state=State.READY,
        size=path.stat().st_size,
        sha256=archive.sha256_of(path),
        finished_at=now,
        expires_at=now + KEPT,
    )
    export.refresh_from_db()
    note(export, "ready", now=now)
    transaction.on_commit(lambda: write_letter(export.owner.email), robust=True)
    log.info("export_ready", export=str(export.pk), bytes=export.size)


def write_letter(address: str) -> None:
    """Say that it is ready. The letter holds no secret: the page asks for a fresh sign-in."""
    page = f"{settings.BASE_URL}/account/export/"
    send_mail("Your export is ready", f"Fetch it within seven days under Settings:\n\n{page}\n", None, [address])


def give_up(export: DataExport, now: datetime) -> DataExport:
    """It failed again and again; nothing of it is kept."""
    archive.drop(export.pk)
    tell(export, state=State.FAILED, finished_at=now, phase="")
    export.refresh_from_db()
    return export


def note(export: DataExport, act: str, *, now: datetime) -> None:
    """Write the fact down."""
    trail.record(
        actor=export.owner,
        action=f"export.{act}",
        object_kind="export",
        object_id=str(export.pk),
        subject=export.owner,
        now=now,
    )
