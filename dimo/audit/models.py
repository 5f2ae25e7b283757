"""What people in power did, and who read whose data: append-only rows that the database refuses to change."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class AuditEvent(models.Model):
    """One act. Names rows by kind and id, never by foreign key, so that the ground knows no room."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(
        max_length=80,
        blank=True,
        help_text="a buyer's or program's name, shown to drivers",
    )
    action = models.CharField(max_length=64, help_text="dotted verb, for example license.downloaded")
    object_kind = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    union_id = models.UUIDField(null=True, db_index=True)
    subject = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="whose data was concerned",
    )
    detail = models.JSONField(default=dict, help_text="facts without personal data, coordinates or secrets")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["object_kind", "object_id", "at"], name="audit_by_object"),
            models.Index(fields=["subject", "at"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_kind} {self.object_id}"


class AccessEntry(models.Model):
    """Somebody read what was measured for somebody else. Its owner reads this; nobody changes it.

    Vehicles and grants are named by number, never by foreign key, so that the ground knows no room.
    """

    class Reader(models.TextChoices):
        APP = "app", "App"
        BUYER = "buyer", "Buyer"
        STEWARD = "steward", "Steward"
        OPERATOR = "operator", "Operator"
        SUPPORT = "support", "Support"

    class Under(models.TextChoices):
        GRANT = "grant", "Your permission"
        LICENSE = "license", "License"
        ROLE = "role", "Office"

    at = models.DateTimeField(default=timezone.now)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    vehicle_id = models.IntegerField(null=True)
    reader = models.CharField(max_length=8, choices=Reader.choices)
    reader_id = models.CharField(max_length=36, help_text="of the app, the organization or the person")
    reader_name = models.CharField(max_length=120)
    what = models.CharField(max_length=24, help_text="signals, latest, trips, vehicles, dataset, download, page")
    scopes = ArrayField(models.CharField(max_length=64), help_text="classes, each with its precision")
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    rows = models.IntegerField(null=True, help_text="how many rows of this vehicle; none: a page about it")
    under = models.CharField(max_length=8, choices=Under.choices)
    under_id = models.CharField(max_length=36, blank=True)
    note = models.CharField(max_length=160, blank=True, help_text="what for, in words")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["owner", "-at", "-id"], name="access_by_owner")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(reader_name=""), name="a_reader_has_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.reader_name} read {self.what}"
