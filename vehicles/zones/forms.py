"""What the pages of privacy zones ask."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dimo.users.models import User
from vehicles import measurements, selectors
from vehicles.models import PrivacyZone, Vehicle
from vehicles.places import zone_of
from vehicles.zones.drawing import Place

RECENT_TRIPS = 12


class ZoneForm(forms.Form):
    """A zone, and the place it is drawn around: coordinates, or where a trip began or ended."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=40, help_text=gettext_lazy("Only you see it."))
    radius_m = forms.TypedChoiceField(
        label=gettext_lazy("Radius"), choices=PrivacyZone.Radius.choices, coerce=int, initial=PrivacyZone.Radius.MEDIUM
    )
    vehicle = forms.ChoiceField(label=gettext_lazy("For"), required=False)
    trip = forms.ChoiceField(label=gettext_lazy("Around where a trip began or ended"), required=False)
    lat = forms.FloatField(label=gettext_lazy("Latitude"), required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(label=gettext_lazy("Longitude"), required=False, min_value=-180, max_value=180)

    def __init__(self, *args: Any, owner: User, zone: PrivacyZone | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner, self.zone = owner, zone
        self.vehicles = [vehicle for vehicle in selectors.vehicles_of(owner=owner) if vehicle.moves]
        known = {str(vehicle.public_id): str(vehicle) for vehicle in self.vehicles}
        if zone is not None and zone.vehicle is not None:  # sold since: it may stay as it is
            known.setdefault(str(zone.vehicle.public_id), str(zone.vehicle) if zone.vehicle in self.vehicles else "–")
        self.fields["vehicle"].choices = [("", _("All my vehicles")), *known.items()]  # type: ignore[attr-defined]
        self.fields["trip"].choices = [("", _("Choose, or press on the map")), *trip_ends(owner)]  # type: ignore[attr-defined]
        for name in ("lat", "lon"):
            self.fields[name].widget.attrs |= {"step": "any", "inputmode": "decimal", "autocomplete": "off"}

    @property
    def place(self) -> Place | None:
        """What a valid form says; None: the place is not said again."""
        said: Place | None = self.cleaned_data.get("place")
        return said

    @property
    def chosen_vehicle(self) -> Vehicle | None:
        asked = self.cleaned_data["vehicle"]
        if self.zone is not None and self.zone.vehicle is not None and str(self.zone.vehicle.public_id) == asked:
            return self.zone.vehicle
        return next((vehicle for vehicle in self.vehicles if str(vehicle.public_id) == asked), None)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if self.errors:
            return told
        lat, lon, trip = told.get("lat"), told.get("lon"), told.get("trip")
        if (lat is None) != (lon is None):
            self.add_error("lon" if lon is None else "lat", _("Give both, latitude and longitude."))
        elif lat is not None and lon is not None:
            told["place"] = Place(lat, lon)
        elif trip:
            told["place"] = self.end_of(trip)
        elif self.zone is None:
            self.add_error(None, _("Press on the map, choose where a trip began or ended, or enter coordinates."))
        return told

    def end_of(self, choice: str) -> Place | None:
        """Where a trip began or ended, as its owner may read it."""
        public_id, _sep, which = choice.partition(":")
        trip = selectors.trip_of(owner=self.owner, public_id=UUID(public_id))
        places = measurements.tracks(trips=[trip])[trip.pk]
        if not places:
            self.add_error("trip", _("This trip has no exact positions any more."))
            return None
        place = places[0 if which == "start" else -1]
        return Place(place.lat, place.lon)


def trip_ends(owner: User) -> list[tuple[str, str]]:
    """Both ends of recent trips, with when it was."""
    trips = selectors.trips_of(owner=owner).filter(points_removed_at=None)[:RECENT_TRIPS]
    found = []
    for trip in trips:
        zone = zone_of(trip.vehicle)
        start, end = localtime(trip.started_at, zone), localtime(trip.ended_at, zone)
        found.append((f"{trip.public_id}:end", _("End, %s") % date_format(end, "D, M j, H:i")))
        found.append((f"{trip.public_id}:start", _("Start, %s") % date_format(start, "D, M j, H:i")))
    return found
