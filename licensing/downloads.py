"""Delivered files over HTTP: whole or from a byte on, so that a broken download goes on where it stopped."""

import io
import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone

from dimo.errors import DomainError
from dimo.users.models import User
from licensing import access, licenses
from licensing.datasets import files
from licensing.datasets.manifest import NAME as MANIFEST
from licensing.models import License

CHUNK = 1 << 18
TYPES = {".parquet": "application/vnd.apache.parquet", ".json": "application/json"}
RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


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


def answer(request: HttpRequest, *, path: Path, etag: str) -> HttpResponseBase:
    """The file, the part of it that `Range` names (206), nothing if the client has it (304), or 416."""
    size = path.stat().st_size
    tag = f'"{etag}"'
    if request.headers.get("If-None-Match") == tag:
        return _dress(HttpResponse(status=304), path, tag)
    asked = _asked(request, size, tag)
    if asked is None:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    start, end = asked
    whole = (start, end) == (0, size)
    pieces = _aread(path, start, end) if isinstance(request, ASGIRequest) else _read(path, start, end)
    response = StreamingHttpResponse(pieces, status=200 if whole else 206)
    if not whole:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response["Content-Length"] = str(end - start)
    response["Content-Disposition"] = f'attachment; filename="{path.name}"'
    return _dress(response, path, tag)


def _dress(response: HttpResponseBase, path: Path, tag: str) -> HttpResponseBase:
    response["Content-Type"] = TYPES.get(path.suffix, "application/octet-stream")
    response["ETag"], response["Accept-Ranges"] = tag, "bytes"
    response["Cache-Control"] = "private, no-transform"
    return response


def _asked(request: HttpRequest, size: int, tag: str) -> tuple[int, int] | None:
    """The half-open range of bytes to send; None: it lies outside the file. Several ranges are answered whole."""
    header = request.headers.get("Range", "")
    match = RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", "") or request.headers.get("If-Range", tag) != tag:
        return 0, size
    first, last = match.groups()
    if not first:
        wanted = int(last)
        return (max(0, size - wanted), size) if wanted else None
    start, end = int(first), min(size, int(last) + 1 if last else size)
    return (start, end) if start < end else None


def _read(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = end - start
        while left and (piece := file.read(min(CHUNK, left))):
            left -= len(piece)
            yield piece


async def _aread(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    """The same under ASGI, where Django would otherwise gather the whole file in memory."""
    file: io.FileIO = await sync_to_async(partial(io.FileIO, path), thread_sensitive=False)()
    try:
        await sync_to_async(file.seek, thread_sensitive=False)(start)
        left = end - start
        while left and (piece := await sync_to_async(file.read, thread_sensitive=False)(min(CHUNK, left))):
            left -= len(piece)
            yield piece
    finally:
        file.close()
