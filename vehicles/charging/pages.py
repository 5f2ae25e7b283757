"""Pages about charging: what was charged when, where and for how much, and each charge with its curve."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from dimo.errors import DomainError
from dimo.pages.slots import respond
from vehicles import ownership_selectors
from vehicles.charging import costs, saying, selectors, since, words
from vehicles.charging.costs import Charge, Sums
from vehicles.charging.forms import PaidForm, PlaceForm
from vehicles.models import ChargingSession
from vehicles.pages import user_of
from vehicles.parts import asked_vehicle
from vehicles.places import zone_of

TABLE_ROWS = 40


@login_required
@require_GET
def charging(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A year of charges by month, newest first, with sums; `?year=` asks for another. Former owners read theirs."""
    owner = user_of(request)
    vehicle = get_object_or_404(ownership_selectors.known_to(owner=owner), public_id=public_id)
    zone = zone_of(vehicle)
    found = selectors.sessions_of(owner=owner, vehicle=vehicle)
    years = [day.year for day in found.order_by().datetimes("started_at", "year", order="DESC", tzinfo=zone)]
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and int(asked) in years else (years[0] if years else None)
    here = found.filter(started_at__year__gte=year - 1, started_at__year__lte=year + 1) if year else found.none()
    told = [each for each in costs.charges(sessions=here, owner=owner) if each.start.year == year]
    months = [(day, list(rows)) for day, rows in groupby(told, key=lambda each: each.start.date().replace(day=1))]
    mine = vehicle.owner_id == owner.pk
    context = {
        "vehicle": vehicle,
        "own": mine,
        "year": year,
        "years": years,
        "sums": shares(costs.sum_up(told)),
        "months": [(day, shares(costs.sum_up(rows)), [row(each) for each in rows]) for day, rows in months],
        "since": since.since_charge(vehicle=vehicle) if mine else None,
    }
    return render(request, "vehicles/charging.html", context)


def shares(sums: Sums) -> dict[str, Any]:
    """Sums with their shares in words, of the energy that is known."""

    def split(kwh: dict[str, float], titles: dict[str, Any]) -> list[tuple[Any, float]]:
        return [(titles[name], kwh[name] / sums.kwh * 100) for name in titles if sums.kwh and kwh.get(name)]

    return {
        "sums": sums,
        "currents": split(sums.by_current, words.CURRENTS),
        "places": split(sums.by_place, words.PLACES),
    }


def row(charge: Charge) -> dict[str, Any]:
    """A charge as tables show it."""
    session = charge.session
    return {
        "charge": charge,
        "session": session,
        "place": words.PLACES[charge.place],
        "current": words.CURRENTS[session.current],
        "method": words.METHODS[session.energy_method],
        "minutes": round((session.ended_at - session.started_at).total_seconds() / 60),
    }


def own_charge(request: HttpRequest, public_id: UUID) -> ChargingSession:
    return get_object_or_404(selectors.sessions_of(owner=user_of(request)), public_id=public_id)


@login_required
@require_http_methods(["GET", "POST"])
def charge(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One charge; POST with `say` = `place` or `paid` takes the owner's word."""
    session, owner = own_charge(request, public_id), user_of(request)
    data = {name: request.POST if request.POST.get("say") == name else None for name in ("place", "paid")}
    [told] = costs.charges(sessions=[session], owner=owner)
    place = PlaceForm(data["place"], initial={"place": told.place})
    paid = PaidForm(data["paid"], initial={"paid": session.paid, "paid_currency": currency_of(session, told)})
    if request.method == "POST" and said(request, session, place, paid):
        messages.success(request, _("Saved."))
        return redirect("charge", session.public_id)
    if not session.cell and "whole_area" not in place.errors:
        del place.fields["whole_area"]
    context = {
        **row(told),
        "vehicle": session.vehicle,
        "about": words.ABOUT[session.energy_method],
        "doubts": [words.doubt(name) for name in session.doubts],
        "place_form": place,
        "paid_form": paid,
        "curve": twin(session),
    }
    failed = request.method == "POST"
    return render(request, "vehicles/charge.html", context, status=422 if failed else 200)


def currency_of(session: ChargingSession, told: Charge) -> str:
    return session.paid_currency or told.cost.currency


def said(request: HttpRequest, session: ChargingSession, place: PlaceForm, paid: PaidForm) -> bool:
    """Whether what was posted is kept; else the form says why not."""
    form = place if place.is_bound else paid
    if not form.is_valid():
        return False
    told = form.cleaned_data
    try:
        if form is place:
            saying.set_place(
                session=session, place=told["place"], owner=user_of(request), whole_area=told["whole_area"]
            )
        else:
            saying.set_paid(session=session, paid=told["paid"], currency=told["paid_currency"])
    except DomainError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    return True


def twin(session: ChargingSession) -> list[tuple[int, float | None, float | None]]:
    """The curve as a table: (minute, percent, kW), thinned to forty rows."""
    curve = [(round(seconds / 60), level, power) for seconds, level, power in session.curve]
    if len(curve) <= TABLE_ROWS:
        return curve
    stride = -(-len(curve) // (TABLE_ROWS - 1))
    return [*curve[:-1:stride], curve[-1]]


@login_required
@require_GET
def charge_curve(request: HttpRequest, public_id: UUID) -> JsonResponse:
    """A charge's power and level over time, as `static/js/plot.js` draws them."""
    session = own_charge(request, public_id)
    begin = session.started_at.timestamp()
    columns = list(zip(*session.curve, strict=True)) if session.curve else [(), (), ()]
    answer = {
        "timezone": session.vehicle.timezone,
        "t": [begin + seconds for seconds in columns[0]],
        "plots": [
            {"title": _("Power"), "unit": "kW", "color": "speed", "fill": True, "low": 0, "values": columns[2]},
            {"title": _("Level"), "unit": "%", "color": "soc", "low": 0, "high": 100, "values": columns[1]},
        ],
    }
    return JsonResponse(answer, headers={"Cache-Control": "private, no-store"})


@login_required
@require_GET
def since_charge(request: HttpRequest) -> HttpResponse:
    """What a vehicle did since its last charge; nothing for one that was never charged."""
    vehicle = asked_vehicle(request)
    told = since.since_charge(vehicle=vehicle) if vehicle is not None else None
    if told is None and request.headers.get("HX-Request"):
        return HttpResponse("")
    if told is None or vehicle is None:
        raise Http404
    context = {"since": told, "vehicle": vehicle, "more": reverse("charging", args=[vehicle.public_id])}
    return respond(request, "vehicles/_since_charge.html", context, title=_("Since the last charge"))
