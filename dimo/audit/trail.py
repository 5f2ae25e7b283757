"""The trail of acts: one append-only row each."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from dimo.audit.models import AuditEvent
from dimo.users.models import User


def record(
    *,
    actor: User | None,
    action: str,
    object_kind: str,
    object_id: str,
    union_id: UUID | None = None,
    subject: User | None = None,
    actor_label: str = "",
    detail: Mapping[str, object] | None = None,
    now: datetime | None = None,
) -> AuditEvent:
    """Write one act down. `detail` holds facts without personal data, coordinates or secrets."""
    return AuditEvent.objects.create(
        at=now or timezone.now(),
        actor=actor,
        actor_label=actor_label,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        union_id=union_id,
        subject=subject,
        detail=dict(detail or {}),
    )
