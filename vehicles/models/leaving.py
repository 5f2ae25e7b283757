"""What leaves: a person's export of all they have, and the erasure of a vehicle's time or of an account."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now


class DataExport(models.Model):
    """One export of everything an account holds: asked for, built in parts, kept for a week. The row is the work."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        EXPIRED = "expired", "Deleted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="exports")
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    phase = models.CharField(max_length=80, blank=True, help_text="what is written now, in words")
    done_parts = models.PositiveIntegerField(default=0)
    total_parts = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    size = models.BigIntegerField(null=True, help_text="bytes of the archive")
    sha256 = models.BinaryField(max_length=32, null=True)
    asked_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner"], condition=Q(state__in=["queued", "running"]), name="one_export_of_a_person_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready")
                | Q(size__isnull=False, sha256__isnull=False, finished_at__isnull=False, expires_at__isnull=False),
                name="a_ready_export_says_what_it_is",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "-asked_at"], name="export_by_owner")]

    def __str__(self) -> str:
        return f"Export of {self.asked_at:%Y-%m-%d}"


class Erasure(models.Model):
    """A person's wish that something of theirs be erased, and how far it has come. The row is the work.

    `counts`: what went, by store; each is written in the transaction that deletes it.
    """

    class Scope(models.TextChoices):
        VEHICLE = "vehicle", "One vehicle"
        ACCOUNT = "account", "The whole account"

    class State(models.TextChoices):
        WAITING = "waiting", "Can still be called back"
        DUE = "due", "Being erased"
        DONE = "done", "Erased"
        CANCELED = "canceled", "Called back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="erasures")
    scope = models.CharField(max_length=7, choices=Scope.choices)
    state = models.CharField(max_length=8, choices=State.choices)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    step = models.CharField(max_length=40, blank=True, help_text="the last step that was finished")
    counts = models.JSONField(default=dict)
    lake_before = models.BigIntegerField(null=True, help_text="version of the Delta table")
    lake_after = models.BigIntegerField(null=True)
    vacuumed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(scope="account", state__in=["waiting", "due"]),
                name="an_account_is_erased_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False) | (~Q(state="done") & Q(done_at=None)),
                name="a_finished_erasure_says_when",
            ),
            models.CheckConstraint(condition=Q(due_at__gte=F("asked_at")), name="an_erasure_is_due_after_it_is_asked"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="erasure_due", condition=Q(state__in=["waiting", "due"]))
        ]

    def __str__(self) -> str:
        return f"Erasure of {self.get_scope_display().lower()}"


class ErasedTime(models.Model):
    """One owner's time with a vehicle that is to be erased, or was. From its commit on no reader is shown it."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="times")
    vehicle_id = models.IntegerField(help_text="no foreign key: the mark may outlive the vehicle's row")
    epoch = models.PositiveIntegerField()
    since = models.DateTimeField(null=True, help_text="none: since ever")
    until = models.DateTimeField(null=True, help_text="none: without an end")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["vehicle_id", "epoch"], name="a_time_is_erased_by_one_erasure")
        ]

    def __str__(self) -> str:
        return f"Epoch {self.epoch} of {self.vehicle_id}"


class ErasureCertificate(models.Model):
    """What was erased, signed, without personal data. Never changed; it outlives the account."""

    erasure = models.OneToOneField(Erasure, models.PROTECT, primary_key=True, related_name="certificate")
    document = models.TextField(help_text="the signed JSON, as it is handed out")
    issued_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Certificate of {self.erasure_id}"
