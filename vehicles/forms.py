"""What the pages about vehicles and devices ask."""

from zoneinfo import available_timezones

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from vehicles.models import Device, Vehicle


def zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"]


class VehicleForm(forms.ModelForm):
    """Everything but the time zone may stay empty."""

    year = forms.IntegerField(label=_("Model year"), required=False, min_value=1900, max_value=2100)
    timezone = forms.ChoiceField(
        label=_("Time zone"), choices=lazy(zones, list), help_text=_("Your trips are shown in it.")
    )

    class Meta:
        model = Vehicle
        fields = ("nickname", "make", "model", "year", "powertrain", "timezone")
        labels = {"nickname": _("Name"), "make": _("Make"), "model": _("Model"), "powertrain": _("Powertrain")}  # noqa: RUF012


class NameForm(forms.Form):
    nickname = forms.CharField(label=_("Name"), max_length=60, required=False)


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
