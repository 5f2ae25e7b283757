"""Drives, cut from what was measured."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from vehicles.models.registry import Vehicle
from vehicles.models.sources import Source


class Trip(models.Model):
    """A drive, cut from movement, ignition and gaps, as its driver joined and split it.

    A private or a deleted trip is in nobody's dataset, from any moment. Areas are H3 cells of resolution 7 as their
    upper 40 bits (`signals.cell_value`). What was cut before a figure was known of has none.
    """

    class EnergyBy(models.TextChoices):
        """How the energy was told, the best way that the readings allowed."""

        COUNTER = "counter", "By the battery's own energy reading"
        POWER = "power", "By the power out of the battery"
        LEVEL = "level", "Estimated from the charge level and the capacity"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="trips")
    owner_epoch = models.PositiveIntegerField()
    source = models.ForeignKey(Source, models.PROTECT, related_name="trips")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(help_text="moment of the last reading; the period is half-open just after it")
    distance_km = models.FloatField()
    readings = models.PositiveIntegerField()
    max_speed_kmh = models.FloatField(null=True)
    soc_used_pct = models.FloatField(null=True)
    fuel_used_l = models.FloatField(null=True)
    energy_kwh = models.FloatField(null=True, help_text="out of the battery; negative where driving filled it")
    energy_by = models.CharField(max_length=8, blank=True, choices=EnergyBy.choices)
    odometer_start_km = models.FloatField(null=True)
    odometer_end_km = models.FloatField(null=True)
    stops = models.PositiveSmallIntegerField(default=0, help_text="stands of a minute or more on the way")
    start_cell = models.BigIntegerField(null=True)
    end_cell = models.BigIntegerField(null=True)
    cells = ArrayField(models.BigIntegerField(), default=list, help_text="areas it passed, each once")
    celsius = models.FloatField(null=True, help_text="mean of the air outside, where it was told")
    doubts = models.JSONField(default=dict, help_text="readings by the name of the doubt about them")
    private = models.BooleanField(default=False)
    tag = models.CharField(
        max_length=12,
        blank=True,
        choices=[("business", "Business"), ("private", "Private use")],
    )
    note = models.CharField(max_length=500, blank=True)
    edited_at = models.DateTimeField(
        null=True, help_text="last change of its tag, note, beginning or end by its driver"
    )
    deleted_at = models.DateTimeField(null=True, help_text="hidden since; its readings stay and are in no dataset")
    known_at = models.DateTimeField(
        default=now, help_text="of two trips with the same points the one known longer counts"
    )
    marks = ArrayField(models.BigIntegerField(), default=list, help_text="smallest hashes of its (moment, position)")
    points_removed_at = models.DateTimeField(null=True, help_text="its exact positions went, as its owner chose")
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="duplicates")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["vehicle", "-started_at"], name="trip_by_vehicle"),
            GinIndex(fields=["marks"], name="trip_by_mark"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=models.F("started_at")),
                name="a_trip_ends_after_it_starts",
            ),
            # Deferred: cutting again may pass a moment from one trip to the next.
            models.UniqueConstraint(
                fields=["source", "started_at"],
                name="one_trip_of_a_source_starts_at_a_moment",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"Trip of {self.started_at:%Y-%m-%d %H:%M}"


class TripSeam(models.Model):
    """A driver's word on where drives of a source join or part; it outlives every cutting."""

    class Kind(models.TextChoices):
        JOIN = "join", "One drive in spite of the stop"
        SPLIT = "split", "Two drives"

    source = models.ForeignKey(Source, models.CASCADE, related_name="seams")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="of a split the same moment: the first of the later drive")
    made_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["source", "starts_at"], name="seam_by_source")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gte=models.F("starts_at")), name="a_seam_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~Q(kind="split") | Q(ends_at=models.F("starts_at")), name="a_split_is_a_moment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.starts_at:%Y-%m-%d %H:%M}"


class HiddenStretch(models.Model):
    """A stretch of time that a driver withheld; it stays withheld whatever becomes of the trips in it."""

    class Reason(models.TextChoices):
        PRIVATE = "private", "Private trip"
        DELETED = "deleted", "Deleted trip"

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="hidden_stretches")
    source = models.ForeignKey(Source, models.CASCADE, related_name="hidden_stretches")
    reason = models.CharField(max_length=7, choices=Reason.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(help_text="moment of the last reading, included")
    made_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name_plural = "hidden stretches"
        indexes: ClassVar = [models.Index(fields=["vehicle", "starts_at"], name="hidden_by_vehicle")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=models.F("starts_at")), name="a_hidden_stretch_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} from {self.starts_at:%Y-%m-%d %H:%M}"
