"""What the upload page asks."""

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from dimo.users.models import User
from vehicles import imports, ownership_selectors
from vehicles.importers.formats import LARGEST_FILE
from vehicles.models import ImportBatch, Vehicle


def zone_choices() -> list[tuple[str, object]]:
    """All zones by region; none is chosen beforehand, for a wrong zone would shift every trip unnoticed."""
    regions: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(imports.zones()):
        region, _slash, place = zone.partition("/")
        if place and region not in ("Etc", "SystemV", "posix", "right"):
            regions.setdefault(region, []).append((zone, place.replace("_", " ").replace("/", ", ")))
    return [("", _("Choose the zone")), ("UTC", "UTC"), *sorted(regions.items())]


class ImportForm(forms.Form):
    """An export file, what made it, and the zone of its clock."""

    format = forms.ChoiceField(
        label=_("Where the file comes from"), choices=ImportBatch.Format, widget=forms.RadioSelect
    )
    timezone = forms.ChoiceField(
        label=_("Time zone the car was in"),
        choices=lazy(zone_choices, list),
        required=False,
        help_text=_(
            "TeslaFi and Twizy files hold local times and do not say of which zone. enviroCar files do not need it."
        ),
    )
    vehicle = forms.ModelChoiceField(
        label=_("Vehicle"),
        queryset=Vehicle.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label=_("One for each car in the file"),
    )
    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.json,.geojson,.parquet,.zip"}),
        help_text=_(
            "CSV, GeoJSON or Parquet, not compressed, or the archive of our own export; up to %(size)s MiB. "
            "The file is deleted once it is read."
        )
        % {"size": LARGEST_FILE // 2**20},
        allow_empty_file=True,  # an empty file is refused by the rule, in the same words as everywhere
    )

    def __init__(self, *args: object, owner: User, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        own = ownership_selectors.in_garage(owner=owner).filter(retired_at=None, simulated=False).order_by("pk")
        self.fields["vehicle"].queryset = own  # type: ignore[attr-defined]
