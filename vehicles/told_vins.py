"""The VIN that a device tells inside its payload: compared by its keyed hash, never kept in clear."""

from collections.abc import Iterable

import msgspec

from vehicles import vin
from vehicles.registry.identity import tag_of
from vehicles.statements import Write

MEMBER = b'"vin"'
KEEP = """
UPDATE vehicles_pairing SET vin_told = %s
WHERE device_id = %s AND vehicle_id = %s AND upper_inf(period) AND vin_told IS DISTINCT FROM %s
"""


class Named(msgspec.Struct, frozen=True):
    """The one member of a payload that is looked at here."""

    vin: str = ""


decoder = msgspec.json.Decoder(Named)


def told(data: bytes) -> bytes | None:
    """The keyed hash of a payload's VIN; None where it tells none, or something else under that name."""
    if MEMBER not in data:
        return None
    try:
        return tag_of(vin.normal(decoder.decode(data).vin))
    except (msgspec.MsgspecError, UnicodeDecodeError, vin.VinMalformed):
        return None


def keeping(*, payloads: Iterable[tuple[int, int, bytes]]) -> list[Write]:
    """What keeps the last VIN told by (device, vehicle, payload), of pairings that go on; changes nothing known."""
    tags = {(device, vehicle): tag for device, vehicle, data in payloads if (tag := told(data))}
    return [Write(KEEP, (tag, device, vehicle, tag)) for (device, vehicle), tag in tags.items()]
