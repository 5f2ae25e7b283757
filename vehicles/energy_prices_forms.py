"""What the page of energy prices asks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vehicles.energy_prices import Prices


def price(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=0, max_digits=9, decimal_places=4, help_text=help_text
    )


class PricesForm(forms.Form):
    """What is paid from a day on; a price that stays empty is not told, and costs that need it stay unknown.

    Only what the vehicle takes is asked: `plugs` electricity, `burns` fuel.
    """

    since = forms.DateField(label=_("From this day on"), widget=forms.DateInput(attrs={"type": "date"}))
    currency = forms.CharField(
        label=_("Currency"), min_length=3, max_length=3, help_text=_("Three letters, such as EUR.")
    )
    home_per_kwh = price(_("Electricity at home, per kWh"))
    away_per_kwh = price(_("Electricity elsewhere, per kWh"), _("What you pay on average; a charge can say its own."))
    fuel_per_liter = price(_("Fuel, per liter"))
    home_share_pct = forms.IntegerField(
        label=_("Share of your electricity charged at home, in percent"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("Only for what trips cost. Charges know their place from you."),
    )

    def __init__(self, *args: Any, plugs: bool = True, burns: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needless = () if plugs else ("home_per_kwh", "away_per_kwh", "home_share_pct")
        for name in needless if burns else (*needless, "fuel_per_liter"):
            del self.fields[name]

    def prices(self) -> Prices:
        """What was filled in."""
        return Prices(**{name: self.cleaned_data[name] for name in Prices._fields if name in self.cleaned_data})


class DayForm(forms.Form):
    since = forms.DateField()
