"""The same values in other stores: plain Parquet with DuckDB, and embedded ClickHouse. A program of its own.

    python benchmarks/beside.py {duckdb|clickhouse} VALUES.parquet FOLDER FACTS

It imports nothing of the platform and Django, so that it runs in an environment of its own (`make bench` makes one
from requirements-bench.txt), and prints one JSON object: figures by the question's name. Questions are those that
`benchmarks.store` asks of the platform's store; FACTS is a JSON object of what they are bound to.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

CHART = """
SELECT {bin} AS bin, avg(value) AS mean FROM {source}
WHERE vehicle_id = {vehicle} AND signal_id = 6 AND ts >= '{since}' AND ts < '{until}' GROUP BY bin ORDER BY bin
"""
DATASET = """
SELECT vehicle_id, signal_id, ts, value FROM {source}
WHERE vehicle_id <= {members} AND signal_id IN (1, 2, 6, 14, 18) ORDER BY vehicle_id, signal_id, ts
"""


def timed(act: Callable[[], Any]) -> float:
    """Seconds of one run."""
    began = perf_counter()
    act()
    return perf_counter() - began


def charts(ask: Callable[[str], Any], facts: dict[str, Any], **how: str) -> dict[str, float]:
    """Milliseconds of a week's chart, the median of 15 runs after one that is not counted."""
    found = {}
    for word in ("dense", "sparse"):
        sql = CHART.format(vehicle=facts[word], since=facts["since"], until=facts["until"], **how)
        ask(sql)
        found[f"7-day chart, {word}"] = median(timed(lambda sql=sql: ask(sql)) for _ in range(15)) * 1000
    return found


def weight(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def in_duckdb(values: Path, folder: Path, facts: dict[str, Any]) -> dict[str, float]:
    """One Parquet file a day, written and read by DuckDB; files that hold a vehicle are written anew without it."""
    import duckdb

    source = f"read_parquet('{folder}/*/*.parquet', hive_partitioning = true)"
    options = "(FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day), OVERWRITE_OR_IGNORE)"
    columns = "vehicle_id, signal_id, ts, value, source_id, flag, ts::DATE AS day"
    with duckdb.connect() as link:
        link.execute("SET timezone = 'UTC'")

        def ask(sql: str) -> Any:
            return link.sql(sql).to_arrow_table()

        def write(rows: str, to: Path) -> float:
            order = "ORDER BY day, signal_id, vehicle_id, ts"
            return timed(lambda: link.execute(f"COPY (SELECT {columns} FROM {rows} {order}) TO '{to}' {options}"))

        found = {"bulk ingest": write(f"read_parquet('{values}')", folder), "bytes": weight(folder)}
        found |= charts(ask, facts, source=source, bin="time_bucket(INTERVAL 5 minutes, ts)")
        found["dataset"] = timed(lambda: ask(DATASET.format(source=source, members=facts["members"])))
        kept = folder.with_name("kept")
        found["erase"] = write(f"{source} WHERE vehicle_id <> {facts['dense']}", kept)
    return found


def in_clickhouse(values: Path, folder: Path, facts: dict[str, Any]) -> dict[str, float]:
    """A MergeTree in the order of the lake, with codecs for moments and values; erasing waits for its mutation."""
    from chdb import session

    link = session.Session(str(folder))

    def ask(sql: str) -> Any:
        return link.query(sql, "Arrow")

    try:
        link.query(
            "CREATE DATABASE IF NOT EXISTS fleet; CREATE TABLE fleet.signals (vehicle_id Int32, signal_id Int16,"
            " ts DateTime64(6, 'UTC') CODEC(DoubleDelta, ZSTD(3)), value Float64 CODEC(Gorilla, ZSTD(3)),"
            " source_id Int32 CODEC(ZSTD(3)), flag Int16 CODEC(ZSTD(3))) ENGINE = MergeTree"
            " PARTITION BY toYYYYMMDD(ts) ORDER BY (signal_id, vehicle_id, ts)"
        )
        fill = f"INSERT INTO fleet.signals SELECT * FROM file('{values}', Parquet)"
        found = {"bulk ingest": timed(lambda: link.query(fill))}
        link.query("OPTIMIZE TABLE fleet.signals FINAL")
        size = link.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = 'fleet'", "CSV")
        found["bytes"] = int(str(size))
        found |= charts(ask, facts, source="fleet.signals", bin="toStartOfInterval(ts, INTERVAL 5 MINUTE)")
        found["dataset"] = timed(lambda: ask(DATASET.format(source="fleet.signals", members=facts["members"])))
        gone = f"ALTER TABLE fleet.signals DELETE WHERE vehicle_id = {facts['dense']} SETTINGS mutations_sync = 2"
        found["erase"] = timed(lambda: link.query(gone))
    finally:
        link.close()
    return found


def answer() -> None:
    engine, values, folder, facts = sys.argv[1:]
    act = {"duckdb": in_duckdb, "clickhouse": in_clickhouse}[engine]
    found = act(Path(values), Path(folder), json.loads(facts))
    used = os.times()
    print(json.dumps(found | {"processor": used.user + used.system}))


if __name__ == "__main__":
    answer()
