"""What the page for developers accepts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from dimo.oauth import scopes


class AppForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=60, help_text=_("Owners read it when you ask them."))
    publisher = forms.CharField(label=_("Publisher"), max_length=80, help_text=_("The person or company behind it."))
    website = forms.URLField(label=_("Website"), max_length=200, assume_scheme="https")
    redirect_uris = forms.CharField(
        label=_("Redirect addresses"),
        max_length=3200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, at most ten. Each is compared letter for letter."),
    )
    confidential = forms.BooleanField(
        label=_("It runs on a server and keeps a secret"),
        required=False,
        help_text=_("Leave it out for apps on phones and in browsers; PKCE protects both."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("The most it may ask for"),
        choices=lambda: [(name, f"{name} · {line}") for name, line in scopes.known().items()],
        widget=forms.CheckboxSelectMultiple,
    )

    def clean_redirect_uris(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["redirect_uris"].splitlines() if line.strip()]
