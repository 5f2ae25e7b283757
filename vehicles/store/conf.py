"""How long days stay open and where sealed ones lie, from the environment (docs/operating.md); read here alone."""

import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings

# What object storage needs to know beside its address; deltalake reads the same names from the environment itself.
STORAGE_NAMES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
    "AWS_CONDITIONAL_PUT",
    "AWS_VIRTUAL_HOSTED_STYLE_REQUEST",
)


def lateness() -> timedelta:
    """How long after its end a day stays open (`SEAL_AFTER_HOURS`). The same for all processes."""
    return timedelta(hours=float(os.environ.get("SEAL_AFTER_HOURS", "48")))


def grace() -> timedelta:
    """How long a sealed day's partition stays (`SEAL_GRACE_MINUTES`): longer than the longest read.

    Every reader asks both tiers, so an hour is enough.
    """
    return timedelta(minutes=float(os.environ.get("SEAL_GRACE_MINUTES", "60")))


def buckets() -> int:
    """Into how many parts by vehicle a day is cut (`LAKE_BUCKETS`); 1 until a day exceeds 50 million values."""
    return int(os.environ.get("LAKE_BUCKETS", "1"))


def memory() -> str:
    """What one sealer may use before it spills to disk (`SEAL_MEMORY`)."""
    return os.environ.get("SEAL_MEMORY", "2GB")


def table_address() -> str:
    """The Delta table of sealed days: a path, or an address such as s3://bucket/prefix/signals."""
    address = str(settings.LAKE_URL).removeprefix("file://").rstrip("/")
    return f"{address}/signals" if "://" in address else str(Path(address).absolute() / "signals")


def is_folder() -> bool:
    """Whether the lake is a folder of this machine."""
    return "://" not in table_address()


def storage_options() -> dict[str, str] | None:
    """Credentials and endpoint for object storage; None for a folder."""
    if is_folder():
        return None
    return {name: os.environ[name] for name in STORAGE_NAMES if name in os.environ}
