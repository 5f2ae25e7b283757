"""What the pages about vehicles and devices ask."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from vehicles import kinds
from vehicles.models import Device, Vehicle


def zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


class VehicleForm(forms.ModelForm):
    """Everything but the time zone may stay empty; a kind that is not said is a car."""

    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=lambda: [(kind.name, kind.title) for kind in kinds.by_name.values()],
        required=False,
        initial=kinds.CAR,
    )
    year = forms.IntegerField(label=_("Model year"), required=False, min_value=1900, max_value=2100)
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=lazy(zones, list), help_text=_("Your trips are shown in it.")
    )

    class Meta:
        model = Vehicle
        fields = ("kind", "nickname", "make", "model", "year", "powertrain", "timezone")
        labels = {"nickname": _("Name"), "make": _("Make"), "model": _("Model"), "powertrain": _("Powertrain")}  # noqa: RUF012

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or kinds.CAR


class NameForm(forms.Form):
    nickname = forms.CharField(label=_("Name"), max_length=60, required=False)


class VinForm(forms.Form):
    vin = forms.CharField(
        label=_("VIN"), max_length=40, help_text=_("17 letters and digits, without I, O and Q; blanks do not matter.")
    )


class ConnectDeviceForm(forms.Form):
    """Which vehicle a device is for, and what it is called."""

    NEW = "new"

    vehicle = forms.ChoiceField(label=_("Vehicle"))
    nickname = forms.CharField(
        label=_("Name of a new vehicle"), max_length=60, required=False, help_text=_("Only if it is not listed above.")
    )
    kind = forms.ChoiceField(label=_("What the device is"), choices=Device.Kind.choices)
    label = forms.CharField(
        label=_("Name of the device"), max_length=60, required=False, help_text=_("Only you see it.")
    )

    def __init__(self, *args: Any, vehicles: Sequence[Vehicle], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(vehicle.public_id), str(vehicle)) for vehicle in vehicles]
        self.fields["vehicle"].choices = [*known, (self.NEW, _("A new vehicle"))]  # type: ignore[attr-defined]


class DeviceForm(forms.Form):
    """The device's answer to the challenge shown beside the form."""

    kind = forms.ChoiceField(label=_("What it is"), choices=Device.Kind.choices)
    label = forms.CharField(label=_("Name"), max_length=60, required=False, help_text=_("Only you see it."))
    subject = forms.CharField(
        label=_("DID of the vehicle elsewhere"),
        max_length=160,
        required=False,
        help_text=_("Only for a connection that names the vehicle by a DID of another network."),
    )
    signature = forms.CharField(label=_("Signature"), max_length=132, help_text=_("0x and 130 digits."))
    challenge = forms.CharField(max_length=600, widget=forms.HiddenInput)
