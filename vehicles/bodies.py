"""Bodies that devices post, unpacked where they are packed, and never further than one byte beyond the limit."""

import io
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import ClassVar

import zstandard
from django.http import HttpRequest, UnreadablePostError

from dimo.errors import DomainError
from vehicles.envelope import MAX_BYTES, TooLarge

GZIP = 16 + zlib.MAX_WBITS
MAX_PARTS = 64  # gzip members or zstd frames: each costs a copy of what follows it
MAX_WINDOW = 8 * 1024 * 1024  # bytes that a zstd frame may look back, as RFC 9659 bounds it for HTTP
ENCODINGS = "zstd, gzip"


class BodyUnreadable(DomainError):
    """The body is not what its headers say."""

    status: ClassVar[int] = 400


class EncodingUnknown(DomainError):
    """A body comes as it is, or packed once, by gzip or by zstd."""

    status: ClassVar[int] = 415
    code: ClassVar[str] = "content_encoding"


def body_of(request: HttpRequest) -> bytes:
    """The body, unpacked as its Content-Encoding says.

    Raises:
        TooLarge, BodyUnreadable, EncodingUnknown
    """
    told = request.META.get("CONTENT_LENGTH") or "0"
    if told.isascii() and told.isdigit() and int(told[:20]) > MAX_BYTES:
        raise TooLarge
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in UNPACK:
        raise EncodingUnknown
    try:
        body = request.read(MAX_BYTES + 1)
    except UnreadablePostError as error:
        raise BodyUnreadable("The connection ended within the body.") from error
    if len(body) > MAX_BYTES:
        raise TooLarge
    return UNPACK[encoding](body)


def from_gzip(body: bytes) -> bytes:
    """What all members of a gzip body hold.

    Raises:
        TooLarge, BodyUnreadable
    """
    plain = b""
    for _ in range(MAX_PARTS):
        reader = zlib.decompressobj(GZIP)
        try:
            plain += reader.decompress(body, MAX_BYTES + 1 - len(plain))
        except zlib.error as error:
            raise BodyUnreadable("The body is not gzip.") from error
        if len(plain) > MAX_BYTES:
            raise TooLarge
        if not reader.eof:
            raise BodyUnreadable("The gzip body is cut off.")
        if not (body := reader.unused_data):
            return plain
    raise BodyUnreadable(f"The gzip body has more than {MAX_PARTS} members.")


def from_zstd(body: bytes) -> bytes:
    """What all frames of a zstd body hold.

    Raises:
        TooLarge, BodyUnreadable
    """
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW)
    try:
        plain = unpacker.stream_reader(io.BytesIO(body), read_across_frames=True).read(MAX_BYTES + 1)
        if len(plain) > MAX_BYTES:
            raise TooLarge
        # A stream that ends within a frame reads like one that ends with it, so each is asked whether it ended.
        for _ in range(MAX_PARTS):
            frame = unpacker.decompressobj()
            frame.decompress(body)
            if not frame.eof:
                raise BodyUnreadable("The zstd body is cut off.")
            if not (body := frame.unused_data):
                return plain
    except zstandard.ZstdError as error:
        raise BodyUnreadable("The body is not zstd, or it looks back further than 8 MiB.") from error
    raise BodyUnreadable(f"The zstd body has more than {MAX_PARTS} frames.")


def as_it_is(body: bytes) -> bytes:
    return body


UNPACK: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {"": as_it_is, "identity": as_it_is, "gzip": from_gzip, "x-gzip": from_gzip, "zstd": from_zstd}
)
