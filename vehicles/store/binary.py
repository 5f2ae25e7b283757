"""Arrow tables as PostgreSQL's COPY reads them in its binary form. Numbers and moments alone, none of them missing."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vehicles import copying

TYPES: Final = {pa.int16(): ">i2", pa.int32(): ">i4", pa.int64(): ">i8", pa.float64(): ">f8"}
EPOCH: Final = 946_684_800_000_000  # 2000, from which PostgreSQL counts microseconds


def copied(found: pa.Table) -> bytes:
    """All rows, which have one length, so that they are laid out at once."""
    columns = [as_number(column) for column in found.columns]
    layout = [(str(at), [("length", ">i4"), ("value", TYPES[column.type])]) for at, column in enumerate(columns)]
    rows = np.empty(found.num_rows, [("fields", ">i2"), *layout])
    rows["fields"] = len(columns)
    for at, column in enumerate(columns):
        field = rows[str(at)]
        field["length"], field["value"] = field.dtype["value"].itemsize, column.to_numpy()
    return copying.HEADER + rows.tobytes() + copying.TRAILER


def as_number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments as PostgreSQL counts them; numbers as they are."""
    if not pa.types.is_timestamp(column.type):
        return column
    return pc.subtract(column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()), EPOCH)
