"""What the settings pages accept."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dimo.api.models import ApiKey
from dimo.users.models import User
from dimo.users.profile import ZONES


class ProfileForm(forms.ModelForm):
    timezone = forms.ChoiceField(label=_("Time zone"), choices=lambda: [(zone, zone) for zone in sorted(ZONES)])

    class Meta:
        model = User
        fields = ("name", "timezone")
        labels = {"name": _("Name")}  # noqa: RUF012 - Django's own pattern


class KeyForm(forms.Form):
    LASTS = (("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")), ("never", _("Until revoked")))

    label = forms.CharField(label=_("Label"), max_length=80, help_text=_("So that you recognize the key later."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=ApiKey.Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    lasts = forms.ChoiceField(label=_("Works for"), choices=LASTS, initial="90")

    def expires_at(self) -> datetime | None:
        lasts = self.cleaned_data["lasts"]
        return None if lasts == "never" else timezone.now() + timedelta(days=int(lasts))
