"""Who was owed what, and why. The money itself is in the ledger; these rows explain it, and never change."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from dimo.ledger.models import Amount, Asset, Journal
from licensing.models import License
from unions.models import Union
from vehicles.models import Vehicle


class Settlement(models.Model):
    """A delivered license's price, shared out once. `price = protocol + union + drivers + holdback`."""

    license = models.OneToOneField(License, models.PROTECT, primary_key=True, related_name="settlement")
    union = models.ForeignKey(Union, models.PROTECT, related_name="settlements", db_column="union_id")
    journal = models.OneToOneField(Journal, models.PROTECT, related_name="settlement")
    asset = models.CharField(max_length=8, choices=Asset.choices)
    price = Amount()
    protocol_amount = Amount()
    union_amount = Amount()
    drivers_amount = Amount()
    holdback_amount = Amount(default=0)
    protocol_fee_bps = models.PositiveIntegerField()
    union_fee_bps = models.PositiveIntegerField()
    split_rule = models.CharField(max_length=12)
    contributors = models.PositiveIntegerField(help_text="vehicles with a share")
    rows = models.BigIntegerField(help_text="delivered rows of all of them")
    weight = models.BigIntegerField(help_text="sum of their weights: what one share is a part of")
    settled_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    price=F("protocol_amount") + F("union_amount") + F("drivers_amount") + F("holdback_amount")
                ),
                name="every_unit_of_a_price_is_accounted_for",
            ),
            models.CheckConstraint(
                condition=Q(protocol_amount__gte=0, union_amount__gte=0, drivers_amount__gte=0, holdback_amount__gte=0),
                name="no_part_of_a_price_is_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"settlement of {self.license_id}"


class Share(models.Model):
    """One vehicle's part of a settlement: the line of its owner's statement.

    No foreign keys: a trigger proves a statement's rows against the contributions and the settlement, all at once.
    """

    pk = models.CompositePrimaryKey("settlement_id", "vehicle_id")
    settlement = models.ForeignKey(
        Settlement, models.PROTECT, related_name="shares", db_constraint=False, db_index=False
    )
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="shares", db_constraint=False, db_index=False)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="shares", db_constraint=False, db_index=False
    )
    rows = models.BigIntegerField()
    weight = models.BigIntegerField()
    amount = Amount()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="a_share_is_not_negative"),
        ]
        indexes: ClassVar = [models.Index(fields=["member", "settlement"], name="share_by_member")]

    def __str__(self) -> str:
        return f"{self.amount} for vehicle {self.vehicle_id}"
