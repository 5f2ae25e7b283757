"""What owners let apps read: one row per word of theirs, never changed but for its end."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from dimo.oauth.models import App
from vehicles.models.registry import Vehicle


class AppGrant(models.Model):
    """An owner lets an app, by name, read some classes of some vehicles until a day. A narrower word replaces it.

    A token's scopes are an upper bound; this decides each read. What was measured before `reads_from` is not in it.
    """

    class Ended(models.TextChoices):
        REVOKED = "revoked", "Revoked"
        REPLACED = "replaced", "Replaced"
        HANDED_OVER = "handed_over", "The vehicle was handed over"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(App, models.PROTECT, related_name="grants")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="app_grants")
    scopes = ArrayField(models.CharField(max_length=64))
    reads_from = models.DateTimeField(null=True, help_text="none: since the vehicle is the owner's")
    granted_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    notice_sha256 = models.CharField(max_length=64, help_text="of the words that the owner said yes to")
    revoked_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=12, blank=True, choices=Ended.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["app", "owner"], condition=Q(revoked_at=None), name="an_owner_says_one_thing_to_an_app"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("granted_at")), name="a_grant_lasts"),
            models.CheckConstraint(condition=~Q(scopes=[]), name="a_grant_grants_something"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, ended_because="") | (Q(revoked_at__isnull=False) & ~Q(ended_because="")),
                name="an_ended_grant_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.app_id} reads for {self.owner_id}"


class AppGrantVehicle(models.Model):
    """One vehicle of a grant, in one owner's time with it: the next epoch is not in it."""

    grant = models.ForeignKey(AppGrant, models.CASCADE, related_name="vehicles")
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="app_grants")
    owner_epoch = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["grant", "vehicle"], name="a_grant_names_a_vehicle_once"),
        ]

    def __str__(self) -> str:
        return f"{self.grant_id} of {self.vehicle_id}"
