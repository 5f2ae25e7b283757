"""What is typed before something is erased, so that nobody erases by a slip."""

from django import forms
from django.utils.translation import gettext as _


class ConfirmForm(forms.Form):
    typed = forms.CharField(max_length=254)

    def __init__(self, *args: object, word: str, label: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.word = word
        field = self.fields["typed"]
        field.label = label
        field.widget.attrs.update({"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"})

    def clean_typed(self) -> str:
        typed = str(self.cleaned_data["typed"]).strip()
        if typed.casefold() != self.word.casefold():
            raise forms.ValidationError(_("This is not “%(word)s”. Nothing was erased.") % {"word": self.word})
        return typed
