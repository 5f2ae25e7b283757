"""A pytest plugin (`-p tests.services`): a PostgreSQL and a Valkey of its own for every pytest process.

They start before Django reads its settings, die with the process even when it is killed, and what a killed run left on
disk is swept by the next one. With pytest-xdist each worker has its own; the controller, which runs no test, has none.
"""

import argparse
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dimo.runtime import places
from dimo.runtime.parts import born_at
from dimo.runtime.postgres import APP, OWNER, Postgres
from dimo.runtime.valkey import Valkey

SETTINGS = {"max_connections": "60", "shared_buffers": "128MB", "max_wal_size": "1GB"}


class Services:
    """What a test may stop, kill and start again: `postgres` and `valkey`."""

    def __init__(self) -> None:
        base = places.state_folder() / "tests" if places.is_root() else Path(tempfile.gettempdir()) / "commons-tests"
        base.mkdir(mode=0o755, exist_ok=True)
        sweep(base)
        self.folder = base / f"{os.getpid()}-{born_at(os.getpid())}-{secrets.token_hex(2)}"
        self.folder.mkdir(mode=0o755)
        log = self.folder / "log"
        self.postgres = Postgres(self.folder / "pg", log / "postgres.log", SETTINGS, durable=False)
        self.valkey = Valkey(self.folder / "valkey", log / "valkey.log", durable=False)
        self.var = self.folder / "var"
        (self.var / "static").mkdir(parents=True)

    def environment(self) -> dict[str, str]:
        """Values for tests alone; none of them is used anywhere else."""
        return {
            "DATABASE_URL": self.postgres.url(APP),
            "DATABASE_OWNER_URL": self.postgres.url(OWNER),
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": "a key that only tests use, long enough for Django's own check of it",
            "MASTER_KEY": "5eed" * 16,
            "VAR_DIR": str(self.var),
            "BASE_URL": "http://testserver",
            "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "dimo.settings",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright keeps an event loop running in the test's thread
            "CHAIN_RPC_URL": "",
            "LAKE_URL": str(self.var / "lake"),
            "LOG_LEVEL": "WARNING",
        }

    def start(self) -> None:
        self.postgres.start()
        self.valkey.start()

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.part.patience = 5
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep(base: Path) -> None:
    """Remove the folders of test processes that are gone."""
    for folder in base.iterdir():
        pid, _, rest = folder.name.partition("-")
        if pid.isdecimal() and born_at(int(pid)) != rest.partition("-")[0]:
            shutil.rmtree(folder, ignore_errors=True)


def hands_out_only(arguments: argparse.Namespace) -> bool:
    """Whether this process only gives tests to xdist's workers."""
    return bool(getattr(arguments, "numprocesses", None)) and "PYTEST_XDIST_WORKER" not in os.environ


SERVICES = pytest.StashKey[Services]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """A wrapper runs before pytest-django's own hook, which imports the settings."""
    services = early_config.stash[SERVICES] = Services()
    os.environ.update(services.environment())
    if not hands_out_only(early_config.known_args_namespace):
        try:
            services.start()
        except BaseException:
            services.stop()
            raise
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[SERVICES].stop()


@pytest.fixture(scope="session")
def services(pytestconfig: pytest.Config) -> Services:
    """The running PostgreSQL and Valkey, for tests that stop or kill them."""
    return pytestconfig.stash[SERVICES]
