"""What a parser finds in a file, and the refusals of a whole file. Pure: knows no database."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from dimo.errors import DomainError
from vehicles.readings import Message


class FileRefused(DomainError):
    """This file cannot be imported."""

    status: ClassVar[int] = 422

    def __init__(self, message: str = "", *, line: int | None = None, field: str | None = None) -> None:
        super().__init__(message, field=field, line=line)
        self.line = line


class FormatUnknown(FileRefused):
    """This is not a format we read."""


class FileEmpty(FileRefused):
    """The file holds no readings."""


class FileTooLarge(FileRefused):
    """The file is larger than an import may be."""

    status: ClassVar[int] = 413


class FileCompressed(FileRefused):
    """Compressed files are not accepted: unpack the file first and upload what is inside."""


class FileNotText(FileRefused):
    """The file is not text in UTF-8."""


class FileTruncated(FileRefused):
    """The file ends before it is complete."""


class ColumnsMissing(FileRefused):
    """The file lacks columns that this format has."""


class RowMalformed(FileRefused):
    """A row cannot be read."""


class SessionDateMissing(FileRefused):
    """The file's name must hold the date of the session, as in T1_03_29_2021.csv."""


class ZoneMissing(FileRefused):
    """The times in this format are local and do not name their zone: say which zone the car was in."""


class ClockContradictsZone(FileRefused):
    """The clock in the file changes where the chosen zone has no clock change."""


class Export(NamedTuple):
    """A file as it lies on disk, the name its owner knows it by, the zone of its local times, what its columns are."""

    path: Path
    name: str
    zone: ZoneInfo | None = None
    plan: Mapping[str, Any] | None = None


class Car(NamedTuple):
    """A car of the file by the key the format gives it, and what the format says about it."""

    key: str
    nickname: str = ""
    make: str = ""
    model: str = ""
    year: int | None = None
    powertrain: str = ""


class Parsed(NamedTuple):
    """A message of one car; `row` is the line or point it came from, `trip_hint` the format's own trip name."""

    row: int
    vehicle_key: str
    trip_hint: str
    message: Message


class Rejected(NamedTuple):
    """Something refused: one reading when `signal` names it, a whole row when it is empty.

    Code `duplicate` is for the same reading told twice, which is no refusal but is counted too.
    """

    row: int
    code: str
    signal: str = ""
    vehicle_key: str = ""
    times: int = 1


Found = Car | Parsed | Rejected
Parser = Callable[[Export], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Format:
    """An export format: how it is called, read, and what its files end in.

    `asks`: which column is what must be said by its owner before it can be read. `archive`: it may be a zip.
    """

    name: str
    parse: Parser
    suffixes: tuple[str, ...]
    needs_zone: bool
    asks: bool = False
    archive: bool = False
