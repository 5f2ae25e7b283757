"""Who may use data, and pays: buyers, offers, quotes, licenses, the files built for them and whose rows they hold."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from dimo.api.models import ApiKey
from dimo.ledger.models import Amount, Asset
from unions.models import Membership, PolicyVersion, Terms, Union
from vehicles.models import Vehicle


class Organization(models.Model):
    """A buyer. Nothing is sold before an operator has verified who it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    category = models.CharField(max_length=16, help_text="a buyer category of unions.vocabulary")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2")
    verified_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class OrganizationSeat(models.Model):
    class Role(models.TextChoices):
        ADMIN = "admin", "Administrator"
        BUYER = "buyer", "Buyer"
        READER = "reader", "Reader"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="organization_seats")
    role = models.CharField(max_length=8, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization", "user"], name="one_seat_per_person")]

    def __str__(self) -> str:
        return f"{self.user} at {self.organization}, {self.get_role_display()}"


class OrganizationKey(models.Model):
    """For which organization an API key acts."""

    key = models.OneToOneField(ApiKey, models.CASCADE, related_name="organization_key")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="keys")

    def __str__(self) -> str:
        return f"Key of {self.organization}"


class Offer(models.Model):
    """What a union sells at its posted prices: some signals at some tiers for some purposes."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        OPEN = "open", "Open"
        WITHDRAWN = "withdrawn", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    union = models.ForeignKey(Union, models.PROTECT, related_name="offers")
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    signals = ArrayField(models.CharField(max_length=80), help_text="names of the signal catalog")
    tiers = ArrayField(models.CharField(max_length=20))
    purposes = ArrayField(models.CharField(max_length=24))
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["id", "union"], name="offer_and_its_union")]

    def __str__(self) -> str:
        return self.name


class Quote(models.Model):
    """A binding price for fifteen minutes. What it was computed from stays with it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="quotes")
    union = models.ForeignKey(Union, models.PROTECT, related_name="quotes")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="quotes")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    period_from = models.DateTimeField()
    period_to = models.DateTimeField()
    signals = ArrayField(models.CharField(max_length=80))
    tier = models.CharField(max_length=20)
    purpose = models.CharField(max_length=24)
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="+")
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    protocol_fee_bps = models.PositiveIntegerField(help_text="as it stood when the quote was given")
    asset = models.CharField(max_length=8, choices=Asset.choices)
    unit_price = Amount(help_text="per vehicle for the whole period")
    price = Amount()
    vehicles = models.PositiveIntegerField(help_text="shown number, rounded; never one member's presence")
    rows_estimate = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(period_to__gt=F("period_from")),
                name="a_quote_covers_a_period",
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="a_price_is_not_negative"),
            models.CheckConstraint(condition=Q(protocol_fee_bps__lte=500), name="the_protocol_takes_at_most_5_percent"),
            models.UniqueConstraint(fields=["id", "union", "organization"], name="quote_and_its_parties"),
        ]

    def __str__(self) -> str:
        return f"Quote {str(self.pk)[:8]}"


class License(models.Model):
    """A bought right to use a dataset. `rewards` sweeps for DELIVERED ones; this room never calls up."""

    class State(models.TextChoices):
        FUNDED = "funded", "Paid, waiting to be built"
        BUILDING = "building", "Being built"
        DELIVERED = "delivered", "Delivered"
        SETTLED = "settled", "Delivered, members paid"
        REFUNDED = "refunded", "Refunded"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.BigIntegerField(
        unique=True,
        db_default=models.Func(models.Value("license_number"), function="nextval"),
    )
    quote = models.OneToOneField(Quote, models.PROTECT, related_name="license")
    union = models.ForeignKey(Union, models.PROTECT, related_name="licenses")
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="licenses")
    bought_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.FUNDED, db_index=True)
    asset = models.CharField(max_length=8, choices=Asset.choices)
    price = Amount()
    phase = models.CharField(max_length=24, blank=True, help_text="what the build does now, in words")
    done_rows = models.BigIntegerField(default=0)
    total_rows = models.BigIntegerField(default=0)
    attempt = models.UUIDField(
        null=True,
        help_text="the build that holds the license; another one starts afresh",
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=40, blank=True, help_text="code of the reason for a refund")
    bought_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "union"], name="license_and_its_union"),
            models.CheckConstraint(
                condition=Q(state__in=["delivered", "settled"], delivered_at__isnull=False)
                | Q(
                    state__in=["funded", "building", "refunded"],
                    delivered_at__isnull=True,
                ),
                name="a_delivered_license_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state="settled", settled_at__isnull=False)
                | (~Q(state="settled") & Q(settled_at__isnull=True)),
                name="a_settled_license_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"License {self.number}"


class Dataset(models.Model):
    """One revision of what a license delivers: files under LAKE_URL, and the manifest that describes them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    license = models.ForeignKey(License, models.PROTECT, related_name="datasets")
    revision = models.PositiveIntegerField(default=0)
    folder = models.CharField(max_length=200, help_text="below LAKE_URL")
    rows = models.BigIntegerField()
    vehicles = models.PositiveIntegerField()
    manifest = models.JSONField()
    consent_sha256 = models.BinaryField(max_length=32)
    built_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["license", "revision"], name="revisions_count_up")]

    def __str__(self) -> str:
        return f"Dataset of license {self.license_id}, revision {self.revision}"


class Contribution(models.Model):
    """How many rows of a delivered file came from a vehicle: the one fact that payment rests on. Never changed."""

    license = models.ForeignKey(License, models.PROTECT, related_name="contributions")
    union = models.ForeignKey(Union, models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="contributions")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="contributions")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="contributions")
    rows = models.BigIntegerField()
    weight = models.BigIntegerField(help_text="by the split rule of the terms that the license opened under")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["license", "vehicle"],
                name="a_vehicle_contributes_once_to_a_license",
            ),
            models.CheckConstraint(condition=Q(rows__gt=0, weight__gte=0), name="a_contribution_has_rows"),
        ]
        indexes: ClassVar = [models.Index(fields=["member", "license"], name="contribution_by_member")]

    def __str__(self) -> str:
        return f"Contribution {self.pk}"
