"""What an owner hides from everybody else, and how long they keep exact positions for themselves."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from vehicles.models.registry import Vehicle
from vehicles.models.sources import Source


class PrivacyZone(models.Model):
    """A circle that no position of its owner's vehicles leaves. The place it was drawn around is not kept.

    The zone is a person's, not a vehicle's: a sold car leaves it, a bought one comes under it.
    """

    class Radius(models.IntegerChoices):
        SMALL = 300, "300 m"
        MEDIUM = 500, "500 m"
        LARGE = 1000, "1 km"
        WIDE = 2000, "2 km"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="privacy_zones")
    vehicle = models.ForeignKey(
        Vehicle, models.CASCADE, null=True, blank=True, related_name="privacy_zones", help_text="empty: all of them"
    )
    label = models.CharField(max_length=40, help_text="nobody but the owner reads it")
    radius_m = models.PositiveSmallIntegerField(choices=Radius.choices)
    lat = models.FloatField(help_text="of the shifted center")
    lon = models.FloatField(help_text="of the shifted center")
    made_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner"], name="zone_by_owner")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lt=180), name="a_zone_lies_on_earth"
            ),
            models.CheckConstraint(condition=Q(radius_m__in=[300, 500, 1000, 2000]), name="a_zone_has_a_known_radius"),
        ]

    def __str__(self) -> str:
        return self.label


class ExactWish(models.Model):
    """How long an owner keeps exact positions; a shorter time takes effect a week after it was asked."""

    DEFAULT_DAYS = 730

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="exact_wish")
    days = models.PositiveIntegerField(null=True, default=DEFAULT_DAYS, help_text="empty: as long as they own the car")
    next_days = models.PositiveIntegerField(null=True)
    next_at = models.DateTimeField(null=True, help_text="from when on next_days counts")
    chosen_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(days=None) | Q(days__gte=30), name="exact_positions_stay_30_days"),
            models.CheckConstraint(
                condition=Q(next_days=None, next_at=None)
                | Q(next_days__isnull=False, next_days__gte=30, next_at__isnull=False),
                name="a_shorter_time_says_from_when",
            ),
            models.CheckConstraint(
                condition=Q(next_days=None) | Q(days=None) | Q(next_days__lt=F("days")),
                name="only_a_shorter_time_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} keeps {self.days or 'all'} days"


class ExactRemoval(models.Model):
    """Up to which moment a source's exact positions of one owner's time are gone, or are on their way out."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="exact_removals")
    owner_epoch = models.PositiveIntegerField()
    until = models.DateTimeField()
    asked_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "owner_epoch"], name="one_removal_per_source_and_owner")
        ]

    def __str__(self) -> str:
        return f"source {self.source_id} until {self.until:%Y-%m-%d}"
