"""What PostgreSQL knows of a day of telemetry: whether it is open, or in which files of the lake it lies."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class SealedDay(models.Model):
    """A UTC day that left the hot tier, or is leaving it; a day without a row is open.

    `files` is what readers read, and nothing else of the lake: a commit that is not recorded here is not there.
    """

    class State(models.TextChoices):
        SEALING = "sealing", "Being sealed"  # closed to ingest; readers still use the partition
        SEALED = "sealed", "Sealed"  # readers use the lake; the partition is still there
        DROPPED = "dropped", "Sealed, partition gone"

    day = models.DateField(primary_key=True)
    state = models.CharField(max_length=8, choices=State.choices)
    attempt = models.UUIDField(help_text="who writes or wrote it; a commit of the lake names it")
    version = models.PositiveIntegerField(default=0, help_text="the last recorded transaction seal:<day> of the lake")
    late_until = models.BigIntegerField(null=True, help_text="late messages up to this id are on their way to the lake")
    delta_version = models.PositiveBigIntegerField(null=True, help_text="version of the table at which it was recorded")
    files = ArrayField(models.CharField(max_length=300), default=list, help_text="paths below LAKE_URL/signals")
    rows = models.PositiveBigIntegerField(default=0, help_text="values, one signal at one moment each")
    checksum = models.CharField(
        max_length=16, blank=True, help_text="sum of the rows' hashes; see vehicles.store.table"
    )
    sealed_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sealed_day"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="sealing") | Q(version__gt=0, delta_version__isnull=False, sealed_at__isnull=False),
                name="a_sealed_day_is_recorded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.state}"


class LakeErasure(models.Model):
    """Rows that are to leave the lake. From its commit on nobody reads them; it goes when no file has them."""

    vehicle_id = models.IntegerField(help_text="no foreign key: an erasure may outlive the vehicle's row")
    source_ids = ArrayField(models.IntegerField(), default=list, help_text="empty: all sources")
    signal_ids = ArrayField(models.SmallIntegerField(), default=list, help_text="empty: all signals")
    since = models.DateTimeField()
    until = models.DateTimeField()
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "lake_erasure"

    def __str__(self) -> str:
        return f"vehicle {self.vehicle_id} from {self.since:%Y-%m-%d} to {self.until:%Y-%m-%d}"
