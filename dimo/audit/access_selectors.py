"""Reading the log of reads, for the person whose data was read and for nobody else."""

from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet, Sum

from dimo.audit.models import AccessEntry
from dimo.users.models import User


def entries_of(
    *,
    owner: User,
    vehicle_id: int | None = None,
    reader: str = "",
    reader_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[AccessEntry]:
    """Who read what of a person's, newest first, narrowed as asked."""
    found = AccessEntry.objects.filter(owner=owner)
    for name, value in (("vehicle_id", vehicle_id), ("at__gte", since), ("at__lt", until)):
        if value is not None:
            found = found.filter(**{name: value})
    if reader:
        found = found.filter(reader=reader)
    if reader_id:
        found = found.filter(reader_id=reader_id)
    return found.order_by("-at", "-id")


def readers_of(*, owner: User, now: datetime, days: int) -> list[dict[str, object]]:
    """Who read in so many days: {reader, reader_id, name, reads, rows, last, exact}, the last first."""
    exact = Q(scopes__overlap=["location:precise"])
    found = (
        AccessEntry.objects.filter(owner=owner, at__gte=now - timedelta(days=days), at__lte=now)
        .values("reader", "reader_id")
        .annotate(name=Max("reader_name"), reads=Count("pk"), told=Sum("rows"), last=Max("at"))
        .annotate(exact=Count("pk", filter=exact))
        .order_by("-last")
    )
    return list(found)
