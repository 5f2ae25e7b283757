"""This clone's own secrets: made at the first start, kept in var/secrets.env, read by nobody else."""

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

NAMES: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "MASTER_KEY": lambda: secrets.token_hex(32),
    "METRICS_TOKEN": lambda: secrets.token_urlsafe(24),
}


class KeysAreGone(Exception):
    """The database was written with keys that are no longer there."""


def read(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in path.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {name: value for name, _, value in lines}


def kept_or_made(path: Path) -> dict[str, str]:
    """The secrets in `path`, made and written (mode 0600) where missing. The environment's own come first."""
    known = read(path) if path.exists() else {}
    missing = {name: make() for name, make in NAMES.items() if name not in known}
    if missing:
        known |= missing
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("# Keep this file: without MASTER_KEY pseudonyms and encrypted columns cannot be read again.\n")
            file.writelines(f"{name}={value}\n" for name, value in known.items())
        draft.replace(path)
    return {name: os.environ.get(name, value) for name, value in known.items()}


def belongs_to(database: Path, known: Mapping[str, str]) -> None:
    """Refuse a database that was made with another master key; mark a new one.

    Raises:
        KeysAreGone
    """
    mark = database / "made-with"
    fingerprint = hashlib.sha256(b"commons database\0" + known["MASTER_KEY"].encode()).hexdigest()
    if not mark.exists():
        mark.write_text(fingerprint)
    elif mark.read_text() != fingerprint:
        raise KeysAreGone(
            "This clone's database was made with another MASTER_KEY than the one in var/secrets.env. "
            "Put that file back, or begin anew with `make reset`."
        )
