"""A vehicle's name in one license: equal within it, different in every other, gone with the vehicle's salt."""

import hmac
from collections.abc import Iterable

from dimo.crypto import license_key, pid_under
from licensing.models import License
from vehicles.coarsening import QUARTER
from vehicles.models import Vehicle


def pids(*, license: License, vehicle_ids: Iterable[int]) -> dict[int, str]:
    """Vehicle → pseudonym, recomputed whenever needed and stored nowhere."""
    key = _key(license)
    salts = Vehicle.objects.filter(pk__in=list(vehicle_ids)).values_list("pk", "salt").order_by("pk")
    return {vehicle: pid_under(key, bytes(salt)) for vehicle, salt in salts}


def bin_offset(license: License) -> int:
    """Microseconds by which this license's time bins are shifted, so that bins of two licenses do not line up."""
    seconds = QUARTER // 1_000_000
    return int.from_bytes(hmac.digest(_key(license), b"time bins", "sha256")[:8], "big") % seconds * 1_000_000


def _key(license: License) -> bytes:
    # The epoch is fixed when the license opens.
    return license_key(union=str(license.union_id), license=str(license.pk), epoch=f"{license.bought_at:%Y-%m}")
