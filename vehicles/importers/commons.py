"""Our own export: the whole archive, or one of its monthly CSV files. Pure.

A row is a moment of one source, a column a signal with its unit in brackets; codes stand by name. The area that we
derive from positions is left out, as it is derived again.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

from vehicles.importers.parsed import (
    Car,
    ColumnsMissing,
    Export,
    FileEmpty,
    FileNotText,
    FileRefused,
    FileTooLarge,
    Format,
    Found,
    Parsed,
    Rejected,
    RowMalformed,
)
from vehicles.readings import Message
from vehicles.signals import CELL, Signal, by_name

ZIP: Final = b"PK\x03\x04"
OWN: Final = ("time_utc", "source", "doubts")
MOST_UNPACKED: Final = 4 * 2**30


class NotOurExport(FileRefused):
    """The archive holds no monthly CSV files of readings."""


@contextmanager
def opened(export: Export) -> Iterator[Iterator[tuple[str, io.TextIOBase]]]:
    """The CSV files of an upload with the vehicle that each is of.

    Raises:
        NotOurExport, FileTooLarge
    """
    with export.path.open("rb") as handle:
        zipped = handle.read(4) == ZIP
    if not zipped:
        with export.path.open("r", encoding="utf-8", newline="") as text:
            yield iter([("", text)])
        return
    try:
        with zipfile.ZipFile(export.path) as packed:
            yield members(packed)
    except zipfile.BadZipFile as error:
        raise NotOurExport("The archive cannot be read.", field="file") from error


def members(packed: zipfile.ZipFile) -> Iterator[tuple[str, io.TextIOBase]]:
    names = [PurePosixPath(info.filename) for info in packed.infolist()]
    found = sorted(
        str(name)
        for name in names
        if len(name.parts) == 4
        and name.parts[0] == "vehicles"
        and name.parts[2] == "readings"
        and name.suffix == ".csv"
    )
    if not found:
        raise NotOurExport(field="file")
    if sum(packed.getinfo(name).file_size for name in found) > MOST_UNPACKED:
        raise FileTooLarge("The archive holds more than 4 GiB of readings.", field="file")
    for name in found:
        with packed.open(name) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
            yield PurePosixPath(name).parts[1], text


def parse(export: Export) -> Iterator[Found]:
    """Readings as they were exported, a message for each row.

    Raises:
        FileEmpty, ColumnsMissing, FileNotText, RowMalformed, NotOurExport, FileTooLarge
    """
    row, cars = 0, set[str]()
    with opened(export) as files:
        for key, text in files:
            if key not in cars:
                cars.add(key)
                yield Car(key)
            for found in rows(text, key, row):
                row = max(row, found.row)
                yield found
    if not row:
        raise FileEmpty("The file holds no readings.", field="file")


def rows(text: io.TextIOBase, key: str, before: int) -> Iterator[Parsed | Rejected]:
    """The messages of one file; rows are counted on from those before it."""
    reader = csv.reader(text)
    try:
        signals = columns(next(reader, []))
        for cells in reader:
            yield from message(cells, signals, key, before + reader.line_num)
    except csv.Error as error:
        raise RowMalformed(f"Line {reader.line_num} cannot be read: {error}.", line=reader.line_num) from None
    except UnicodeDecodeError as error:
        raise FileNotText(field="file") from error


def columns(header: list[str]) -> list[Signal | None]:
    """What the columns behind time and source are; None: unknown here, or derived.

    Raises:
        ColumnsMissing
    """
    if header[:2] != list(OWN[:2]) or header[-1] != OWN[2]:
        raise ColumnsMissing("The first line is not that of our own export.", field="file")
    found = [by_name.get(name.partition(" [")[0]) for name in header[2:-1]]
    return [signal if signal is not None and signal.id != CELL else None for signal in found]


def message(cells: list[str], signals: list[Signal | None], key: str, row: int) -> Iterator[Parsed | Rejected]:
    """One row as a message; a cell that is no value of its signal is refused alone."""
    if len(cells) != len(signals) + 3:
        raise RowMalformed(f"Line {row} has {len(cells)} cells.", line=row)
    try:
        ts = datetime.fromisoformat(cells[0]).astimezone(UTC)
    except ValueError:
        raise RowMalformed(f"Line {row} does not begin with a moment.", line=row) from None
    values: dict[int, float] = {}
    for signal, cell in zip(signals, cells[2:-1], strict=True):
        if signal is None or not cell:
            continue
        try:
            values[signal.id] = float(signal.codes[cell]) if cell in signal.codes else float(cell)
        except ValueError:
            yield Rejected(row, "not_a_number", signal.name, key)
    if values:
        yield Parsed(row, key, "", Message(ts, values))


FORMAT: Final = Format("commons", parse, (".csv", ".zip"), needs_zone=False, archive=True)
