"""PostgreSQL as Arrow: a connection of its own beside Django's, for reads that are too wide for Python objects."""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import adbc_driver_manager
import adbc_driver_postgresql
import duckdb
from adbc_driver_manager.dbapi import Connection
from django.db import connection

from vehicles.store import conf

# Rows of the lake from messages: a signal each; messages without a flag carry none for any of their signals.
UNNEST = """
CREATE TEMP TABLE {name} AS
SELECT vehicle_id, signal_id, ts, value, source_id, coalesce(flag, 0::SMALLINT) AS flag FROM (
  SELECT vehicle_id, unnest(sig) AS signal_id, ts, unnest(val) AS value, source_id, unnest(flag) AS flag FROM {source}
)
"""


def conninfo() -> str:
    """Django's own connection parameters in libpq's words."""
    given = connection.get_connection_params()
    names = {"host": "host", "port": "port", "user": "user", "password": "password", "dbname": "dbname"}
    quoted = {
        name: str(given[key]).replace("\\", "\\\\").replace("'", "\\'") for key, name in names.items() if given.get(key)
    }
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())


class Kept:
    """What a connection closes in the place of its database, which the next one uses too."""

    def close(self) -> None:
        """It stays."""


@lru_cache(maxsize=1)
def database(info: str) -> adbc_driver_manager.AdbcDatabase:
    """The driver's view of a server, without a connection. To make it takes as long as to read 10,000 messages."""
    found: adbc_driver_manager.AdbcDatabase = adbc_driver_postgresql.connect(info)
    return found


@contextmanager
def arrow_cursor() -> Iterator[Any]:
    """A cursor in a transaction of its own; what Django's transaction has not committed is not seen."""
    connected = adbc_driver_manager.AdbcConnection(database(conninfo()))
    kept: Any = Kept()
    with closing(Connection(kept, connected)) as link, closing(link.cursor()) as cursor:
        yield cursor


@contextmanager
def workbench() -> "Iterator[duckdb.DuckDBPyConnection]":
    """A DuckDB in memory that spills to a folder which goes with it, in UTC, without extensions from elsewhere."""
    with tempfile.TemporaryDirectory(prefix="store-") as name, duckdb.connect() as link:
        spill = str(Path(name)).replace("'", "''")
        link.execute(f"SET timezone = 'UTC'; SET memory_limit = '{conf.memory()}'; SET temp_directory = '{spill}'")
        link.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        yield link


def load(link: duckdb.DuckDBPyConnection, sql: str, *, name: str) -> None:
    """Run a query for messages in PostgreSQL and keep its rows, a signal each, as a table of the workbench."""
    with arrow_cursor() as cursor:
        cursor.execute(sql)
        messages = cursor.fetch_record_batch()
        link.register("messages_in", messages)
        try:
            link.execute(UNNEST.format(name=name, source="messages_in"))
        finally:
            link.unregister("messages_in")
