"""Delivered files over HTTP: only those that a license's manifest names, each download written down."""

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from dimo.downloads import answer
from dimo.errors import DomainError
from dimo.users.models import User
from licensing import access, licenses
from licensing.datasets import files
from licensing.datasets.manifest import NAME as MANIFEST
from licensing.models import License


class FileNotInDataset(DomainError):
    """The dataset has no file of this name."""

    status = 404


def serve(request: HttpRequest, *, license: License, user: User, name: str) -> HttpResponseBase:
    """Send a file that the license's manifest names, and write the download into the drivers' log.

    Raises:
        LicenseNotDelivered, FileNotInDataset, AccessNotLogged
    """
    dataset = licenses.delivered(license=license)
    folder = files.lake() / dataset.folder
    hashes = {file["name"]: file["sha256"] for file in dataset.manifest["files"]}
    if name == MANIFEST:
        hashes[MANIFEST] = files.file_sha256(folder / MANIFEST)
    if name not in hashes:
        raise FileNotInDataset
    now = timezone.now()
    licenses.note_download(license=license, user=user, name=name, now=now)
    access.log_download(license=license, now=now)
    return answer(request, path=folder / name, etag=hashes[name])
