"""Everything of one clone on one machine: its folders, its services and the environment of its processes."""

import fcntl
import json
import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from dimo.runtime import keys, places
from dimo.runtime.chain import Chain, anvil_program
from dimo.runtime.ports import LOOPBACK, free_port, is_free
from dimo.runtime.postgres import APP, OWNER, Postgres
from dimo.runtime.valkey import Valkey

PROJECT = Path(__file__).resolve().parent.parent.parent
USUAL_PORT = 8000
POSTGRES_SETTINGS = {"shared_buffers": "256MB", "max_wal_size": "2GB", "max_connections": "100"}


class PortTaken(Exception):
    """PORT names a port that somebody else holds."""


class AlreadyRunning(Exception):
    """Another `make run` of this clone is at work."""


@dataclass
class Machine:
    """`var` holds all state; as root the database lies outside (see `places`)."""

    project: Path = PROJECT
    var: Path = field(default_factory=lambda: Path(os.environ.get("VAR_DIR", PROJECT / "var")))

    def __post_init__(self) -> None:
        self.var.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.log = self.var / "log"
        self.database = places.database_folder(self.var)
        self.address = self.var / "address.json"
        self.processes = self.var / "processes.json"
        self.demo = self.var / "demo.json"

    def claim(self) -> IO[str]:
        """Hold this clone until the returned file is closed; the kernel lets go of it if we are killed.

        Raises:
            AlreadyRunning
        """
        file = (self.var / "run.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise AlreadyRunning(self.known("base_url") or "an address it has not told yet") from None
        return file

    def known(self, name: str) -> Any:
        """What the last start wrote about its address."""
        try:
            return json.loads(self.address.read_text()).get(name)
        except (FileNotFoundError, json.JSONDecodeError):
            return None

    def web_address(self) -> tuple[str, int]:
        """HOST and PORT if given, else loopback and the port of last time, 8000, or a free one.

        Raises:
            PortTaken
        """
        host = os.environ.get("HOST", LOOPBACK)
        if wanted := os.environ.get("PORT"):
            if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
                raise PortTaken(f"PORT={wanted} is not a port")
            if not is_free(int(wanted), host):
                raise PortTaken(f"port {wanted} is taken; name another by PORT=, or none to have a free one picked")
            return host, int(wanted)
        return host, free_port(*filter(None, (self.known("port"), USUAL_PORT)), host=host)

    def postgres(self) -> Postgres:
        return Postgres(self.database, self.log / "postgres.log", POSTGRES_SETTINGS)

    def valkey(self) -> Valkey:
        return Valkey(self.var / "valkey", self.log / "valkey.log")

    def chain(self) -> Chain | None:
        """None where no node is installed."""
        program = anvil_program(self.project)
        return Chain(program, self.var / "chain", self.log / "chain.log") if program else None

    def environment(self, postgres: Postgres, valkey: Valkey, chain: Chain | None, base_url: str) -> dict[str, str]:
        """For web, worker and beat. The owner's address is not in it: `migrate` alone gets that one."""
        return {
            **keys.kept_or_made(self.var / "secrets.env"),
            "DATABASE_URL": postgres.url(APP),
            "REDIS_URL": valkey.url,
            "CHAIN_RPC_URL": chain.url if chain else "",
            "LAKE_URL": os.environ.get("LAKE_URL", str(self.var / "lake")),
            "VAR_DIR": str(self.var),
            "BASE_URL": base_url,
            "DJANGO_SETTINGS_MODULE": "dimo.settings",
            "PYTHONUNBUFFERED": "1",
        }

    def owner_environment(self, environment: dict[str, str], postgres: Postgres) -> dict[str, str]:
        return {**environment, "DATABASE_URL": postgres.url(OWNER), "DATABASE_OWNER_URL": postgres.url(OWNER)}

    def put_leftover_aside(self) -> Path | None:
        """As root a deleted clone's database stays behind. A new clone at the same place begins with one of its own;
        the old one is renamed, never deleted or opened. Returns its new place."""
        if not self.database.exists() or {path.name for path in self.var.iterdir()} - {"run.lock"}:
            return None
        return self.database.rename(self.database.with_name(f"{self.database.name}.left-{time.time_ns()}"))

    def wipe(self) -> None:
        """Delete everything this clone wrote. The caller holds the claim."""
        for folder in {self.database, places.socket_folder(self.database)}:
            shutil.rmtree(folder, ignore_errors=True)
        for path in self.var.iterdir():
            if path.name != "run.lock":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
