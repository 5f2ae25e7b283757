"""Where delivered files lie: `LAKE_URL/licenses/<license>/<revision>/`, put in place whole or not at all."""

import hashlib
import os
import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings

CHUNK = 1 << 20


def lake() -> Path:
    """The folder that LAKE_URL names; where that is object storage, DELIVERY_DIR: placing a revision is a rename."""
    address = settings.LAKE_URL.removeprefix("file://")
    if "://" in address:
        return Path(os.environ.get("DELIVERY_DIR", settings.VAR_DIR / "lake"))
    return Path(address)


def folder_of(license_id: UUID, revision: int) -> str:
    """A revision's folder, relative to the lake, as the Dataset row keeps it."""
    return f"licenses/{license_id}/{revision}"


def start_folder(license_id: UUID, attempt: UUID) -> Path:
    """An empty folder of one attempt, in the lake so that placing it is a rename. Clears dead attempts."""
    base = lake() / "building" / str(license_id)
    shutil.rmtree(base, ignore_errors=True)
    folder = base / str(attempt)
    folder.mkdir(parents=True)
    return folder


def drop_folders(license_id: UUID) -> None:
    """Forget what attempts left behind."""
    shutil.rmtree(lake() / "building" / str(license_id), ignore_errors=True)


def place(built: Path, folder: str) -> None:
    """Make a built folder durable and move it to its final name. The caller holds the license's row.

    What lies there already comes from an attempt that died before it committed; no row names it, so it goes.
    """
    target = lake() / folder
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in (*sorted(built.iterdir()), built):
        _flush(path)
    if target.exists():
        shutil.rmtree(target)
    built.rename(target)
    _flush(target.parent)


def file_sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
