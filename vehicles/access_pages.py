"""The diary of who read what, app, buyer, steward or operator; of the person whose data it was, and nobody else's."""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_safe

from dimo.audit import access_selectors
from dimo.audit.models import AccessEntry
from dimo.pages.slots import respond
from dimo.pages.words import LEVELS
from dimo.users.models import User
from vehicles import app_reads, app_selectors, ownership_selectors
from vehicles.models import Vehicle

A_PAGE = 50
MOST_LINES = 100_000
WEEK = 7
PERIODS = {"7": gettext_lazy("7 days"), "30": gettext_lazy("30 days"), "365": gettext_lazy("1 year")}
WHAT = {
    "signals": gettext_lazy("Values over a period"),
    "latest": gettext_lazy("Newest values"),
    "trips": gettext_lazy("Trips"),
    "vehicles": gettext_lazy("Your vehicles"),
    "dataset": gettext_lazy("A dataset was built"),
    "download": gettext_lazy("A dataset was downloaded"),
    "page": gettext_lazy("A page about it"),
}
COLUMNS = (
    "at",
    "reader",
    "reader_name",
    "what",
    "vehicle",
    "scopes",
    "since",
    "until",
    "rows",
    "under",
    "under_id",
    "note",
)


def vehicles_known(owner: User) -> dict[int, Vehicle]:
    return {vehicle.pk: vehicle for vehicle in ownership_selectors.known_to(owner=owner)}


def narrowed(request: HttpRequest, known: dict[int, Vehicle]) -> QuerySet[AccessEntry]:
    """`?vehicle=`, `?reader=` and `?days=` narrow; a vehicle of somebody else is not there."""
    asked, reader = request.GET.get("vehicle", ""), request.GET.get("reader", "")
    days = request.GET.get("days", "")
    chosen = next((pk for pk, vehicle in known.items() if str(vehicle.public_id) == asked), None)
    if (asked and chosen is None) or (reader and reader not in AccessEntry.Reader.values):
        raise Http404
    return access_selectors.entries_of(
        owner=cast(User, request.user),
        vehicle_id=chosen,
        reader=reader,
        reader_id=uuid_of(request.GET.get("by", "")),
        since=now() - timedelta(days=int(days)) if days in PERIODS else None,
    )


def uuid_of(text: str) -> str:
    try:
        return str(UUID(text)) if text else ""
    except ValueError as error:
        raise Http404 from error


def line(entry: AccessEntry, known: dict[int, Vehicle], grants: Mapping[str, object]) -> dict[str, object]:
    """An entry as the diary tells it: the finest level of what was read stands for all."""
    scopes = app_reads.granted_words(entry.scopes)
    return {
        "entry": entry,
        "at": localtime(entry.at),
        "vehicle": known.get(entry.vehicle_id or 0),
        "what": WHAT.get(entry.what, entry.what),
        "level": max((word for _, word, _ in scopes), key=list(LEVELS).index, default=""),
        "scopes": scopes,
        "grant": grants.get(entry.reader_id) if entry.reader == AccessEntry.Reader.APP else None,
    }


@login_required
@require_GET
def access_log(request: HttpRequest) -> HttpResponse:
    """Every read of one's vehicles, day by day, newest first."""
    owner, moment = cast(User, request.user), now()
    known = vehicles_known(owner)
    page = Paginator(narrowed(request, known), A_PAGE).get_page(request.GET.get("page"))
    grants = {str(g.app_id): g for g in app_selectors.grants_of(owner=owner, now=moment)}
    lines = [line(entry, known, grants) for entry in page]
    days = groupby(lines, key=lambda told: cast(datetime, told["at"]).date())
    context = {
        "days": [(day, list(told)) for day, told in days],
        "page": page,
        "readers": access_selectors.readers_of(owner=owner, now=moment, days=30),
        "vehicles": [(str(vehicle.public_id), str(vehicle)) for vehicle in known.values()],
        "kinds": AccessEntry.Reader.choices,
        "periods": PERIODS.items(),
        "asked": {name: request.GET.get(name, "") for name in ("vehicle", "reader", "days", "by")},
        "query": request.GET.urlencode(),
    }
    return render(request, "apps/access_log.html", context)


@login_required
@require_GET
def access_csv(request: HttpRequest) -> HttpResponse:
    """The same as a file, its newest 100,000 lines."""
    known = vehicles_known(cast(User, request.user))
    lines = written(narrowed(request, known)[:MOST_LINES], known)
    answer = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="access-log.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


class Line:
    """A file that csv writes into, a line at a time."""

    def write(self, text: str) -> str:
        return text


def written(entries: QuerySet[AccessEntry], known: dict[int, Vehicle]) -> Iterator[str]:
    writer = csv.writer(Line())
    yield writer.writerow(COLUMNS)
    for entry in entries.iterator(chunk_size=2000):
        yield writer.writerow([safe(cell(entry, name, known)) for name in COLUMNS])


def cell(entry: AccessEntry, name: str, known: dict[int, Vehicle]) -> str:
    value: Any = known.get(entry.vehicle_id or 0, "") if name == "vehicle" else getattr(entry, name)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return " ".join(value) if isinstance(value, list) else "" if value is None else str(value)


def safe(text: str) -> str:
    """A name that a spreadsheet would run is only text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


@login_required
@require_safe
def who_looked(request: HttpRequest) -> HttpResponse:
    """How many read something of the driver's in seven days, and how many of them exact positions."""
    readers = access_selectors.readers_of(owner=cast(User, request.user), now=now(), days=WEEK)
    context = {"days": WEEK, "readers": readers, "exact": sum(1 for reader in readers if reader["exact"])}
    return respond(request, "apps/_who_looked.html", context, title=_("Who looked"))
