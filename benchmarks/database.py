"""A durable PostgreSQL of a benchmark's own, migrated by the tables' owner and used as the application's role."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from dimo import tenancy
from dimo.runtime import places
from dimo.runtime.postgres import APP, OWNER, Postgres
from dimo.runtime.valkey import Valkey

SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


@contextmanager
def database(*, cache: bool = False) -> Iterator[Postgres]:
    """Start it, set Django up on it, and stop it at the end. fsync stays on: what is measured is really on disk.

    `cache`: a Valkey too, which requests to the API need.
    """
    base = places.state_folder() if places.is_root() else Path(tempfile.gettempdir())
    with tempfile.TemporaryDirectory(dir=base, prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = Postgres(folder / "pg", folder / "postgres.log", SETTINGS)
        valkey = Valkey(folder / "valkey", folder / "valkey.log", durable=False)
        try:
            if cache:
                valkey.start()
            postgres.start()
            _set_up(folder, postgres, valkey.url if cache else "redis://127.0.0.1:1")
            yield postgres
        finally:
            postgres.stop()
            if cache:
                valkey.stop()


def _set_up(folder: Path, postgres: Postgres, valkey: str) -> None:
    os.environ.update(
        DATABASE_URL=postgres.url(APP),
        REDIS_URL=valkey,
        SECRET_KEY="only for this benchmark, long enough for the check of its length",
        MASTER_KEY="5eed" * 16,
        VAR_DIR=str(folder / "var"),
        DJANGO_SETTINGS_MODULE="dimo.settings",
        LOG_LEVEL="WARNING",
    )
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    tenancy.work_for_the_platform()
    connection.settings_dict["USER"] = OWNER
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    connection.close()
    connection.settings_dict["USER"] = APP


def raw_table(session: psycopg.Connection, name: str, like: str) -> None:
    """A table of the same columns and nothing else, for the yardstick: no key, index, check or trigger."""
    session.execute(f"CREATE TABLE {name} AS TABLE {like} WITH NO DATA")
    session.execute(f"GRANT ALL ON {name} TO {APP}")
