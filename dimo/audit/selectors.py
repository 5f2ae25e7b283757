"""Reading the trail: who looked at somebody's data, and what happened to a thing."""

from datetime import datetime

from django.db.models import Q, QuerySet

from dimo.audit.models import AuditEvent
from dimo.users.models import User


def acts_about(
    *, subject: User, since: datetime | None = None, before: AuditEvent | None = None
) -> QuerySet[AuditEvent]:
    """What was done with somebody's data, newest first, their own acts left out; `before` continues a list."""
    acts = AuditEvent.objects.filter(subject=subject).exclude(actor=subject).select_related("actor")
    if since is not None:
        acts = acts.filter(at__gte=since)
    return _older(acts, before).order_by("-at", "-id")


def acts_on(*, object_kind: str, object_id: str, before: AuditEvent | None = None) -> QuerySet[AuditEvent]:
    """What happened to one thing, newest first."""
    acts = AuditEvent.objects.filter(object_kind=object_kind, object_id=object_id).select_related("actor")
    return _older(acts, before).order_by("-at", "-id")


def _older(acts: QuerySet[AuditEvent], before: AuditEvent | None) -> QuerySet[AuditEvent]:
    if before is None:
        return acts
    return acts.filter(Q(at__lt=before.at) | Q(at=before.at, id__lt=before.pk))
