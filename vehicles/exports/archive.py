"""An export's files: tables as CSV and Parquet, and all of it as one zip. Each file is put in place whole."""

import csv
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from dimo.users.models import User
from vehicles.exports.tables import Kind, Table

FOLDER: Final = "exports"  # below MEDIA_ROOT
ARCHIVE: Final = "my-data.zip"
BATCH: Final = 5_000
TYPES: Final[dict[Kind, pa.DataType]] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "money": pa.string(),
    "moment": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
    "yes/no": pa.bool_(),
    "json": pa.string(),
}


def folder_of(export_id: UUID) -> Path:
    """Where an export lies, readable by us alone."""
    return Path(settings.MEDIA_ROOT) / FOLDER / str(export_id)


def work_of(export_id: UUID) -> Path:
    """Where its parts lie while it is built."""
    return folder_of(export_id) / "work"


def drop(export_id: UUID) -> None:
    """Delete all of an export's files."""
    shutil.rmtree(folder_of(export_id), ignore_errors=True)


def typed(kind: Kind, value: Any) -> Any:
    """A value as Parquet holds it."""
    if value is None:
        return None
    match kind:
        case "json":
            return json.dumps(value, ensure_ascii=False, default=str)
        case "text" | "money":
            return str(value)
        case "number":
            return float(value)
        case "moment":
            return value.astimezone(UTC) if isinstance(value, datetime) else None
        case "day":
            return value if isinstance(value, date) else None
        case _:
            return value


def written(kind: Kind, value: Any) -> str:
    """A typed value as CSV holds it. Text that a spreadsheet would take for a formula gets an apostrophe."""
    if value is None:
        return ""
    if kind == "moment":
        return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}"
    if kind == "yes/no":
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if kind == "text" and text[:1] in "=+-@\t\r" and text else text


def batches(rows: Iterator[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    while part := list(islice(rows, BATCH)):
        yield part


def write_table(*, table: Table, user: User, folder: Path) -> int:
    """Write one table in both forms; how many rows it has."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = [column.kind for column in table.columns]
    schema = pa.schema([(column.name, TYPES[column.kind]) for column in table.columns])
    drafts = folder / f"{table.name}.csv.part", folder / f"{table.name}.parquet.part"
    count = 0
    with drafts[0].open("w", newline="", encoding="utf-8") as text, pq.ParquetWriter(drafts[1], schema) as writer:
        sheet = csv.writer(text)
        sheet.writerow(schema.names)
        for part in batches(iter(table.rows(user))):
            rows = [[typed(kind, value) for kind, value in zip(kinds, row, strict=True)] for row in part]
            sheet.writerows([written(kind, value) for kind, value in zip(kinds, row, strict=True)] for row in rows)
            arrays = [
                pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    for draft in drafts:
        draft.rename(draft.with_suffix(""))
    return count


def sha256_of(path: Path) -> bytes:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def pack(*, export_id: UUID) -> Path:
    """Put all finished parts into one zip and delete them; the zip's place. Unfinished drafts are left out."""
    work, target = work_of(export_id), folder_of(export_id) / ARCHIVE
    draft = target.with_suffix(".part")
    files = [path for path in sorted(work.rglob("*")) if path.is_file() and path.suffix != ".part"]
    listed = [
        {"name": str(path.relative_to(work)), "bytes": path.stat().st_size, "sha256": sha256_of(path).hex()}
        for path in files
    ]
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packed:
        for path in files:
            how = zipfile.ZIP_STORED if path.suffix == ".parquet" else zipfile.ZIP_DEFLATED
            packed.write(path, str(path.relative_to(work)), compress_type=how)
        packed.writestr("contents.json", json.dumps({"files": listed}, indent=2))
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.rename(target)
    shutil.rmtree(work, ignore_errors=True)
    return target
