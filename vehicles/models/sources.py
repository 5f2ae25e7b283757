"""Where readings come from, and what of them was refused."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from vehicles.models.registry import Device, Vehicle


class ImportBatch(models.Model):
    """One upload of an export file: its progress, its counts by reason, and the handle by which it is undone."""

    class Format(models.TextChoices):
        ENVIROCAR = "envirocar", "enviroCar"
        TESLAFI = "teslafi", "TeslaFi"
        TWIZY = "twizy", "Twizy data set"
        COMMONS = "commons", "Our own export"
        COLUMNS = "columns", "Another CSV file"

    class State(models.TextChoices):
        MAPPING = "mapping", "Waits for your choices"
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Importing"
        DONE = "done", "Imported"
        FAILED = "failed", "Failed"
        UNDONE = "undone", "Undone"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="imports")
    format = models.CharField(max_length=12, choices=Format.choices)
    timezone = models.CharField(max_length=64, blank=True)
    filename = models.CharField(max_length=200)
    sha256 = models.BinaryField(max_length=32)
    path = models.CharField(
        max_length=300,
        blank=True,
        help_text="where an uploaded file waits, below MEDIA_ROOT",
    )
    plan = models.JSONField(null=True, help_text="which column is what, where the owner has to say so")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    done_rows = models.PositiveIntegerField(default=0)
    total_rows = models.PositiveIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0, help_text="readings: one signal at one moment")
    duplicate = models.PositiveIntegerField(default=0)
    rejected = models.JSONField(default=dict, help_text="count by reason code")
    failure = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "import batches"

    def __str__(self) -> str:
        return self.filename


class Source(models.Model):
    """Where readings of a vehicle came from; `message.source_id` names it."""

    class Kind(models.TextChoices):
        DEVICE = "device", "Device"
        IMPORT = "import", "Imported file"
        SIMULATOR = "simulator", "Simulator"

    class Grade(models.TextChoices):
        """How far a reading is vouched for; only `envelope_signed` may prove movement."""

        UNSIGNED = "unsigned", "Not signed"
        DATA = "data_signed", "Values signed"
        ENVELOPE = "envelope_signed", "Whole message signed"

    id = models.AutoField(primary_key=True)
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="sources")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="sources")
    batch = models.ForeignKey(ImportBatch, models.PROTECT, null=True, related_name="sources")
    grade = models.CharField(max_length=16, choices=Grade.choices, default=Grade.UNSIGNED)
    external_key = models.CharField(
        max_length=80,
        blank=True,
        help_text="the vehicle's name inside the imported format",
    )
    uncut_since = models.DateTimeField(null=True, help_text="readings from here on await the trip cutter")
    uncut_until = models.DateTimeField(null=True)
    uncharged_since = models.DateTimeField(null=True, help_text="and from here on the cutter of charging sessions")
    uncharged_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="device", device__isnull=False, batch__isnull=True)
                | Q(kind="import", device__isnull=True, batch__isnull=False)
                | Q(kind="simulator", device__isnull=True, batch__isnull=True),
                name="a_source_is_what_its_kind_says",
            ),
            models.UniqueConstraint(
                fields=["vehicle", "device", "grade"],
                condition=Q(kind="device"),
                name="one_source_per_device",
            ),
            models.UniqueConstraint(
                fields=["vehicle", "batch"],
                condition=Q(kind="import"),
                name="one_source_per_batch",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["uncut_until"], name="source_uncut", condition=Q(uncut_until__isnull=False)),
            models.Index(
                fields=["uncharged_until"], name="source_uncharged", condition=Q(uncharged_until__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class RejectionCount(models.Model):
    """How many readings of a source were refused on a day and why; nothing is dropped silently."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="rejections")
    day = models.DateField(help_text="day of arrival, UTC")
    signal = models.CharField(max_length=80)
    code = models.CharField(max_length=32)
    count = models.PositiveIntegerField(default=0)
    sample = models.JSONField(default=dict, help_text="the first such reading, for the owner's eyes only")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "day", "signal", "code"],
                name="one_count_per_reason_and_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} x {self.code}"
