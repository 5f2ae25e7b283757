"""What the way in by phone asks."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from vehicles.models import Vehicle


class ConnectPhoneForm(forms.Form):
    """Which vehicle the phone is for."""

    NEW = "new"

    vehicle = forms.ChoiceField(
        label=_("Vehicle"), help_text=_("You choose another in the app whenever you change cars.")
    )
    nickname = forms.CharField(
        label=_("Name of a new vehicle"), max_length=60, required=False, help_text=_("Only if it is not listed above.")
    )

    def __init__(self, *args: Any, vehicles: Sequence[Vehicle], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(vehicle.public_id), str(vehicle)) for vehicle in vehicles]
        self.fields["vehicle"].choices = [*known, (self.NEW, _("A new vehicle"))]  # type: ignore[attr-defined]
