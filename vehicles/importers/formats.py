"""The formats an import may have, by name, and the first look at a file before any parser sees it."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from vehicles.importers import columns, commons, envirocar, teslafi, twizy
from vehicles.importers.parsed import FileCompressed, FileEmpty, FileRefused, FileTooLarge, Format, FormatUnknown

formats: Mapping[str, Format] = MappingProxyType(
    {f.name: f for f in (envirocar.FORMAT, teslafi.FORMAT, twizy.FORMAT, commons.FORMAT, columns.FORMAT)}
)
LARGEST_FILE = 64 * 2**20
COMPRESSED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"Rar!")


def format_named(name: str) -> Format:
    """The format of this name.

    Raises:
        FormatUnknown
    """
    try:
        return formats[name]
    except KeyError:
        raise FormatUnknown(
            f"“{name}” is not a format we read; these are: {', '.join(formats)}.", field="format"
        ) from None


def check_file(*, name: str, size: int, start: bytes, format: Format) -> None:
    """Refuse what no parser should open: `start` are the file's first bytes.

    Raises:
        FileEmpty, FileTooLarge, FileCompressed, FileRefused
    """
    if not size:
        raise FileEmpty("The file is empty.", field="file")
    if size > LARGEST_FILE:
        raise FileTooLarge(f"The file has {size:,} bytes; an import may have up to {LARGEST_FILE:,}.", field="file")
    if start.startswith(COMPRESSED) and not (format.archive and start.startswith(commons.ZIP)):
        raise FileCompressed(field="file")
    if Path(name).suffix.lower() not in format.suffixes:
        raise FileRefused(f"A file of this format ends in {' or '.join(format.suffixes)}.", field="file")
