"""What the page about exact positions asks, in words."""

from django import forms
from django.utils.translation import gettext_lazy as _

from vehicles.retention.choices import CHOICES

FOREVER = "forever"
WORDS = {
    30: _("30 days"),
    90: _("90 days"),
    365: _("1 year"),
    730: _("2 years"),
    1825: _("5 years"),
    None: _("As long as I own the vehicle"),
}
OPTIONS = [(FOREVER if days is None else str(days), WORDS[days]) for days in CHOICES]


class TimeForm(forms.Form):
    """How long exact positions are kept."""

    days = forms.ChoiceField(label=_("Keep exact positions"), choices=OPTIONS, widget=forms.RadioSelect)

    @property
    def chosen(self) -> int | None:
        days = self.cleaned_data["days"]
        return None if days == FOREVER else int(days)
