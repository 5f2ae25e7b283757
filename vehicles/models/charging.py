"""Charging sessions, where they happen, and what they tell of a battery."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from vehicles.models.registry import Vehicle
from vehicles.models.sources import Source


class ChargingSession(models.Model):
    """One charge of a vehicle, as one source told it. What is unknown is null or empty, never guessed.

    The curve lies here and not in telemetry, so that a session can be read when its day's messages are long sealed.
    """

    class Method(models.TextChoices):
        COUNTER = "counter", "The car's own counter"
        CHARGER = "charger_power", "The charger's power over time"
        BATTERY = "battery_power", "The battery's power over time"
        LEVEL = "level", "The charge level times the reported capacity"

    class Current(models.TextChoices):
        AC = "ac", "Alternating current"
        DC = "dc", "Direct current"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="charging_sessions")
    owner_epoch = models.PositiveIntegerField()
    source = models.ForeignKey(Source, models.PROTECT, related_name="charging_sessions")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(help_text="moment of the last reading")
    still_open = models.BooleanField(default=False, help_text="its end has not been told yet")
    readings = models.PositiveIntegerField()
    soc_from = models.FloatField(null=True)
    soc_to = models.FloatField(null=True)
    energy_kwh = models.FloatField(null=True)
    energy_method = models.CharField(max_length=16, choices=Method.choices, blank=True)
    peak_kw = models.FloatField(null=True)
    mean_kw = models.FloatField(null=True)
    current = models.CharField(max_length=2, choices=Current.choices, blank=True)
    cell = models.CharField(max_length=16, blank=True, help_text="H3 cell of resolution 7, hexadecimal")
    odometer_km = models.FloatField(null=True)
    soh_pct = models.FloatField(null=True)
    full_range_km = models.FloatField(null=True)
    capacity_kwh = models.FloatField(null=True, help_text="energy over the level's rise, from 30 points on")
    curve = models.JSONField(default=list, help_text="[seconds since the start, percent, kW]")
    doubts = ArrayField(models.CharField(max_length=24), default=list)
    marks = ArrayField(models.BigIntegerField(), default=list, help_text="smallest hashes of its readings")
    duplicate_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="duplicates")
    said_place = models.CharField(
        max_length=4, blank=True, help_text="home or away, by the owner's word on this charge alone"
    )
    paid = models.DecimalField(max_digits=9, decimal_places=2, null=True, help_text="what the owner says it cost")
    paid_currency = models.CharField(max_length=3, blank=True, help_text="ISO 4217")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["vehicle", "-started_at"], name="charge_by_vehicle"),
            GinIndex(fields=["marks"], name="charge_by_mark"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="a_charge_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(energy_kwh__isnull=True, energy_method="") | (Q(energy_kwh__gte=0) & ~Q(energy_method="")),
                name="energy_is_told_with_its_method",
            ),
            models.CheckConstraint(
                condition=Q(paid__isnull=True, paid_currency="")
                | (Q(paid__gte=0) & Q(paid_currency__regex="^[A-Z]{3}$")),
                name="what_was_paid_has_a_currency",
            ),
            models.CheckConstraint(
                condition=Q(said_place__in=["", "home", "away"]), name="a_charge_is_at_home_or_away_or_unsaid"
            ),
            models.UniqueConstraint(
                fields=["source", "started_at"],
                name="one_charge_of_a_source_starts_at_a_moment",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return f"Charge of {self.started_at:%Y-%m-%d %H:%M}"


class ChargingPlace(models.Model):
    """A person's word for where they charge: at home, or elsewhere. Never derived from where a car spends nights."""

    class Kind(models.TextChoices):
        HOME = "home", "Home"
        AWAY = "away", "Elsewhere"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="charging_places")
    cell = models.CharField(max_length=16, help_text="H3 cell of resolution 7, hexadecimal")
    kind = models.CharField(max_length=4, choices=Kind.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "cell"], name="a_charging_place_is_of_one_kind")
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class BatteryHealth(models.Model):
    """What a vehicle's sessions tell of its battery in percent of new, and whether its owner lets it be compared.

    `shared_since` is a permission of one owner epoch: with another owner it is void.
    """

    vehicle = models.OneToOneField(Vehicle, models.CASCADE, related_name="battery_health")
    owner_epoch = models.PositiveIntegerField()
    health_pct = models.FloatField(null=True)
    as_of = models.DateTimeField(null=True)
    shared_since = models.DateTimeField(null=True, help_text="none: not compared with others, which is the default")
    parked_until = models.DateTimeField(null=True, help_text="up to here parked stretches of this owner are known")

    def __str__(self) -> str:
        return f"Battery of {self.vehicle_id}"


class ParkedStretch(models.Model):
    """Six hours and more in which a vehicle was neither driven nor charged, by the levels told at its ends."""

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="parked_stretches")
    owner_epoch = models.PositiveIntegerField()
    since = models.DateTimeField(help_text="moment of the first level")
    until = models.DateTimeField(help_text="moment of the last level")
    before_pct = models.FloatField()
    after_pct = models.FloatField()
    celsius = models.FloatField(null=True, help_text="mean of the air outside, where it was told")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="a_parked_stretch_lasts"),
            models.UniqueConstraint(fields=["vehicle", "since"], name="a_parked_stretch_is_told_once"),
        ]

    def __str__(self) -> str:
        return f"Parked {self.since:%Y-%m-%d %H:%M}"


class PeerMedian(models.Model):
    """The battery health of like cars, of whole tens of owners, as it was computed last; see `vehicles.battery.peers`.

    `members` are the owners who shared then: a figure stays as it is until ten of them have come or gone.
    """

    make = models.CharField(max_length=60)
    model = models.CharField(max_length=80)
    band = models.CharField(max_length=24, help_text="age of the model year")
    simulated = models.BooleanField()
    median_pct = models.PositiveSmallIntegerField()
    owners = models.PositiveIntegerField(help_text="whole tens")
    members = ArrayField(models.BigIntegerField())
    computed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["make", "model", "band", "simulated"], name="like_cars_have_one_median"),
            models.CheckConstraint(condition=Q(owners__gte=10), name="a_median_is_of_ten_owners_or_more"),
        ]

    def __str__(self) -> str:
        return f"{self.make} {self.model}, {self.band}"
