"""Fault codes: the lists that devices told, and the spans that follow from them."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from vehicles.models.registry import Vehicle
from vehicles.models.sources import Source


class FaultList(models.Model):
    """All codes that stood at a moment, by one source; kept as long as an earlier list may still arrive."""

    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="fault_lists")
    source = models.ForeignKey(Source, models.PROTECT, related_name="fault_lists")
    ts = models.DateTimeField()
    codes = ArrayField(models.CharField(max_length=5))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "ts"], name="one_fault_list_of_a_source_at_a_moment")
        ]
        indexes: ClassVar = [models.Index(fields=["vehicle", "-ts"], name="fault_list_by_vehicle")]

    def __str__(self) -> str:
        return ", ".join(self.codes) or "no codes"


class FaultCode(models.Model):
    """A code that stands or stood; `cleared_at` is the moment of the first list without it."""

    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="fault_codes")
    source = models.ForeignKey(Source, models.PROTECT, related_name="fault_codes")
    code = models.CharField(max_length=5)
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "code", "opened_at"], name="a_code_opens_once_at_a_moment"),
            models.UniqueConstraint(
                fields=["source", "code"], condition=Q(cleared_at=None), name="a_code_stands_once_in_a_source"
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("opened_at"))
                & (Q(cleared_at=None) | Q(cleared_at__gt=F("last_seen_at"))),
                name="a_code_is_cleared_after_it_was_seen",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["vehicle", "-last_seen_at"], name="fault_code_by_vehicle")]

    def __str__(self) -> str:
        return self.code
