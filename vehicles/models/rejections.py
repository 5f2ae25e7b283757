"""What was refused, as it was sent, for a week."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from vehicles.models.registry import Device, Vehicle

A_DAY = 25  # items kept of a vehicle and day of arrival (UTC): a broken device fills no disk


class KeptRejection(models.Model):
    """An event that was refused, whole or in parts; `sealed` holds what was sent, less its VIN, and is encrypted."""

    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="kept_rejections")
    device = models.ForeignKey(Device, models.CASCADE, related_name="kept_rejections")
    owner_epoch = models.PositiveIntegerField(
        help_text="whose time with the vehicle it is of, and nobody else's to read"
    )
    received_at = models.DateTimeField()
    day = models.DateField(help_text="of arrival, UTC")
    slot = models.PositiveSmallIntegerField(help_text="its number within the day")
    code = models.CharField(max_length=32)
    sealed = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["vehicle", "day", "slot"], name="a_slot_of_a_day_is_used_once"),
            models.CheckConstraint(condition=Q(slot__gte=1, slot__lte=A_DAY), name="few_rejections_are_kept_a_day"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["vehicle", "-received_at", "-id"], name="rejection_by_vehicle"),
            models.Index(fields=["received_at"], name="rejection_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.code} at {self.received_at:%Y-%m-%d %H:%M}"
