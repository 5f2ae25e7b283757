"""What looks like a VIN, taken out of what a device sent. Pure."""

import re
from typing import Any

from vehicles import vin

LOOKS_LIKE_ONE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]*[0-9])[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![A-Za-z0-9])")
NAMED = "vin"


def masked(value: Any) -> Any:
    """Decoded JSON in which every VIN, under whatever name, shows its last four signs alone."""
    if isinstance(value, str):
        return LOOKS_LIKE_ONE.sub(lambda found: vin.masked(found[0]), value)
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {masked(name): hidden(item) if named(name) else masked(item) for name, item in value.items()}
    return value


def named(name: str) -> bool:
    """Whether a member is called VIN, or ends in it."""
    return name.lower().endswith(NAMED)


def hidden(value: Any) -> Any:
    """A value under the name of a VIN, however it is written; of a short one nothing is left."""
    return vin.masked(value) if isinstance(value, str) and len(value) >= vin.LENGTH else "•" * 4
