"""The page on which an owner says what energy costs them, from which day on."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localdate, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dimo.errors import DomainError
from vehicles import currencies, energy_prices, ownership_selectors, selectors
from vehicles.energy_prices import Step
from vehicles.energy_prices_forms import DayForm, PricesForm
from vehicles.models import EnergyPrice, Vehicle
from vehicles.pages import own_vehicle, user_of
from vehicles.places import zone_of

A_DAY = timedelta(days=1)


def undo_key(vehicle: Vehicle) -> str:
    return f"energy-prices:{vehicle.public_id}"


def row(price: EnergyPrice) -> dict[str, object]:
    """A period as the page shows it."""
    units = {"home_per_kwh": "kWh", "away_per_kwh": "kWh", "fuel_per_liter": "l"}
    amounts = {name: getattr(price, name) for name in units}
    return {
        "price": price,
        "last": price.period.upper and price.period.upper - A_DAY,
        **{
            name: None if value is None else currencies.rate(value, price.currency, units[name])
            for name, value in amounts.items()
        },
    }


@login_required
@require_GET
def all_prices(request: HttpRequest) -> HttpResponse:
    """The prices that hold today, by vehicle; on to those of the only one."""
    vehicles = [each for each in selectors.vehicles_of(owner=user_of(request)) if each.moves]
    if len(vehicles) == 1:
        return redirect("energy-prices", vehicles[0].public_id)
    today = energy_prices.of_today(vehicles=vehicles, now=now())
    rows = [(each, row(today[each.pk]) if each.pk in today else None) for each in vehicles]
    return render(request, "vehicles/energy_prices_all.html", {"rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def prices(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The prices told so far, and a form for those from a day on. A former owner reads theirs."""
    known = ownership_selectors.known_to(owner=user_of(request))
    vehicle = get_object_or_404(known, public_id=public_id)
    told = list(energy_prices.prices_of(owner=user_of(request), vehicle=vehicle))
    newest = next((each for each in told if each.owner_epoch == vehicle.owner_epoch), None)
    first = {"since": localdate(now(), zone_of(vehicle)), "currency": newest.currency if newest else ""}
    plugs = vehicle.plugs or any(each.home_per_kwh or each.away_per_kwh for each in told)
    burns = vehicle.burns or any(each.fuel_per_liter for each in told)
    form = PricesForm(request.POST or None, initial=first, plugs=plugs, burns=burns)
    if request.method == "POST":
        vehicle = own_vehicle(request, public_id)
        if form.is_valid():
            try:
                step = energy_prices.set_prices(
                    vehicle=vehicle, since=form.cleaned_data["since"], prices=form.prices(), now=now()
                )
            except Vehicle.DoesNotExist:
                raise Http404 from None
            except DomainError as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                return done(request, vehicle, step, _("The prices are set. Costs follow them from now on."))
    context = {
        "vehicle": vehicle,
        "own": vehicle.owner_id == user_of(request).pk,
        "prices": [row(each) for each in told],
        "plugs": plugs,
        "burns": burns,
        "form": form,
        "can_undo": undo_key(vehicle) in request.session,
    }
    return render(request, "vehicles/energy_prices.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def remove(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take back the prices that begin on the day `since`."""

    def change(vehicle: Vehicle, since: date) -> Step:
        return energy_prices.remove_prices(vehicle=vehicle, since=since)

    return changed(request, public_id, change, _("The prices from %(day)s on are removed."))


@login_required
@require_POST
def end(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """No price from the day `since` on."""

    def change(vehicle: Vehicle, since: date) -> Step:
        return energy_prices.end_prices(vehicle=vehicle, since=since, now=now())

    return changed(request, public_id, change, _("From %(day)s on no price is told."))


@login_required
@require_POST
def undo(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take back the last change made in this session."""
    vehicle = own_vehicle(request, public_id)
    carried = request.session.pop(undo_key(vehicle), None)
    if carried is None:
        raise Http404
    try:
        energy_prices.undo(vehicle=vehicle, step=energy_prices.heard(carried))
    except Vehicle.DoesNotExist:
        raise Http404 from None
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The prices are as they were before."))
    return redirect("energy-prices", vehicle.public_id)


def changed(request: HttpRequest, public_id: UUID, change: Callable[[Vehicle, date], Step], words: str) -> HttpResponse:
    vehicle, form = own_vehicle(request, public_id), DayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say the day, such as 2026-03-01."))
        return redirect("energy-prices", vehicle.public_id)
    since = form.cleaned_data["since"]
    try:
        step = change(vehicle, since)
    except ObjectDoesNotExist:
        raise Http404 from None
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("energy-prices", vehicle.public_id)
    return done(request, vehicle, step, words % {"day": date_format(since, "M j, Y")})


def done(request: HttpRequest, vehicle: Vehicle, step: Step, words: str) -> HttpResponse:
    request.session[undo_key(vehicle)] = energy_prices.told(step)
    messages.success(request, words)
    return redirect("energy-prices", vehicle.public_id)
