"""Drives, cut from what was measured."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from vehicles.models.registry import Vehicle
from vehicles.models.sources import Source


class Trip(models.Model):
    """A drive, cut from movement, ignition and gaps. A private trip is in nobody's dataset, from any moment."""

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
    private = models.BooleanField(default=False)
    tag = models.CharField(
        max_length=12,
        blank=True,
        choices=[("business", "Business"), ("private", "Private use")],
    )
    marks = ArrayField(models.BigIntegerField(), default=list, help_text="smallest hashes of its (moment, position)")
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
