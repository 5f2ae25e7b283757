"""An embedded Valkey on a loopback port: queue, cache, throttle counters. Never the keeper of correctness."""

from dataclasses import dataclass, field
from pathlib import Path

import redis

from dimo.runtime import places
from dimo.runtime.parts import Part
from dimo.runtime.ports import LOOPBACK, free_port


@dataclass
class Valkey:
    folder: Path
    log: Path
    port: int = field(default_factory=free_port)
    durable: bool = True
    part: Part = field(init=False)

    def __post_init__(self) -> None:
        self.part = Part(name="valkey", command=[], log=self.log, patience=10, ready=self.accepts)

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def accepts(self) -> bool:
        try:
            with redis.Redis(host=LOOPBACK, port=self.port) as client:
                # Somebody else's server may sit on the port: ours knows its own folder.
                return Path(client.config_get("dir")["dir"]) == self.folder.resolve()
        except redis.RedisError:
            return False

    def start(self, timeout: float = 60) -> "Valkey":
        """Raises: PartFailed, also when the port was taken meanwhile."""
        self.folder.mkdir(parents=True, exist_ok=True)
        options = {
            "bind": LOOPBACK,
            "port": self.port,
            "dir": self.folder.resolve(),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",  # eviction would drop queued messages silently
            "daemonize": "no",
        }
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        self.part.command = [str(places.valkey_program()), *words]
        self.part.cwd = self.folder
        self.part.start(timeout)
        return self

    def stop(self) -> None:
        self.part.stop()

    def kill(self) -> None:
        self.part.kill()
