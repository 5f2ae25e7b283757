"""A local EVM node (anvil, from npm) on a loopback port. Without it the chain is off, and pages say so."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from dimo.runtime.parts import Part, PartFailed
from dimo.runtime.ports import LOOPBACK, free_port

CHAIN_ID = 31337
STATE_SECONDS = 5  # a killed node forgets at most what it did within this time


def anvil_program(project: Path) -> Path | None:
    """The program that `npm ci` installed; None where there is none for this machine."""
    return next((project / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil"), None)


@dataclass
class Chain:
    program: Path
    folder: Path
    log: Path
    port: int = field(default_factory=free_port)
    part: Part = field(init=False)

    def __post_init__(self) -> None:
        self.state = self.folder / "state.json"
        self.part = Part(name="chain", command=[], log=self.log, patience=15, ready=self.answers)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def ask(self, method: str) -> int:
        """A number that the node tells. Raises: OSError, ValueError"""
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": []}).encode()
        request = urllib.request.Request(self.url, call, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return int(json.load(answer)["result"], 16)

    def answers(self) -> bool:
        try:
            return self.ask("eth_chainId") == CHAIN_ID
        except (OSError, ValueError, KeyError):
            return False

    def start(self, timeout: float = 60) -> "Chain":
        """Start from the kept state. A state that a crash left unreadable is put aside, never deleted.

        Raises:
            PartFailed
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        words = ["--host", LOOPBACK, "--port", self.port, "--chain-id", CHAIN_ID, "--quiet"]
        words += ["--state", self.state, "--state-interval", STATE_SECONDS]
        self.part.command = [str(word) for word in (self.program, *words)]
        self.part.cwd = self.folder
        try:
            self.part.start(timeout)
        except PartFailed:
            if not self.state.exists():
                raise
            self.state.replace(self.state.with_suffix(".unreadable.json"))
            self.part.start(timeout)
        return self

    def stop(self) -> None:
        self.part.stop()

    def kill(self) -> None:
        self.part.kill()
