"""What the page of one charge asks: where it was, and what was paid."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PlaceForm(forms.Form):
    """Nothing is derived from where a car spends its nights; unsaid stays unsaid."""

    place = forms.ChoiceField(
        label=_("Where this was"),
        choices=[("", _("Not named")), ("home", _("At home")), ("away", _("Elsewhere"))],
        required=False,
    )
    whole_area = forms.BooleanField(
        label=_("Say the same of all my charges in this area"),
        required=False,
        help_text=_("An area is about 5 km² wide. Only you see what you call it."),
    )


class PaidForm(forms.Form):
    """Empty: not said, so that the cost follows from your prices."""

    paid = forms.DecimalField(label=_("Paid"), required=False, min_value=0, max_digits=9, decimal_places=2)
    paid_currency = forms.CharField(
        label=_("Currency"), required=False, max_length=3, help_text=_("Three letters, such as EUR.")
    )
