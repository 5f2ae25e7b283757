"""Zones as they are enforced: a vehicle's own circles, each wider than drawn by a margin that is secret to all."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from django.db.models import Q

from dimo.crypto import subkey
from vehicles.models import PrivacyZone, Vehicle
from vehicles.signals import cell_value_of
from vehicles.zones import circles
from vehicles.zones.circles import Circle

MARGIN_KEY: Final = "privacy-zone-margin"
POSITIONS: Final = "location"
# A speed series integrates to the way that was left out, and by the roads to the door (docs/privacy.md).
ALSO_WITHHELD: Final = "behavior.speed_series"


class Enforced(NamedTuple):
    """Nothing that tells of a position in this circle leaves of this vehicle."""

    vehicle_id: int
    circle: Circle


def enforced_zones(*, owners: Mapping[int, int]) -> tuple[Enforced, ...]:
    """The circles of each of these vehicles (vehicle → owner), sorted; a zone counts for its person's cars alone."""
    if not owners:
        return ()
    by_owner: dict[int, list[PrivacyZone]] = {}
    wanted = Q(vehicle=None) | Q(vehicle__in=list(owners))
    for zone in PrivacyZone.objects.filter(wanted, owner__in=set(owners.values())).order_by("pk"):
        by_owner.setdefault(zone.owner_id, []).append(zone)
    zoned = [vehicle for vehicle, owner in owners.items() if owner in by_owner]
    if not zoned:
        return ()
    key = subkey(MARGIN_KEY)
    salts = Vehicle.objects.filter(pk__in=zoned).values_list("pk", "salt")
    return tuple(
        sorted(
            Enforced(vehicle, widened(zone, key=key, salt=bytes(salt)))
            for vehicle, salt in salts
            for zone in by_owner[owners[vehicle]]
            if zone.vehicle_id in (None, vehicle)
        )
    )


def widened(zone: PrivacyZone, *, key: bytes, salt: bytes) -> Circle:
    """A zone's circle with the margin of one vehicle."""
    more = circles.margin_m(key=key, vehicle=salt, zone=zone.public_id.bytes)
    return Circle(zone.lat, zone.lon, zone.radius_m + more)


def touched_areas(zones: Iterable[Enforced]) -> set[tuple[int, float]]:
    """(vehicle, cell as signal 57 stores it) of every area that a zone of the vehicle touches."""
    return {(zone.vehicle_id, cell_value_of(cell)) for zone in zones for cell in circles.areas_touching(zone.circle)}


def withholds(signal_class: str) -> bool:
    """Whether a zone withholds readings of this class: everything about a position, and what leads to one."""
    return signal_class.split(".")[0] == POSITIONS or signal_class == ALSO_WITHHELD


def hidden_in(zones: Iterable[Enforced], *, vehicle_id: int, lat: float, lon: float) -> bool:
    """Whether a position of a vehicle is withheld; says of one what the dataset query says of millions."""
    return any(zone.vehicle_id == vehicle_id and circles.contains(zone.circle, lat, lon) for zone in zones)
