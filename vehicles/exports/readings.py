"""A month of one vehicle's readings as files: Parquet with a row a value, CSV with a row a moment.

Read a day at a time from both tiers, so that a vehicle that tells thirty signals a second needs little memory.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connection

from vehicles import signals, words
from vehicles.models import SealedDay
from vehicles.ownership_selectors import Tenure
from vehicles.quality import Flag
from vehicles.store import days, link, reading

MEMORY: Final = "160MB"
MOST_ROWS: Final = 1_000_000  # a spreadsheet has 1,048,576 rows
SCHEMA: Final = pa.schema(
    [
        ("signal", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("value", pa.float64()),
        ("label", pa.string()),
        ("source", pa.int32()),
        ("doubts", pa.string()),
    ]
)
HOT_DAYS: Final = """
SELECT DISTINCT (ts AT TIME ZONE 'UTC')::date FROM (
    SELECT vehicle_id, ts FROM message UNION ALL SELECT vehicle_id, ts FROM late_message) told
WHERE vehicle_id = %s AND ts >= %s AND ts < %s
"""
LONG: Final = """
SELECT s.name AS signal, d.ts AS time, d.value,
  coalesce(c.label, CASE WHEN d.signal_id = {cell} THEN printf('%x', d.value::BIGINT) || 'ffffff' END, '') AS label,
  d.source_id AS source, f.words AS doubts
FROM day d JOIN names s ON s.id = d.signal_id JOIN flags f ON f.flag = d.flag
LEFT JOIN codes c ON c.id = d.signal_id AND c.code = d.value
ORDER BY 1, 2, 5
"""
TOLD: Final = "SELECT DISTINCT signal FROM read_parquet('{path}')"
MOMENTS: Final = "SELECT count(*) FROM (SELECT DISTINCT time, source FROM read_parquet('{path}'))"
WIDE: Final = """
SELECT strftime(time, '%Y-%m-%dT%H:%M:%S.%fZ') AS time_utc, source, {columns},
  string_agg(signal || ': ' || doubts, '; ' ORDER BY signal) FILTER (WHERE doubts <> '') AS doubts
FROM read_parquet('{path}') GROUP BY time, source ORDER BY time, source LIMIT {most} OFFSET {skip}
"""


class Month(NamedTuple):
    """One calendar month (UTC) of a time with a vehicle, and the days of it that may hold readings."""

    name: str
    days: tuple[date, ...]


def months_of(*, vehicle_id: int, tenure: Tenure) -> list[Month]:
    """The months in which a vehicle may have been measured in a time, oldest first."""
    since, until = tenure.since, tenure.until
    with connection.cursor() as cursor:
        cursor.execute(HOT_DAYS, [vehicle_id, since, until])
        found = {day for (day,) in cursor.fetchall()}
    found.update(SealedDay.objects.exclude(files=[]).values_list("day", flat=True))
    inside = sorted(day for day in found if days.midnight(day) < until and days.midnight(day) + days.ONE > since)
    grouped = groupby(inside, lambda day: f"{day:%Y-%m}")
    return [Month(name, tuple(group)) for name, group in grouped]


@contextmanager
def bench() -> "Iterator[duckdb.DuckDBPyConnection]":
    """A small DuckDB that knows the catalog's names, codes and doubts."""
    with link.workbench() as made:
        made.execute(f"SET memory_limit = '{MEMORY}'; SET threads = 2; SET enable_progress_bar = false")
        made.execute("SET preserve_insertion_order = false")
        known = [each for each in signals.catalog if each.numeric]
        codes = [(each.id, float(code), name) for each in known for name, code in each.codes.items()]
        flags = [(number, doubts(number)) for number in range(2 ** len(Flag))]
        made.register("names", lookup({"id": pa.int16(), "name": pa.string()}, [(s.id, s.name) for s in known]))
        made.register("codes", lookup({"id": pa.int16(), "code": pa.float64(), "label": pa.string()}, codes))
        made.register("flags", lookup({"flag": pa.int16(), "words": pa.string()}, flags))
        yield made


def lookup(columns: dict[str, pa.DataType], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """A small table."""
    parts = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    fields = zip(columns.items(), parts, strict=True)
    return pa.table({name: pa.array(values, type) for (name, type), values in fields})


def doubts(number: int) -> str:
    """The doubts that a flag's bits stand for, in words."""
    return "; ".join(words.doubt(str(flag.name).lower()) for flag in Flag if number & flag)


def write_month(*, vehicle_id: int, tenure: Tenure, month: Month, folder: Path, name: str) -> int:
    """Write one month's files; how many values it holds. A month without any leaves no file."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{name}.parquet.part"
    values = 0
    with bench() as made:
        with pq.ParquetWriter(draft, SCHEMA, compression="zstd") as writer:
            for day in month.days:
                values += write_day(made, writer, vehicle_id, tenure, day)
        if not values:
            draft.unlink()
            return 0
        write_wide(made, draft, folder, name)
    draft.rename(folder / f"{name}.parquet")
    return values


def write_day(
    made: duckdb.DuckDBPyConnection, writer: pq.ParquetWriter, vehicle_id: int, tenure: Tenure, day: date
) -> int:
    since, until = within(tenure, day)
    told = reading.read(vehicle_ids=[vehicle_id], signal_ids=list(signals.by_id), since=since, until=until)
    if not told.num_rows:
        return 0
    made.register("day", told)
    try:
        for batch in made.sql(LONG.format(cell=signals.CELL)).to_arrow_reader(65_536):
            writer.write_table(pa.Table.from_batches([batch]).cast(SCHEMA))
    finally:
        made.unregister("day")
    return int(told.num_rows)


def within(tenure: Tenure, day: date) -> tuple[datetime, datetime]:
    """The part of a day that lies in a time."""
    start = days.midnight(day)
    return max(start, tenure.since), min(start + timedelta(days=1), tenure.until)


def write_wide(made: duckdb.DuckDBPyConnection, path: Path, folder: Path, name: str) -> None:
    """The month for spreadsheets, in files of at most a million rows."""
    place = str(path).replace("'", "''")
    told = [row[0] for row in made.sql(TOLD.format(path=place)).fetchall()]
    shown = sorted((signals.by_name[each] for each in told), key=lambda each: each.id)
    columns = ", ".join(f"{cell_of(each)} AS {quoted(heading(each))}" for each in shown)
    [(rows,)] = made.sql(MOMENTS.format(path=place)).fetchall()
    for number, skip in enumerate(range(0, rows, MOST_ROWS), start=1):
        query = WIDE.format(columns=columns, path=place, most=MOST_ROWS, skip=skip)
        target = folder / (f"{name}.csv" if number == 1 else f"{name}-{number}.csv")
        out = str(target).replace("'", "''")
        made.execute(f"COPY ({query}) TO '{out}' (FORMAT csv, HEADER)")


def heading(signal: signals.Signal) -> str:
    """How a signal's column is called in CSV."""
    return f"{signal.name} [{signal.unit}]" if signal.unit else signal.name


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def cell_of(signal: signals.Signal) -> str:
    """What stands in a signal's cells: the number, or what a code or an area is called."""
    value = "coalesce(nullif(label, ''), value::VARCHAR)" if signal.codes or signal.id == signals.CELL else "value"
    return f"max({value}) FILTER (WHERE signal = '{signal.name}')"
