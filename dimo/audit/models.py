"""What people in power did, and who read whose data: append-only rows that the database refuses to change."""

import uuid
from typing import ClassVar

from django.conf import settings
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
