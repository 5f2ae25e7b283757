"""What founders and stewards type, turned into rules and price lists; refusals name the field."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dimo.money import DECIMALS
from unions import changes, rulebook
from unions.levels import offered_levels
from unions.models import Terms, Union
from unions.rulebook import K_FLOOR, Rules
from unions.vocabulary import (
    BUYER_CATEGORIES,
    LEVEL_LABELS,
    LEVELS,
    MATRIX_CLASSES,
    PURPOSES,
    SELLABLE_CATEGORIES,
    SELLABLE_PURPOSES,
    SIGNAL_CLASSES,
    shade,
)
from vehicles.models import Vehicle

UNIT = Decimal(10 ** DECIMALS["EURC"])
PRICED = (
    ("location.coarse", _("Location, areas")),
    ("location.precise", _("Location, exact positions")),
    *((name, SIGNAL_CLASSES[name]) for name in MATRIX_CLASSES if name != "location"),
)
PRICED_TIERS = (("aggregate", _("Statistics")), ("pseudonymous_rows", _("Rows")))


class CharterForm(forms.Form):
    """Who the union is and who may join."""

    name = forms.CharField(label=_("Name"), min_length=3, max_length=60)
    tagline = forms.CharField(
        label=_("In one line"), max_length=140, required=False, help_text=_("Shown under the name.")
    )
    charter = forms.CharField(
        label=_("Charter"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What the union is for and what its members can expect, in your own words."),
    )
    admission = forms.ChoiceField(label=_("Who may join"), choices=Union.Admission.choices)
    powertrains = forms.MultipleChoiceField(
        label=_("Kinds of drive"),
        choices=Vehicle.Powertrain.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every kind."),
    )
    tone = forms.ChoiceField(label=_("Color"), choices=[("ta", _("Teal")), ("tb", _("Amber")), ("tc", _("Violet"))])

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if Union.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("Another union bears this name; choose a different one."), code="name_taken")
        return name


class PolicyForm(forms.Form):
    """A policy of one shape: the finest level per kind of data, and purposes and buyers that hold for all of them."""

    purposes = forms.MultipleChoiceField(
        label=_("Purposes"),
        choices=[(name, PURPOSES[name].label) for name in SELLABLE_PURPOSES],
        widget=forms.CheckboxSelectMultiple,
    )
    buyer_categories = forms.MultipleChoiceField(
        label=_("Buyers"),
        choices=[(name, BUYER_CATEGORIES[name]) for name in SELLABLE_CATEGORIES],
        widget=forms.CheckboxSelectMultiple,
    )
    k = forms.IntegerField(label=_("Fewest vehicles in a dataset"), min_value=K_FLOOR, max_value=10_000, initial=10)
    retention_days = forms.IntegerField(label=_("Days a buyer may keep data"), min_value=1, max_value=3650, initial=365)
    text = forms.CharField(
        label=_("By-laws"), required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        finest = {
            f"level_{name}": forms.ChoiceField(
                label=SIGNAL_CLASSES[name], choices=[(level, LEVEL_LABELS[level]) for level in LEVELS], initial="off"
            )
            for name in MATRIX_CLASSES
        }
        self.fields = {**finest, **self.fields}

    @property
    def level_fields(self) -> list[forms.BoundField]:
        return [self[f"level_{name}"] for name in MATRIX_CLASSES]

    def rules(self) -> dict[str, Any]:
        """The rules as `rulebook.parse` reads them."""
        data = self.cleaned_data
        lines = []
        for name in MATRIX_CLASSES:
            target = shade(name, data[f"level_{name}"])
            if target is not None:
                lines.append(
                    {
                        "signal_class": target.signal_class,
                        "tier_max": target.tier,
                        "precision": target.precision,
                        "purposes": data["purposes"],
                        "buyer_categories": data["buyer_categories"],
                    }
                )
        return {"allow": lines, "k": data["k"], "retention_days": data["retention_days"], "countries": []}


def policy_initial(rules: Rules, text: str = "") -> dict[str, Any] | None:
    """The form's values for some rules; None where the form could not say the same."""
    first = rules.allow[0] if rules.allow else None
    values: dict[str, Any] = {
        "purposes": list(first.purposes) if first else [],
        "buyer_categories": list(first.buyer_categories) if first else [],
        "k": rules.k,
        "retention_days": rules.retention_days,
        "text": text,
    }
    for name in MATRIX_CLASSES:
        values[f"level_{name}"] = offered_levels(rules, name)[-1]
    form = PolicyForm(values)
    if not form.is_valid():
        return None if rules.allow else values
    return None if changes.differences(rules, rulebook.parse(form.rules())) else values


class TermsForm(forms.Form):
    """Prices in euros per vehicle and 30 days, the union's fee in percent, and how members share."""

    union_fee = forms.DecimalField(
        label=_("The union's fee, in percent"), min_value=0, max_value=20, decimal_places=2, initial=5
    )
    split_rule = forms.ChoiceField(label=_("How members share a sale"), choices=Terms.SplitRule.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in PRICED:
            for tier, word in PRICED_TIERS:
                if (name, tier) != ("location.precise", "aggregate"):
                    self.fields[field_name(name, tier)] = forms.DecimalField(
                        label=f"{label}: {word}", min_value=0, max_value=100_000, decimal_places=6, required=False
                    )

    def price_rows(self) -> list[tuple[Any, list[forms.BoundField | None]]]:
        """One row per kind of data with a field per tier, for a table."""
        names = self.fields
        return [
            (
                label,
                [self[field_name(name, tier)] if field_name(name, tier) in names else None for tier, _ in PRICED_TIERS],
            )
            for name, label in PRICED
        ]

    def prices(self) -> dict[str, dict[str, str]]:
        """Base units by class and tier; an empty field is not on the list."""
        table: dict[str, dict[str, str]] = {}
        for name, _label in PRICED:
            for tier, _word in PRICED_TIERS:
                amount = self.cleaned_data.get(field_name(name, tier))
                if amount is not None:
                    table.setdefault(name, {})[tier] = str(int(amount * UNIT))
        return table

    def fee_bps(self) -> int:
        return int(self.cleaned_data["union_fee"] * 100)


def field_name(signal_class: str, tier: str) -> str:
    return f"price_{signal_class.replace('.', '_')}_{tier}"


def terms_initial(prices: Mapping[str, Mapping[str, str]], union_fee_bps: int, split_rule: str) -> dict[str, Any]:
    """The form's values for a price list."""
    values: dict[str, Any] = {"union_fee": Decimal(union_fee_bps) / 100, "split_rule": split_rule}
    for name, tiers in prices.items():
        for tier, amount in tiers.items():
            values[field_name(name, tier)] = (Decimal(int(amount)) / UNIT).normalize()
    return values
