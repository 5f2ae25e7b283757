"""The first look at a file of unknown columns: its separator, its names, some samples. Pure."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from vehicles.importers import table
from vehicles.importers.parsed import FileEmpty, FileRefused, RowMalformed

DELIMITERS = (",", ";", "\t", "|")
SAMPLES = 200
MOST_COLUMNS = 200


class NoColumns(FileRefused):
    """The first line does not name two columns or more."""


class Look(NamedTuple):
    """A file's separator, the names of its columns, each once, and the cells of its first rows."""

    delimiter: str
    header: list[str]
    rows: list[list[str]]

    def cells(self, column: str) -> list[str]:
        """What stands in a column of the first rows, blanks left out."""
        at = self.header.index(column)
        return [row[at] for row in self.rows if len(row) > at and row[at] not in table.ABSENT]


def look(path: Path) -> Look:
    """Look at a file's first rows.

    Raises:
        FileEmpty, NoColumns, FileNotText, RowMalformed
    """
    delimiter = delimiter_of(path)
    with reading(path, delimiter) as (header, reader):
        rows = [cells for _, cells in zip(range(SAMPLES), reader, strict=False)]
    if not rows:
        raise FileEmpty("The file has a header but no rows.", field="file")
    return Look(delimiter, header, rows)


def delimiter_of(path: Path) -> str:
    """The separator with which the first line has the most cells and the next ones as many."""
    counts: Counter[str] = Counter()
    for delimiter in DELIMITERS:
        with path.open("rb") as handle:
            reader = csv.reader(table.lines(handle), delimiter=delimiter)
            try:
                widths = [len(cells) for _, cells in zip(range(5), filter(None, reader), strict=False)]
            except csv.Error:
                continue
        if widths and len(set(widths)) == 1:
            counts[delimiter] = widths[0]
    return max(DELIMITERS, key=lambda delimiter: counts[delimiter])


@contextmanager
def reading(path: Path, delimiter: str) -> Iterator[tuple[list[str], Any]]:
    """A file's header, and a reader that goes on behind it and skips empty lines; line numbers are `reader.line_num`.

    Raises:
        FileEmpty, NoColumns, FileNotText, RowMalformed
    """
    with path.open("rb") as handle:
        reader = csv.reader(table.lines(handle), delimiter=delimiter)
        try:
            header = next(reader, [])
            if not any(name.strip() for name in header):
                raise FileEmpty("The first line names no columns.", field="file")
            if not 2 <= len(header) <= MOST_COLUMNS:
                raise NoColumns(
                    f"The first line names {len(header)} columns; a file of drives has 2 to {MOST_COLUMNS}.",
                    field="file",
                )
            yield named(header), reader
        except csv.Error as error:
            raise RowMalformed(f"Line {reader.line_num} cannot be read: {error}.", line=reader.line_num) from None


def named(header: Sequence[str]) -> list[str]:
    """Names that differ: a second “Speed” is “Speed (2)”, a column without a name is called by its place."""
    names: list[str] = []
    for place, cell in enumerate(header, start=1):
        name = "".join(c for c in cell if c.isprintable()).strip()[:80] or f"Column {place}"
        number, free = 1, name
        while free in names:
            number += 1
            free = f"{name} ({number})"
        names.append(free)
    return names
