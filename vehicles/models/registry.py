"""Vehicles, the devices that measure them, and when."""

import secrets
import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.timezone import now

from vehicles import kinds


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
    kind = models.CharField(max_length=40, default="car", help_text="a kind of the catalog")
    nickname = models.CharField(max_length=60, blank=True)
    make = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=80, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    powertrain = models.CharField(max_length=12, choices=Powertrain.choices, blank=True)
    timezone = models.CharField(max_length=64, default="UTC", help_text="zone in which the owner reads trips")
    vin_tag = models.BinaryField(max_length=32, null=True, unique=True, help_text="keyed HMAC of the VIN")
    vin_sealed = models.BinaryField(max_length=64, null=True, help_text="the VIN, encrypted for its owner's eyes")
    salt = models.BinaryField(
        max_length=16,
        default=new_salt,
        help_text="of this owner epoch; pseudonyms derive from it",
    )
    simulated = models.BooleanField(default=False)
    registered_at = models.DateTimeField(default=now)
    owned_since = models.DateTimeField(null=True, blank=True, help_text="last change of owner; none: since ever")
    retired_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(
        "vehicles.ImportBatch", models.SET_NULL, null=True, related_name="+", help_text="the import it was made for"
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner", "id"], name="vehicle_by_owner")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(vin_tag=None) | Q(vin_sealed__isnull=False), name="a_tagged_vin_is_kept_sealed"
            )
        ]

    def __str__(self) -> str:
        # `called`: by an owner whose time is over, see `ownership_selectors`; the owner of now may call it otherwise.
        return (
            getattr(self, "called", self.nickname)
            or " ".join(filter(None, [self.make, self.model]))
            or f"Vehicle {self.pk}"
        )

    @property
    def moves(self) -> bool:
        """Whether it drives: what does not has no trips and no map."""
        return kinds.named(self.kind).moves

    @property
    def plugs(self) -> bool:
        """Whether electricity may be bought for it; where its owner does not say how it drives, it may."""
        return self.powertrain != self.Powertrain.COMBUSTION

    @property
    def burns(self) -> bool:
        """Whether fuel may be bought for it."""
        return self.powertrain != self.Powertrain.ELECTRIC

    @cached_property
    def has_battery(self) -> bool:
        """Whether it has a battery to drive on: by what its owner says, else by a charge that was told."""
        if self.powertrain in (self.Powertrain.ELECTRIC, self.Powertrain.PLUG_IN, self.Powertrain.HYBRID):
            return True
        return self.charging_sessions.filter(owner_epoch=self.owner_epoch).exists()


class Device(models.Model):
    """Something with a key that signs what it measures: on secp256k1, or on P-256 as phones keep it."""

    class Kind(models.TextChoices):
        HARDWARE = "hardware", "Device in the car"
        PHONE = "phone", "Phone"
        CONNECTION = "connection", "Maker's connection"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="devices")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    label = models.CharField(max_length=60, blank=True)
    address = models.CharField(
        max_length=57, unique=True, help_text="the device's key: EIP-55 address (secp256k1) or did:key (P-256)"
    )
    simulated = models.BooleanField(default=False)
    last_sequence = models.BigIntegerField(default=0)
    sequence_window = models.BinaryField(default=b"", help_text="bitmap of the 1,024 numbers up to last_sequence")
    last_seen_at = models.DateTimeField(null=True, blank=True)
    flagged_at = models.DateTimeField(null=True, blank=True, help_text="a sequence number came back with another body")
    registered_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(address__regex=r"^(0x[0-9a-fA-F]{40}|did:key:zDn[1-9A-HJ-NP-Za-km-z]{46})$"),
                name="a_device_is_named_by_its_key",
            )
        ]

    def __str__(self) -> str:
        return self.label or f"{self.get_kind_display()} {self.address.removeprefix('did:key:')[:8]}…"


class Pairing(models.Model):
    """A device measures a vehicle in `[from, to)`; two vehicles never share a device at one moment."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="pairings")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="pairings")
    owner_epoch = models.PositiveIntegerField()
    period = DateTimeRangeField()
    subject = models.CharField(max_length=160, blank=True, help_text="what the device calls the vehicle, a DID")
    vin_told = models.BinaryField(max_length=32, null=True, help_text="keyed HMAC of the VIN the device told last")

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
