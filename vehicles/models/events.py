"""What happened: a moment with a name, told by a device."""

from typing import ClassVar

from django.db import models

from vehicles.models.registry import Vehicle
from vehicles.models.sources import Source


class VehicleEvent(models.Model):
    """Something that a device told of, once: names are the catalog's. Never changed, only added or erased."""

    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="events")
    source = models.ForeignKey(Source, models.PROTECT, related_name="events")
    name = models.CharField(max_length=80)
    ts = models.DateTimeField()
    duration_ns = models.BigIntegerField(default=0)
    metadata = models.JSONField(default=dict, help_text="what the device told besides, at most 1 KiB")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "name", "ts"], name="an_event_of_a_source_is_stored_once"),
            models.CheckConstraint(condition=models.Q(duration_ns__gte=0), name="an_event_lasts_no_less_than_nothing"),
        ]
        indexes: ClassVar = [models.Index(fields=["vehicle", "-ts"], name="event_by_vehicle")]

    def __str__(self) -> str:
        return f"{self.name} at {self.ts:%Y-%m-%d %H:%M}"
