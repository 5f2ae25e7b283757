"""An embedded PostgreSQL on a unix socket: create the cluster, start it, make roles and the database."""

import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from dimo.runtime import places
from dimo.runtime.parts import Part

OWNER, APP, DATABASE = "dimo_owner", "dimo_app", "commons"
# The socket's folder lets in one account (and root), so that passwords would guard nothing.
INITDB = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums")
ROLES = Path(__file__).with_name("roles.sql")


class ClusterNotCreated(Exception):
    """initdb refused; its own words follow."""


@dataclass
class Postgres:
    """One cluster in `folder` (data and, if the path is short enough, socket)."""

    folder: Path
    log: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    durable: bool = True
    part: Part = field(init=False)

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.socket = places.socket_folder(self.folder)
        self.user = places.account()
        self.part = Part(
            name="postgres",
            command=[],
            log=self.log,
            user=self.user,
            stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, writes a checkpoint
            patience=60,
            ready=self.accepts,
        )

    def url(self, role: str) -> str:
        """The address in the form that Django, psycopg and ADBC understand."""
        return f"postgresql://{role}@/{DATABASE}?host={self.socket}"

    def connect(self, role: str = "postgres", database: str = DATABASE) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(host=str(self.socket), user=role, dbname=database, autocommit=True, connect_timeout=5)

    def accepts(self) -> bool:
        try:
            self.connect(database="postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self) -> None:
        """Create the cluster unless it exists. An initdb that was killed half-way is begun anew.

        Raises:
            ClusterNotCreated
        """
        done = self.data / "commons.ready"
        if done.exists():
            return
        places.own_folder(self.folder, self.user)
        subprocess.run(["rm", "-rf", str(self.data)], check=True)  # noqa: S603, S607
        places.own_folder(self.data, self.user)
        options = [*INITDB, *([] if self.durable else ["--no-sync"])]
        made = subprocess.run(  # noqa: S603
            [self.programs() / "initdb", *options, "-D", str(self.data)],
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ClusterNotCreated(made.stderr.strip())
        done.touch()

    def programs(self) -> Path:
        return places.postgres_programs()

    def start(self, timeout: float = 180) -> "Postgres":
        """Create if needed, start (recovering after a crash may take minutes), make roles and database.

        Raises:
            ClusterNotCreated, PartFailed
        """
        self.create()
        places.own_folder(self.socket, self.user)
        chosen = {"fsync": "on", "timezone": "UTC", "log_timezone": "UTC", "max_connections": "100", **self.settings}
        if not self.durable:
            chosen |= {"fsync": "off", "full_page_writes": "off"}  # survives a killed server, not a power cut
        words = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        program = self.programs() / "postgres"
        self.part.command = [str(program), "-D", str(self.data), "-h", "", "-k", str(self.socket), *words]
        self.part.cwd = Path("/")
        self.part.start(timeout)
        self.prepare()
        return self

    def prepare(self) -> None:
        """The database, its roles and their privileges; repeating it changes nothing."""
        with self.connect(database="postgres") as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                server.execute(f"CREATE DATABASE {DATABASE}")
        with self.connect() as server:
            server.execute(ROLES.read_bytes())

    def stop(self) -> None:
        self.part.stop()

    def kill(self) -> None:
        """kill -9 of the postmaster, and reap it."""
        self.part.kill()
