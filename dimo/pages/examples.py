"""Made-up values for the style guide; nothing of it is anybody's."""

from types import SimpleNamespace

from django import forms

from dimo.money import fee


class ExampleForm(forms.Form):
    """One of each control, as rooms' forms meet `<c-form-field>`."""

    name = forms.CharField(label="Name of the union", max_length=60, help_text="Shown to members and buyers.")
    admission = forms.ChoiceField(
        label="Who may join",
        choices=[("open", "Anyone with a vehicle"), ("approval", "A steward approves")],
    )
    powertrains = forms.MultipleChoiceField(
        label="Powertrains",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("electric", "Electric"), ("hybrid", "Hybrid"), ("combustion", "Combustion")],
    )
    charter = forms.CharField(label="Charter", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    agreed = forms.BooleanField(label="The charter was read", help_text="A copy is kept with the union.")


def sale() -> dict[str, object]:
    """A price and its parts, shared by the same function that shares real ones."""
    price = 240_000_000
    protocol, union = fee(price, 500), fee(price, 1000)
    parts = [
        ("Drivers", "Drivers, by their rows", "ta", price - protocol - union),
        ("Union", "Union, 10%", "tb", union),
        ("Protocol", "Protocol, 5%", "tc", protocol),
    ]
    return {
        "price": price,
        "parts": [
            SimpleNamespace(
                name=name,
                long=long,
                tone=tone,
                amount=amount,
                share=amount * 100 // price,
                words=f"{amount * 100 // price}%",
            )
            for name, long, tone, amount in parts
        ],
    }


SALES = (
    ("Winter range and charging", "Nov 19", "Northern Grid Lab", 41_206, 6_120_000, "ok", "Settled"),
    ("Kerbside dwell times", "Nov 18", "Harbor City Council", 2_874, 3_480_000, "ok", "Settled"),
    ("Braking events by road class", "Nov 17", "NovaTread Research", 9_310, 2_950_000, "warn", "Settling"),
)
SWATCHES = (
    "bg",
    "surface",
    "sunk",
    "line",
    "edge",
    "ink",
    "ink2",
    "ink3",
    "brand",
    "brand-ink",
    "lime",
    "speed",
    "soc",
)


def everything() -> dict[str, object]:
    """Context of the style guide."""
    unions = [
        SimpleNamespace(name="Nordic EV Union", tone="ta"),
        SimpleNamespace(name="City Couriers", tone="tb"),
        SimpleNamespace(name="Safer Roads Pool", tone="tc"),
    ]
    shares = (56, 27, 17)
    return {
        "unions": unions,
        "parts": [
            SimpleNamespace(name=union.name, tone=union.tone, share=share, words=f"{share}%")
            for union, share in zip(unions, shares, strict=True)
        ],
        "levels": ("off", "statistics", "coarse", "exact"),
        "form": ExampleForm({"name": "", "admission": "open"}),
        "sales": [(*sale[:3], unions[number], *sale[3:]) for number, sale in enumerate(SALES)],
        "sha256": "19f9c92546aa300c312235e3125af1b81394d8db9a4bc4a425cd5b641d2d54e1",
        "swatches": SWATCHES,
    }
