"""Comma-separated text read line by line in bounded memory; whatever is not such text is refused by name."""

import csv
import math
from collections.abc import Collection, Iterator
from typing import BinaryIO

from vehicles.importers.parsed import ColumnsMissing, Export, FileEmpty, FileNotText, RowMalformed

MAX_LINE = 64 * 1024
ABSENT = frozenset({"", "None", "none", "null", "NULL", "nan", "NaN", "N/A"})


def lines(handle: BinaryIO) -> Iterator[str]:
    """The text lines of a file in UTF-8, with or without a byte order mark.

    Raises:
        FileNotText, RowMalformed
    """
    number = 0
    while line := handle.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise RowMalformed(f"Line {number} is longer than {MAX_LINE:,} bytes.", line=number)
        if b"\0" in line:
            raise FileNotText(f"Line {number} holds binary data, not text.", line=number)
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise FileNotText(
                f"Line {number} is not UTF-8 text (byte {error.start + 1}). Save the file as UTF-8 and try again.",
                line=number,
            ) from None


def rows(
    export: Export, *, required: Collection[str], optional: Collection[str] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and the named cells of each row; an optional column that the file lacks reads as empty.

    Raises:
        FileEmpty, FileNotText, ColumnsMissing, RowMalformed
    """
    with export.path.open("rb") as handle:
        reader = csv.reader(lines(handle), strict=True)
        try:
            header = [name.strip() for name in next(reader, [])]
            if not header:
                raise FileEmpty("The file is empty.")
            picked = columns(header, required=required, optional=optional)
            absent = dict.fromkeys(set(optional) - picked.keys(), "")
            found = False
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise RowMalformed(
                        f"Line {reader.line_num} has {len(cells)} cells where the header names {len(header)}: "
                        "the file is cut off or damaged.",
                        line=reader.line_num,
                    )
                found = True
                yield reader.line_num, {name: cells[at].strip() for name, at in picked.items()} | absent
        except csv.Error as error:
            raise RowMalformed(f"Line {reader.line_num} cannot be read: {error}.", line=reader.line_num) from None
    if not found:
        raise FileEmpty("The file has a header but no rows.")


def columns(header: list[str], *, required: Collection[str], optional: Collection[str]) -> dict[str, int]:
    """Where each wanted column stands.

    Raises:
        ColumnsMissing
    """
    missing = [name for name in required if name not in header]
    if missing:
        raise ColumnsMissing(
            f"The first line does not name {listed(missing)}. Is this the right format?", line=1, field=missing[0]
        )
    twice = [name for name in (*required, *optional) if header.count(name) > 1]
    if twice:
        raise ColumnsMissing(f"The first line names {listed(twice)} more than once.", line=1, field=twice[0])
    return {name: header.index(name) for name in (*required, *optional) if name in header}


def listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def number(cell: str) -> float | None:
    """The cell's number, or None where the cell says that there is none.

    Raises:
        ValueError: the cell holds something else, infinity included
    """
    if cell in ABSENT:
        return None
    value = float(cell)
    if not math.isfinite(value):
        raise ValueError(cell)
    return value
