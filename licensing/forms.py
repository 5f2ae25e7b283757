"""What people type: a question for a price, a new organization, a union's offer."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.datasets.intervals import Period
from licensing.models import Offer
from licensing.uses import SOLD_TIERS
from unions.vocabulary import BUYER_CATEGORIES, MATRIX_CLASSES, PURPOSES, SELLABLE_PURPOSES, SIGNAL_CLASSES, TIER_LABELS
from vehicles.signals import Signal, by_name

DEFAULT_DAYS = 30


def purpose_choices(names: Any) -> list[tuple[str, str]]:
    return [(name, PURPOSES[name].label) for name in names]


class SignalChoices:
    """A form whose `signals` are shown by kind of data, in plain words."""

    def signal_groups(self) -> list[tuple[str, list[Any]]]:
        """Per kind of data, in the order of the consent matrix: its name and the boxes to tick."""
        groups: dict[str, list[Any]] = {name: [] for name in (*MATRIX_CLASSES, "cabin")}
        for box in self["signals"]:  # type: ignore[index]
            groups.setdefault(by_name[box.data["value"]].signal_class.partition(".")[0], []).append(box)
        return [(SIGNAL_CLASSES[name], boxes) for name, boxes in groups.items() if boxes]


class QuoteForm(SignalChoices, forms.Form):
    """Days are whole days in UTC; the last one is included."""

    first_day = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last_day = forms.DateField(label=_("To, included"), widget=forms.DateInput(attrs={"type": "date"}))
    tier = forms.ChoiceField(label=_("What you get"))
    purpose = forms.ChoiceField(label=_("What you use it for"))
    signals = forms.MultipleChoiceField(label=_("Signals"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, offer: Offer, now: datetime, **kwargs: Any) -> None:
        last = (now - timedelta(days=1)).date()
        initial = {
            "first_day": last - timedelta(days=DEFAULT_DAYS - 1),
            "last_day": last,
            "signals": [name for name in offer.signals if not by_name[name].signal_class.startswith("location")][:1],
            "tier": offer.tiers[0],
            "purpose": offer.purposes[0],
        }
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.fields["tier"].choices = [(tier, TIER_LABELS[tier]) for tier in offer.tiers]  # type: ignore[attr-defined]
        self.fields["purpose"].choices = purpose_choices(offer.purposes)  # type: ignore[attr-defined]
        self.fields["signals"].choices = [(name, by_name[name].title) for name in offer.signals]  # type: ignore[attr-defined]

    def period(self) -> Period:
        """Half-open, from the first day's beginning to the end of the last."""
        start = datetime.combine(self.cleaned_data["first_day"], time(), UTC)
        return start, datetime.combine(self.cleaned_data["last_day"], time(), UTC) + timedelta(days=1)


class OrganizationForm(forms.Form):
    name = forms.CharField(label=_("Name"), min_length=2, max_length=80)
    category = forms.ChoiceField(label=_("Kind of buyer"), choices=list(BUYER_CATEGORIES.items()))
    country = forms.RegexField(label=_("Country"), regex="^[A-Za-z]{2}$", help_text=_("Two letters, for example NL."))

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()


class OfferForm(SignalChoices, forms.Form):
    name = forms.CharField(label=_("Name"), min_length=3, max_length=80)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    signals = forms.MultipleChoiceField(label=_("Signals"), widget=forms.CheckboxSelectMultiple)
    tiers = forms.MultipleChoiceField(
        label=_("Sold as"),
        choices=[(tier, TIER_LABELS[tier]) for tier in SOLD_TIERS],
        widget=forms.CheckboxSelectMultiple,
    )
    purposes = forms.MultipleChoiceField(
        label=_("For"), choices=purpose_choices(SELLABLE_PURPOSES), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, sellable: Sequence[Signal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["signals"].choices = [(signal.name, signal.title) for signal in sellable]  # type: ignore[attr-defined]
