"""Charging in words: how an energy is known, what is doubted, and how a cost came about."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

METHODS: dict[str, Any] = {
    "counter": _("by the car's own counter"),
    "charger_power": _("by the charger's power over time"),
    "battery_power": _("by the battery's power over time"),
    "level": _("estimated from the level and the reported capacity"),
    "": _("not told"),
}
ABOUT: dict[str, Any] = {
    "counter": _("The car counted what went into its battery. Losses in cable and charger are not in it."),
    "charger_power": _("The power at the charger was added up over time, so losses in the car are in it."),
    "battery_power": _("The power into the battery was added up over time. Losses on the way are not in it."),
    "level": _("Nothing told of energy, so the rise of the level was taken times the capacity that the car reports."),
    "": _("Neither a counter nor a power was told, and no capacity to estimate from."),
}
DOUBTS: dict[str, Any] = {
    "start_unseen": _("Nobody saw when it began: nothing was told for half an hour or more before the level rose."),
    "end_unseen": _("Nobody saw when it ended: nothing was told for half an hour or more afterwards."),
    "counter_set_back": _("The car's counter was set back on the way; both parts were added."),
    "counter_disagrees": _("The car's counter and the power over time differ by more than a quarter."),
    "power_in_part": _("The power was told for a part of the time only, so the energy is at least this much."),
    "level_glitch": _("Some readings of the level jumped and came back; they were left out."),
}
CURRENTS: dict[str, Any] = {"ac": _("AC"), "dc": _("DC"), "": _("Not told")}
PLACES: dict[str, Any] = {"home": _("Home"), "away": _("Elsewhere"), "": _("Place not told")}
COSTS: dict[str, Any] = {
    "paid": _("What you said that you paid."),
    "home": _("%(kwh)s kWh at %(rate)s, your price at home on that day."),
    "away": _("%(kwh)s kWh at %(rate)s, your price elsewhere on that day."),
    "no_energy": _("Unknown: the energy was not told."),
    "no_place": _("Unknown: you have not said whether this was at home or elsewhere."),
    "no_price": _("Unknown: you have told no price for that day and place."),
    "open": _("Not known before the charge has ended."),
    "duplicate": _("Counted with the other record of the same charge."),
}
AGINGS: dict[str, tuple[Any, Any]] = {
    "reported": (_("Health as the car reports it"), _("Percent of new, told at the end of a charge.")),
    "capacity": (
        _("Capacity by your charges"),
        _("Energy into the battery over the rise of its level, from charges of 30 points and more."),
    ),
    "range": (
        _("Range at a full battery"),
        _("What the car itself expects, so driving style and weather are in it."),
    ),
}


def doubt(name: str) -> Any:
    """A doubt as a sentence; one without words by its name."""
    return DOUBTS.get(name, name)


def cost(how: str, facts: dict[str, str] | None = None) -> str:
    """How a cost came about, or why it is unknown."""
    told: Callable[[], str] = COSTS[how].__str__
    return told() % facts if facts else told()
