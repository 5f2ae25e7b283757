"""Proof of movement: what was judged of a vehicle's week, and by what copied drives are found."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from vehicles.models.registry import Vehicle
from vehicles.models.trips import Trip


class TripPrint(models.Model):
    """Hashes of a drive's shape without its moments, see `vehicles/movement/shapes.py`."""

    trip = models.OneToOneField(Trip, models.CASCADE, primary_key=True, related_name="print")
    ended_at = models.DateTimeField(help_text="of the trip when its prints were made; another: they are stale")
    readings = models.PositiveIntegerField()
    prints = ArrayField(models.BigIntegerField())

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["prints"], name="trip_by_print")]

    def __str__(self) -> str:
        return f"Prints of trip {self.trip_id}"


class MovementVerdict(models.Model):
    """Whether a vehicle was driven in an ISO week, in one owner epoch. A week judged again makes a new revision."""

    class Kind(models.TextChoices):
        HARDWARE = "hardware", "Device in the car"
        PHONE = "phone", "Phone"
        CONNECTION = "connection", "Maker's connection"
        IMPORT = "import", "Imported file"
        SIMULATOR = "simulator", "Simulator"
        NONE = "none", "Nothing"

    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="verdicts")
    owner_epoch = models.PositiveIntegerField()
    week = models.DateField(help_text="Monday, UTC")
    revision = models.PositiveSmallIntegerField()
    proved = models.BooleanField(help_text="the numbers agree with a vehicle that was driven")
    earns = models.BooleanField(help_text="proved by a paired device that signed whole messages")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    powertrain = models.CharField(max_length=12, blank=True)
    km = models.FloatField(help_text="of drives that count, by positions")
    gps_km = models.FloatField()
    odometer_km = models.FloatField(null=True)
    trips = models.PositiveIntegerField(help_text="that count")
    days = models.PositiveSmallIntegerField()
    signed_share = models.FloatField(help_text="of the kilometers, 0..1")
    witnesses = models.PositiveSmallIntegerField(help_text="independent measures of the distance that agree")
    reasons = models.JSONField(default=list, help_text="codes with figures; words are in movement/words.py")
    evidence = models.JSONField(default=dict)
    trips_digest = models.CharField(max_length=32, help_text="of the trips that were judged; another: judge again")
    judged_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["week", "vehicle", "owner_epoch", "revision"], name="one_verdict_per_revision"
            ),
            models.CheckConstraint(condition=Q(earns=False) | Q(proved=True), name="only_proved_movement_earns"),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="a_verdict_is_of_a_week"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="revisions_begin_at_one"),
        ]
        indexes: ClassVar = [
            models.Index(F("vehicle"), F("owner_epoch"), F("week").desc(), F("revision").desc(), name="verdict_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} in the week of {self.week}, revision {self.revision}"
