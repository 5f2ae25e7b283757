"""What is known of vehicles: who owns them, what measures them, and the trips cut from what was measured.

Telemetry itself (`message`, `ingest_event`, `rollup_1m`) is SQL, see the migrations and `telemetry.py`.
"""

import secrets
import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.timezone import now


def new_salt() -> bytes:
    return secrets.token_bytes(16)


class Vehicle(models.Model):
    """A vehicle of one owner. `owner_epoch` rises with each change of owner and voids what the last one allowed."""

    class Powertrain(models.TextChoices):
        COMBUSTION = "combustion", "Combustion"
        HYBRID = "hybrid", "Hybrid"
        PLUG_IN = "plug_in", "Plug-in hybrid"
        ELECTRIC = "electric", "Electric"

    id = models.AutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="vehicles")
    owner_epoch = models.PositiveIntegerField(default=1)
    nickname = models.CharField(max_length=60, blank=True)
    make = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=80, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    powertrain = models.CharField(max_length=12, choices=Powertrain.choices, blank=True)
    timezone = models.CharField(max_length=64, default="UTC", help_text="zone in which the owner reads trips")
    vin_tag = models.BinaryField(max_length=32, null=True, unique=True, help_text="keyed HMAC of the VIN")
    salt = models.BinaryField(
        max_length=16,
        default=new_salt,
        help_text="of this owner epoch; pseudonyms derive from it",
    )
    simulated = models.BooleanField(default=False)
    registered_at = models.DateTimeField(default=now)
    owned_since = models.DateTimeField(null=True, blank=True, help_text="last change of owner; none: since ever")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner", "id"], name="vehicle_by_owner")]

    def __str__(self) -> str:
        return self.nickname or " ".join(filter(None, [self.make, self.model])) or f"Vehicle {self.pk}"


class Device(models.Model):
    """Something with a secp256k1 key that signs what it measures."""

    class Kind(models.TextChoices):
        HARDWARE = "hardware", "Device in the car"
        PHONE = "phone", "Phone"
        CONNECTION = "connection", "Maker's connection"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="devices")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    label = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=42, unique=True, help_text="EIP-55 address of the device's key")
    simulated = models.BooleanField(default=False)
    last_sequence = models.BigIntegerField(default=0)
    sequence_window = models.BinaryField(default=b"", help_text="bitmap of the 1,024 numbers up to last_sequence")
    last_seen_at = models.DateTimeField(null=True, blank=True)
    flagged_at = models.DateTimeField(null=True, blank=True, help_text="a sequence number came back with another body")
    registered_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.label or f"{self.get_kind_display()} {self.address[:8]}…"


class Pairing(models.Model):
    """A device measures a vehicle in `[from, to)`; two vehicles never share a device at one moment."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="pairings")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="pairings")
    owner_epoch = models.PositiveIntegerField()
    period = DateTimeRangeField()
    subject = models.CharField(max_length=160, blank=True, help_text="what the device calls the vehicle, a DID")

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="a_device_measures_one_vehicle_at_a_time",
                expressions=[
                    ("device", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="a_pairing_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} measures {self.vehicle_id}"


class ImportBatch(models.Model):
    """One upload of an export file: its progress, its counts by reason, and the handle by which it is undone."""

    class Format(models.TextChoices):
        ENVIROCAR = "envirocar", "enviroCar"
        TESLAFI = "teslafi", "TeslaFi"
        TWIZY = "twizy", "Twizy data set"

    class State(models.TextChoices):
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
            models.Index(fields=["uncut_until"], name="source_uncut", condition=Q(uncut_until__isnull=False))
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
