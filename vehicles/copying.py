"""Rows of `message` in PostgreSQL's binary COPY format. Pure: bytes out, nothing else."""

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, groupby
from typing import Final

import numpy as np

from vehicles.quality import Row

STATEMENT = "COPY message (ts, vehicle_id, source_id, sig, val, flag) FROM STDIN (FORMAT BINARY)"
LATE = STATEMENT.replace("message", "late_message", 1)
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
INT2, FLOAT8 = 21, 701  # type oids
MICROSECOND = timedelta(microseconds=1)
START = struct.Struct("!hiqiiii")
MOMENT: Final = struct.calcsize("!hi")  # where the moment stands in START
ARRAY = struct.Struct("!iiiiii")
FEW: Final = 4  # a run of fewer rows is encoded row by row
NO_FLAGS = struct.pack("!iiii", 12, 0, 0, INT2)


@lru_cache(maxsize=256)
def layout(signals: int) -> struct.Struct:
    """The values: an array of this length with its field's length before it."""
    return struct.Struct("!iiiiii" + "id" * signals)


@lru_cache(maxsize=1024)
def names_bytes(signals: tuple[int, ...]) -> bytes:
    """The field of signal ids, which is the same in most messages of a device."""
    numbers = [part for signal in signals for part in (2, signal)]
    return flags_layout(len(signals)).pack(20 + 6 * len(signals), 1, 0, INT2, len(signals), 1, *numbers)


@lru_cache(maxsize=256)
def flags_layout(signals: int) -> struct.Struct:
    return struct.Struct("!iiiiii" + "ih" * signals)


def microseconds(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def row_bytes(row: Row, vehicle_id: int, source_id: int) -> bytes:
    n = len(row.signals)
    values: list[float] = [8] * (2 * n)
    values[1::2] = row.values
    head = START.pack(6, 8, microseconds(row.ts), 4, vehicle_id, 4, source_id) + names_bytes(tuple(row.signals))
    head += layout(n).pack(20 + 12 * n, 1, 0, FLOAT8, n, 1, *values)
    if not any(row.flags):
        return head + NO_FLAGS
    flags: list[int] = [2] * (2 * n)
    flags[1::2] = row.flags
    return head + flags_layout(n).pack(20 + 6 * n, 1, 0, INT2, n, 1, *flags)


def encode(rows: Iterable[Row], *, vehicle_id: int, source_id: int) -> bytes:
    """The rows of one vehicle and source, without header and trailer, so that several may follow each other."""
    rows = list(rows)
    if len(rows) < FEW:
        return b"".join([row_bytes(row, vehicle_id, source_id) for row in rows])
    found: list[bytes | bytearray] = []
    for (signals, flagged), run in groupby(rows, alike):
        same = list(run)
        if flagged or len(same) < FEW:
            found += [row_bytes(row, vehicle_id, source_id) for row in same]
        else:
            found.append(run_bytes(same, tuple(signals), vehicle_id, source_id))
    return b"".join(found)


def alike(row: Row) -> tuple[Sequence[int], bool]:
    """What rows must have in common to be encoded a column at a time."""
    return row.signals, any(row.flags)


def run_bytes(rows: Sequence[Row], signals: tuple[int, ...], vehicle_id: int, source_id: int) -> bytearray:
    """Rows of the same signals, none flagged: one row repeated, with moments and values put in their places."""
    n, m = len(signals), len(rows)
    head = START.pack(6, 8, 0, 4, vehicle_id, 4, source_id) + names_bytes(signals)
    one = head + empty_values(n) + NO_FLAGS
    whole = bytearray(one * m)
    moments = np.ndarray(m, ">i8", whole, MOMENT, len(one))
    moments[:] = [(row.ts - EPOCH) // MICROSECOND for row in rows]
    told = np.fromiter(chain.from_iterable([row.values for row in rows]), np.float64, n * m)
    values = np.ndarray((m, n), ">f8", whole, len(head) + ARRAY.size + 4, (len(one), 12))
    values[:] = told.reshape(m, n)
    return whole


@lru_cache(maxsize=256)
def empty_values(signals: int) -> bytes:
    """The field of values, all of them 0."""
    return layout(signals).pack(20 + 12 * signals, 1, 0, FLOAT8, signals, 1, *[8, 0.0] * signals)
