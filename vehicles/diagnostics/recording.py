"""Lists of fault codes stored, and the spans that follow; whoever calls has locked the vehicle."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from vehicles.diagnostics.fault_lists import Span, fold
from vehicles.models import FaultCode, FaultList, Vehicle

MICROSECOND: Final = timedelta(microseconds=1)


def record(*, vehicle_id: int, source_id: int, lists: Sequence[tuple[datetime, Collection[str]]]) -> set[int]:
    """Store lists of one source and bring its codes up to them; the places of those that contradict a list before.

    The same list again changes nothing. A list from the past changes what followed it exactly as if it had come in
    time, so that codes do not depend on the order in which an offline queue empties.
    """
    rows = FaultList.objects.filter(source_id=source_id, ts__in=[ts for ts, _ in lists]).values_list("ts", "codes")
    known = {ts: set(codes) for ts, codes in rows}
    fresh: dict[datetime, Collection[str]] = {}
    conflicts = set()
    for place, (ts, codes) in enumerate(lists):
        if ts not in known:
            known[ts], fresh[ts] = set(codes), codes
        elif known[ts] != set(codes):
            conflicts.add(place)
    if fresh:
        FaultList.objects.bulk_create(
            FaultList(vehicle_id=vehicle_id, source_id=source_id, ts=ts, codes=list(codes))
            for ts, codes in fresh.items()
        )
        retell(vehicle_id=vehicle_id, source_id=source_id, since=min(fresh))
    return conflicts


def retell(*, vehicle_id: int, source_id: int, since: datetime) -> None:
    """Derive a source's spans anew from the last list before `since` on."""
    lists = FaultList.objects.filter(source_id=source_id).order_by("ts")
    last = lists.filter(ts__lt=since).last()
    spans = FaultCode.objects.filter(source_id=source_id)
    if last is None:
        standing: dict[str, Span] = {}
        touched = spans
    else:
        # Whatever stood at that list stands again, last seen there; what opened later is found anew.
        touched = spans.filter(Q(cleared_at=None) | Q(cleared_at__gt=last.ts))
        opened = touched.filter(opened_at__lte=last.ts)
        standing = {span.code: Span(span.code, span.opened_at, last.ts) for span in opened}
    found = fold(standing, lists.filter(ts__gte=since).values_list("ts", "codes"))
    touched.delete()
    FaultCode.objects.bulk_create(
        FaultCode(
            vehicle_id=vehicle_id,
            source_id=source_id,
            code=span.code,
            opened_at=span.opened_at,
            last_seen_at=span.last_seen_at,
            cleared_at=span.cleared_at,
        )
        for span in found
    )


def prune(*, before: datetime) -> int:
    """Forget lists too old to be preceded by one still to come; each source keeps its last one."""
    old = FaultList.objects.filter(ts__lt=before)
    kept = old.order_by("source", "-ts").distinct("source").values("pk")
    return old.exclude(pk__in=kept).delete()[0]


def erase_between(*, vehicle_id: int, since: datetime | None, until: datetime | None) -> int:
    """Erase what codes tell of `[since, until)`; None is open. One told then alone goes, another is cut to the rest.

    How many rows there were. A code that stood before is gone with the erased time's begin; one that stands beyond it
    is told from its end on.
    """
    inside = FaultCode.objects.filter(vehicle=vehicle_id)
    later: list[FaultCode] = []
    cut = 0
    if until is not None:
        inside = inside.filter(opened_at__lt=until)
        later = list(inside.filter(last_seen_at__gte=until))
        for code in later:
            code.pk, code.opened_at = None, until
    if since is not None:
        went = inside.filter(last_seen_at__lt=since, cleared_at__gt=since)
        went.filter(Q(cleared_at__lt=until) if until else Q()).update(cleared_at=since)
        inside = inside.filter(last_seen_at__gte=since)
        cut = inside.filter(opened_at__lt=since).update(last_seen_at=since - MICROSECOND, cleared_at=since)
    gone: int = inside.delete()[0]
    FaultCode.objects.bulk_create(later)
    return cut + gone


def delete(*, vehicle: Vehicle) -> int:
    """Erase what is known of a vehicle's fault codes; how many rows there were."""
    return FaultCode.objects.filter(vehicle=vehicle).delete()[0] + FaultList.objects.filter(vehicle=vehicle).delete()[0]
