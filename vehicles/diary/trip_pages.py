"""The page of one trip, and what its driver decides about it; each press is one rule and can be undone."""

from datetime import datetime
from functools import partial
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from dimo.errors import DomainError
from dimo.pages.slots import respond
from dimo.users.models import User
from vehicles import trip_edits, trips
from vehicles.diary import areas, edits, entries, listing, measured
from vehicles.diary.pages import month_sums, own_trip
from vehicles.models import Trip, TripSeam
from vehicles.places import local_time, zone_of


@login_required
@require_GET
def trip_page(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One drive; of a deleted one only that it can be brought back."""
    trip = get_object_or_404(listing.any_trip_of(owner=cast(User, request.user), now=now()), public_id=public_id)
    return shown(request, trip)


def shown(request: HttpRequest, trip: Trip, refusal: DomainError | None = None) -> HttpResponse:
    """The page of a trip, with what was refused just now beside the form that it concerns."""
    owner = cast(User, request.user)
    [entry] = entries.entries(owner=owner, trips=[trip])
    context: dict[str, object] = {"entry": entry, "trip": trip, "start": entry.start, "end": entry.end}
    status = refusal.status if refusal else 200
    if trip.deleted_at is not None:
        context["until"] = trip.deleted_at + listing.RESTORABLE
        return render(request, "vehicles/diary/trip_deleted.html", context | {"refusal": refusal}, status=status)
    seams = edits.seams_around(trip=trip)
    context |= {
        "minutes": entry.minutes,
        "zone": zone_of(trip.vehicle),
        "refusal": refusal,
        "before": beside(trip, seams, later=False),
        "after": beside(trip, seams, later=True),
        "joins": [
            (seam, local_time(seam.starts_at, trip.vehicle), local_time(seam.ends_at, trip.vehicle))
            for seam in edits.joins_within(trip=trip, seams=seams)
        ],
        "least": entry.start + trip_edits.LEAST_PART,
        "most": entry.end - trip_edits.LEAST_PART,
    }
    return render(request, "vehicles/diary/trip.html", context, status=status)


def beside(trip: Trip, seams: list[TripSeam], *, later: bool) -> dict[str, object]:
    """A neighbor with its times where the trip is read."""
    found = edits.beside(trip=trip, later=later, seams=seams)
    times = {
        name: local_time(moment, trip.vehicle)
        for name, moment in (
            ("start", found.trip and found.trip.started_at),
            ("end", found.trip and found.trip.ended_at),
            ("parted_at", found.parted_at),
        )
        if moment
    }
    return {"trip": found.trip, "deleted": found.deleted, **times}


@login_required
@require_POST
def trip_private(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take a trip out of every later dataset, or let it back in: `private` is 1 or 0."""
    trip = trips.set_private(trip=own_trip(request, public_id), private=request.POST.get("private") == "1")
    return changed(request, trip)


@login_required
@require_POST
def trip_tag(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Tag a trip `business`, `private` or not at all; `from` says that the diary asks."""
    trip = own_trip(request, public_id)
    trips.set_tag(trip=trip, tag=request.POST.get("tag", ""))
    if request.headers.get("HX-Request") and request.POST.get("from") == "diary":
        return render(request, "vehicles/diary/_entry_answer.html", month_sums(request, own_trip(request, public_id)))
    return changed(request, own_trip(request, public_id))


def changed(request: HttpRequest, trip: Trip) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return respond(request, "vehicles/_trip_choices.html", {"trip": trip}, title=_("Trip"))
    return redirect("trip", trip.public_id)


@login_required
@require_POST
def trip_note(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Write what a trip was for."""
    trip = own_trip(request, public_id)
    try:
        trips.set_note(trip=trip, note=request.POST.get("note", ""))
    except DomainError as refusal:
        return shown(request, trip, refusal)
    return redirect("trip", public_id)


@login_required
@require_POST
def trip_area(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Name the area in which a trip begins or ends: `end` is start or end."""
    trip, which = own_trip(request, public_id), request.POST.get("end")
    if which not in {"start", "end"}:
        raise Http404
    cell = trip.start_cell if which == "start" else trip.end_cell
    try:
        areas.name_area(owner=cast(User, request.user), cell=cell, name=request.POST.get("name", ""))
    except DomainError as refusal:
        return shown(request, trip, refusal)
    return redirect("trip", public_id)


@login_required
@require_POST
def trip_delete(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Hide a trip and withhold it; its page offers to bring it back."""
    trip_edits.delete_trip(trip=own_trip(request, public_id), actor=cast(User, request.user), now=now())
    return redirect("trip", public_id)


@login_required
@require_POST
def trip_restore(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Bring a deleted trip back."""
    owner, moment = cast(User, request.user), now()
    trip = get_object_or_404(listing.any_trip_of(owner=owner, now=moment), public_id=public_id)
    back = trip_edits.restore_trip(trip=trip, actor=owner, now=moment)
    messages.success(request, _("The trip is back."))
    return redirect("trip", back.public_id)


@login_required
@require_POST
def trip_merge(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make one of a trip and its neighbor `with`."""
    trip = own_trip(request, public_id)
    try:
        other = own_trip(request, UUID(request.POST.get("with", "")))
    except ValueError as error:
        raise Http404 from error
    try:
        merged = trip_edits.merge_trips(trip=trip, other=other, actor=cast(User, request.user), now=now())
    except DomainError as refusal:
        return shown(request, trip, refusal)
    messages.success(request, _("Both are one trip now. It can be parted again on this page."))
    return redirect("trip", merged.public_id)


@login_required
@require_GET
def split_preview(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Both parts of a split at `moment`; nothing is changed."""
    trip = own_trip(request, public_id)
    context: dict[str, object] = {"trip": trip}
    try:
        moment = told_moment(trip, request.GET.get("moment", ""))
        parts = edits.split_parts(trip=trip, moment=moment)
    except DomainError as refusal:
        context["refusal"], status = refusal, refusal.status
    else:
        clock = partial(local_time, vehicle=trip.vehicle)
        times = [(part, clock(part.started_at), clock(part.ended_at)) for part in parts]
        between = trip.distance_km - sum(part.distance_km for part in parts)
        context, status = context | {"parts": times, "moment": moment.isoformat(), "between": between}, 200
    title = _("Split this trip")
    return respond(request, "vehicles/diary/_split.html", context, title=title, status=status)


@login_required
@require_POST
def trip_split(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Split at `moment`, by the vehicle's clock where it names no zone; the early part is shown."""
    trip = own_trip(request, public_id)
    try:
        moment = told_moment(trip, request.POST.get("moment", ""))
        early, _late = trip_edits.split_trip(trip=trip, moment=moment, actor=cast(User, request.user), now=now())
    except DomainError as refusal:
        return shown(request, trip, refusal)
    messages.success(request, _("These are two trips now. They can be joined again on this page."))
    return redirect("trip", early.public_id)


def told_moment(trip: Trip, text: str) -> datetime:
    """A moment as a form or a graph tells it.

    Raises:
        SplitOutside
    """
    try:
        told = datetime.fromisoformat(text)
        return told if told.tzinfo else edits.moment_of(trip=trip, local=told, zone=zone_of(trip.vehicle))
    except (ValueError, OverflowError) as error:
        raise trip_edits.SplitOutside(field="moment") from error


@login_required
@require_GET
def trip_measured(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Graphs of a trip with their table, and what is doubted and refused."""
    trip = own_trip(request, public_id)
    known = measured.measured(trip=trip)
    context = {
        "trip": trip,
        "known": known,
        "refused": measured.refused_about(trip=trip),
        "drawn": {
            "from": trip.started_at.timestamp(),
            "to": trip.ended_at.timestamp(),
            "timezone": zone_of(trip.vehicle).key,
            "graphs": [
                {
                    "key": graph.kind.key,
                    "unit": graph.kind.unit,
                    "digits": graph.kind.digits,
                    "zero": graph.kind.from_zero,
                    "t": [at for at, _value in graph.points],
                    "v": [value for _at, value in graph.points],
                }
                for graph in known.graphs
            ],
        },
    }
    return respond(request, "vehicles/diary/_measured.html", context, title=_("What was measured"))
