"""Who owned a vehicle when, how it changes hands, and who says that a VIN is theirs."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from vehicles.models.registry import Vehicle


class VehicleOwnership(models.Model):
    """One owner's time with a vehicle, `[from, to)`; written by a trigger on the vehicle alone.

    What was measured in it stays this owner's to read, and nobody else's.
    """

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="ownerships")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="ownerships")
    epoch = models.PositiveIntegerField()
    period = DateTimeRangeField(help_text="without a beginning: since ever; without an end: until now")
    nickname = models.CharField(max_length=60, blank=True, help_text="what this owner called it at the end")

    class Meta:
        constraints: ClassVar = [
            ExclusionConstraint(
                name="a_vehicle_has_one_owner_at_a_time",
                expressions=[("vehicle", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
            models.UniqueConstraint(fields=["vehicle", "epoch"], name="an_epoch_is_of_one_owner"),
            models.CheckConstraint(condition=Q(period__isempty=False), name="an_ownership_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} owned {self.vehicle_id}"


class TransferOffer(models.Model):
    """A seller's offer to hand a vehicle to whoever brings the link; the link's secret is not kept, only its hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="transfer_offers")
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    owner_epoch = models.PositiveIntegerField(help_text="which the transfer would end")
    token_hash = models.BinaryField(max_length=32, unique=True, help_text="SHA-256 of the link's secret")
    offered_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["vehicle"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="a_vehicle_is_offered_once_at_a_time",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("offered_at")), name="an_offer_lasts"),
            models.CheckConstraint(
                condition=Q(accepted_at=None, buyer=None)
                | Q(accepted_at__isnull=False, buyer__isnull=False, withdrawn_at=None),
                name="an_accepted_offer_names_its_buyer",
            ),
        ]

    def __str__(self) -> str:
        return f"Offer of {self.vehicle_id}"


class VinClaim(models.Model):
    """Somebody entered a VIN that another vehicle has; an operator decides whose it is, or a transfer settles it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        GRANTED = "granted", "Granted"
        REFUSED = "refused", "Refused"
        DROPPED = "dropped", "Dropped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="vin_claims", help_text="the claimant's")
    claimant = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    vin_tag = models.BinaryField(max_length=32)
    vin_sealed = models.BinaryField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField(default=now)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=Q(state="open"), name="a_vehicle_claims_one_vin_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at=None) | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="a_settled_claim_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Claim of {self.vehicle_id}"
