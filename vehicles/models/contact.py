"""How often a vehicle is heard, and when it has gone quiet."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from vehicles.models.registry import Vehicle


class VehicleContact(models.Model):
    """What is usual for a vehicle: gaps between its messages, learned as counts by length (`vehicles.cadence`)."""

    vehicle = models.OneToOneField(Vehicle, models.CASCADE, primary_key=True, related_name="contact")
    driving_gaps = ArrayField(models.FloatField(), default=list, help_text="decayed counts by half octaves")
    parked_gaps = ArrayField(models.FloatField(), default=list)
    learned_until = models.DateTimeField(null=True)
    late_after = models.DurationField(default=timedelta(days=1), help_text="silence longer than is usual")
    quiet_after = models.DurationField(default=timedelta(days=3), help_text="silence that its owner is told of")

    def __str__(self) -> str:
        return f"Contact of {self.vehicle_id}"


class QuietEpisode(models.Model):
    """A vehicle was not heard for much longer than usual; its owner is told once, and it ends by itself."""

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="quiet_episodes")
    owner_epoch = models.PositiveIntegerField()
    since = models.DateTimeField(help_text="when it was last heard")
    noticed_at = models.DateTimeField()
    cause = models.CharField(max_length=24, blank=True, help_text="a code of `vehicles.silence`")
    mailed_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["vehicle"], condition=Q(resolved_at=None), name="a_vehicle_is_quiet_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} quiet since {self.since:%Y-%m-%d %H:%M}"


class ContactWish(models.Model):
    """How a person wants to be told that a vehicle has gone quiet; without a row: on the pages alone."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    by_mail = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"Wish of {self.owner_id}"
