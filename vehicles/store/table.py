"""The Delta table of sealed days: made, written a day at a time, and read by lists of files that PostgreSQL keeps.

Rows are sorted (signal, vehicle, moment), so that a reader of one signal or vehicle skips most row groups. The log
keeps no statistics of values or vehicles, and no change feed: both would outlive an erasure.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    Schema,
    Transaction,
    WriterProperties,
    write_deltalake,
)
from deltalake.exceptions import TableNotFoundError
from deltalake.fs import DeltaStorageHandler

from vehicles.store import conf

ROW_GROUP: Final = 65_536
BATCH: Final = 8 * ROW_GROUP
VALUES: Final = pa.schema(
    [
        ("vehicle_id", pa.int32()),
        ("signal_id", pa.int16()),
        ("ts", pa.timestamp("us", tz="UTC")),
        ("value", pa.float64()),
        ("source_id", pa.int32()),
        ("flag", pa.int16()),
    ]
)
STORED: Final = VALUES.append(pa.field("day", pa.int32())).append(pa.field("bucket", pa.int32()))
PROPERTIES: Final = {
    "delta.enableChangeDataFeed": "false",
    "delta.dataSkippingStatsColumns": "signal_id,ts",
    "delta.checkpointInterval": "50",
}
# Sorted rows differ little from their neighbors in these columns: half the bytes, and two thirds of the work.
STEPS: Final = ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
LAYOUT: Final = WriterProperties(
    max_row_group_size=ROW_GROUP,
    compression="ZSTD",
    compression_level=3,
    column_properties=dict.fromkeys(("vehicle_id", "ts", "source_id"), STEPS),
)
# A day's content by vehicle. Hashes are added, so order is nothing; they are DuckDB's, so compare within one version.
DIGEST: Final = """
SELECT vehicle_id, count(*)::BIGINT,
  (sum(hash(vehicle_id, signal_id, ts, value, source_id, flag)) % 18446744073709551616)::VARCHAR
FROM {rows} GROUP BY 1
"""
Digest = dict[int, tuple[int, str]]


def open_table() -> DeltaTable | None:
    """The table at its newest version; None where nothing was sealed yet."""
    try:
        return DeltaTable(conf.table_address(), storage_options=conf.storage_options())
    except TableNotFoundError:
        return None


def made_table() -> DeltaTable:
    """The table, created where it is missing. The caller is the only sealer."""
    table = open_table()
    if table is None:
        table = DeltaTable.create(
            conf.table_address(),
            Schema.from_arrow(STORED),
            mode="ignore",
            partition_by=["day", "bucket"],
            configuration=PROPERTIES,
            storage_options=conf.storage_options(),
        )
    return table


def written_version(day: int) -> int:
    """The last transaction that was committed for a day, recorded in PostgreSQL or not; 0: none."""
    table = open_table()
    return 0 if table is None else (table.transaction_version(f"seal:{day}") or 0)


def write_day(rows: pa.RecordBatchReader, *, day: int, version: int, attempt: UUID, added: bool = False) -> None:
    """Commit rows as a day's content, in the place of all it has; `added`: beside what it has.

    The transaction's number is a record of what was done, and keeps nobody from doing it again.
    """
    how: dict[str, Any] = {"mode": "append"} if added else {"mode": "overwrite", "predicate": f"day = {day}"}
    write_deltalake(
        made_table(),
        rows,
        writer_properties=LAYOUT,
        commit_properties=CommitProperties(
            custom_metadata={"seal": str(attempt), "day": str(day)},
            app_transactions=[Transaction(f"seal:{day}", version)],
        ),
        **how,
    )


def day_files(table: DeltaTable, day: int) -> list[str]:
    """A day's files at the table's version, relative to the table."""
    base = table.table_uri.removeprefix("file://").rstrip("/") + "/"
    found = table.file_uris(file_pruning_predicate=[("day", "=", str(day))])
    return sorted(uri.removeprefix("file://").removeprefix(base) for uri in found)


@lru_cache(maxsize=4)
def file_system(address: str, options: tuple[tuple[str, str], ...]) -> pafs.FileSystem:
    """Where the files are read from."""
    if "://" not in address:
        return pafs.SubTreeFileSystem(address, pafs.LocalFileSystem())
    return pafs.PyFileSystem(DeltaStorageHandler(address, dict(options)))


def dataset(files: Iterable[str]) -> ds.Dataset:
    """These files as one thing to scan. A file that an erasure took away meanwhile is FileNotFoundError on reading."""
    options = tuple(sorted((conf.storage_options() or {}).items()))
    return ds.dataset(
        sorted(set(files)), schema=VALUES, format="parquet", filesystem=file_system(conf.table_address(), options)
    )


def digest(link: duckdb.DuckDBPyConnection, rows: str) -> Digest:
    """Count and checksum by vehicle of a relation of the table's columns."""
    return {
        int(vehicle): (int(n), str(total)) for vehicle, n, total in link.execute(DIGEST.format(rows=rows)).fetchall()
    }


def summed(parts: Digest) -> tuple[int, str]:
    """Count and checksum of all vehicles together, the latter in 16 hexadecimal digits."""
    total = sum(int(checksum) for _, checksum in parts.values()) % 2**64
    return sum(n for n, _ in parts.values()), f"{total:016x}"


def digest_of_files(link: duckdb.DuckDBPyConnection, files: Sequence[str]) -> Digest:
    """Count and checksum by vehicle of what really lies in these files."""
    if not files:
        return {}
    link.register("lake_files", dataset(files))
    try:
        return digest(link, "lake_files")
    finally:
        link.unregister("lake_files")
