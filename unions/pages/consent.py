"""A driver's consent: the matrix, its changes, the pause and the history."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dimo.pages import slots
from unions import consent, levels, pause, selectors
from unions.matrix import Matrix, matrix_of
from unions.models import ConsentEvent, Union
from unions.notices import TEXTS, notice
from unions.vocabulary import SIGNAL_CLASSES, level_of
from vehicles.models import Vehicle
from vehicles.ownership_selectors import in_garage

SCREEN = "consent-matrix"


@login_required
@require_GET
def consent_page(request: HttpRequest) -> HttpResponse:
    """The matrix on a page of its own, with the choice of vehicle, the pause and the history."""
    shown = _matrix(request, _named_vehicle(request.GET.get("vehicle")))
    return render(request, "unions/consent.html", _context(shown))


@login_required
@require_GET
def consent_matrix(request: HttpRequest) -> HttpResponse:
    """The matrix of one vehicle, as a part."""
    shown = _matrix(request, _named_vehicle(request.GET.get("vehicle")))
    return slots.respond(request, "unions/_consent_matrix.html", _context(shown), title="Consent")


@login_required
@require_POST
def consent_set(request: HttpRequest) -> HttpResponse:
    """Set one cell now: how a level is lowered or switched off."""
    now = timezone.now()
    union, vehicle = _union_and_vehicle(request)
    signal_class = request.POST.get("signal_class", "")
    levels.set_level(
        union=union,
        vehicle=vehicle,
        signal_class=signal_class,
        level=request.POST.get("level", ""),
        actor=request.user,
        notice=notice("level-1", screen_id=SCREEN),
        now=now,
    )
    return _cell_answer(request, vehicle, union, signal_class)


@login_required
@require_POST
def consent_undo(request: HttpRequest) -> HttpResponse:
    """Take back the last change of one cell, its past included."""
    union, vehicle = _union_and_vehicle(request)
    signal_class = request.POST.get("signal_class", "")
    levels.undo(
        union=union,
        vehicle=vehicle,
        signal_class=signal_class,
        actor=request.user,
        notice=notice("level-1", screen_id=f"{SCREEN}-undo"),
        now=timezone.now(),
    )
    return _cell_answer(request, vehicle, union, signal_class)


@login_required
@require_POST
def consent_raise(request: HttpRequest) -> HttpResponse:
    """Sign several raises together: all of them or none."""
    now = timezone.now()
    vehicle = _own_vehicle(request)
    with transaction.atomic():
        for change in request.POST.getlist("change"):
            slug, _, rest = change.partition("/")
            signal_class, _, level = rest.partition("/")
            levels.set_level(
                union=_union(slug),
                vehicle=vehicle,
                signal_class=signal_class,
                level=level,
                actor=request.user,
                notice=notice("level-1", screen_id=f"{SCREEN}-review"),
                now=now,
                include_history=request.POST.get("include_history") == "on",
            )
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('consent')}?vehicle={vehicle.public_id}")
    return slots.respond(
        request, "unions/_consent_matrix.html", _context(_matrix(request, vehicle.public_id)), title="Consent"
    )


@login_required
@require_GET
def consent_history(request: HttpRequest) -> HttpResponse:
    """Everything the person ever said, newest first."""
    pages = Paginator(selectors.consent_history(member=request.user), 50)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "unions/consent_history.html", {"page": page, "lines": [_line(event) for event in page]})


@login_required
@require_POST
def consent_pause(request: HttpRequest) -> HttpResponse:
    """Pause everything for 24 hours, or end the pause: one button each way."""
    now: datetime = timezone.now()
    shown = notice("pause-1", screen_id="consent-pause")
    if request.POST.get("action") == "resume":
        pause.resume(member=request.user, notice=shown, now=now)
        messages.success(request, "The pause has ended. Your earlier choices apply again.")
    else:
        pause.pause_all(member=request.user, notice=shown, now=now)
        messages.success(request, "Everything is paused for 24 hours.")
    return redirect("consent")


def _line(event: ConsentEvent) -> dict[str, Any]:
    """An event in the words of the history."""
    ending = getattr(event, "ended_by", None)
    return {
        "event": event,
        "data": SIGNAL_CLASSES.get(event.signal_class, "Everything"),
        "level": level_of(signal_class=event.signal_class, tier=event.tier_max, precision=event.precision),
        "ended": ending.get_kind_display() if ending else "",
        "ended_at": ending.at if ending else None,
    }


def _cell_answer(request: HttpRequest, vehicle: Vehicle, union: Union, signal_class: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return redirect(f"{reverse('consent')}?vehicle={vehicle.public_id}")
    shown = _matrix(request, vehicle.public_id)
    row = next(row for row in shown.rows if row.signal == signal_class)
    cell = next(cell for cell in row.cells if cell.union.pk == union.pk)
    return render(
        request, "unions/_consent_answer.html", {"cell": cell, "vehicle": shown.vehicle, "totals": shown.totals}
    )


def _context(shown: Matrix) -> dict[str, Any]:
    return {
        "vehicle": shown.vehicle,
        "vehicles": shown.vehicles,
        "unions": shown.unions,
        "rows": shown.rows,
        "totals": shown.totals,
        "paused_until": shown.paused_until,
        "notice": TEXTS["level-1"],
        "pause_notice": TEXTS["pause-1"],
    }


def _matrix(request: HttpRequest, vehicle: UUID | None) -> Matrix:
    try:
        return matrix_of(member=request.user, now=timezone.now(), vehicle=vehicle)
    except Vehicle.DoesNotExist:
        raise Http404 from None


def _named_vehicle(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _own_vehicle(request: HttpRequest) -> Vehicle:
    public_id = _named_vehicle(request.POST.get("vehicle"))
    vehicle = in_garage(owner=request.user).filter(public_id=public_id).first() if public_id else None
    if vehicle is None:
        raise consent.NotYourMembership
    return vehicle


def _union(slug: str) -> Union:
    union = Union.objects.filter(slug=slug).first()
    if union is None:
        raise consent.NotYourMembership
    return union


def _union_and_vehicle(request: HttpRequest) -> tuple[Union, Vehicle]:
    return _union(request.POST.get("union", "")), _own_vehicle(request)
