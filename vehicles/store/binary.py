"""Arrow tables as PostgreSQL's COPY reads them in its binary form. Numbers, days and moments alone, none missing."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vehicles import copying

TYPES: Final = {pa.int16(): ">i2", pa.int32(): ">i4", pa.int64(): ">i8", pa.float64(): ">f8"}
OIDS: Final = {pa.int16(): 21, pa.int32(): 23, pa.int64(): 20, pa.float64(): 701}
EPOCH: Final = 946_684_800_000_000  # 2000, from which PostgreSQL counts microseconds
EPOCH_DAYS: Final = 10_957
ARRAY: Final = [(name, ">i4") for name in ("length", "dimensions", "nulls", "oid", "entries", "first")]


def copied(found: pa.Table) -> bytes:
    """All rows, which have one length, so that they are laid out at once."""
    rows: bytes = laid_out(numbers_of(found), found.num_columns).tobytes()
    return copying.HEADER + rows + copying.TRAILER


def copied_as_arrays(found: pa.Table, *, keys: int) -> bytes:
    """One row for all that are alike in the first `keys` columns, which stand together; the others become arrays."""
    columns = numbers_of(found)
    differ = [column.to_numpy()[1:] != column.to_numpy()[:-1] for column in columns[:keys]]
    starts = np.flatnonzero(np.concatenate([[found.num_rows > 0], np.logical_or.reduce(differ)]))
    counts = np.diff(np.append(starts, found.num_rows))
    heads = laid_out([column.take(pa.array(starts)) for column in columns[:keys]], len(columns))
    parts = [sliced(heads, np.arange(len(starts)), np.ones_like(counts))]
    for column in columns[keys:]:
        entries = laid_out([column], None)
        frames = np.empty(len(starts), ARRAY)
        frames["length"] = 20 + counts * entries.itemsize
        frames["dimensions"], frames["nulls"], frames["oid"] = 1, 0, OIDS[column.type]
        frames["entries"], frames["first"] = counts, 1
        parts += [sliced(frames, np.arange(len(starts)), np.ones_like(counts)), sliced(entries, starts, counts)]
    rows = b"".join(piece for row in zip(*parts, strict=True) for piece in row)
    return copying.HEADER + rows + copying.TRAILER


def sliced(rows: Any, starts: Any, counts: Any) -> list[bytes]:
    """The bytes of so many entries from each start on."""
    data, width = rows.tobytes(), rows.itemsize
    bounds = zip((starts * width).tolist(), ((starts + counts) * width).tolist(), strict=True)
    return [data[low:high] for low, high in bounds]


def laid_out(columns: list[pa.ChunkedArray], fields: int | None) -> Any:
    """Each row as the number of its fields, where told, and each value after its length."""
    layout = [(str(at), [("length", ">i4"), ("value", TYPES[column.type])]) for at, column in enumerate(columns)]
    count = [("fields", ">i2")] if fields is not None else []
    rows = np.empty(len(columns[0]), [*count, *layout])
    if fields is not None:
        rows["fields"] = fields
    for at, column in enumerate(columns):
        field = rows[str(at)]
        field["length"], field["value"] = field.dtype["value"].itemsize, column.to_numpy()
    return rows


def numbers_of(found: pa.Table) -> list[pa.ChunkedArray]:
    """Columns with days and moments as PostgreSQL counts them; numbers as they are."""
    return [as_number(column) for column in found.columns]


def as_number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A day or moment as PostgreSQL counts it; a number as it is."""
    if pa.types.is_date32(column.type):
        return pc.subtract(column.cast(pa.int32()), pa.scalar(EPOCH_DAYS, pa.int32()))
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.subtract(column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()), EPOCH)
