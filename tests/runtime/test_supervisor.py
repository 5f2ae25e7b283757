"""`make run` on this machine: one supervisor is started for all tests of this file, without the demo."""

import contextlib
import json
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dimo.runtime.machine import PROJECT, Machine
from dimo.runtime.parts import born_at, session_members
from tests.services import Services

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]
PATIENCE = 120.0
OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BASE_URL", "ALLOWED_HOSTS", "PORT", "HOST", "CHAIN_RPC_URL")


class Run:
    """`make run` without make: what it prints, who runs, how it ends."""

    def __init__(self, var: Path, **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in {*OURS, "SECRET_KEY", "MASTER_KEY"}}
        self.machine = Machine(var=var)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dimo.runtime.supervisor"],
            cwd=PROJECT,
            env={**kept, "VAR_DIR": str(var), "LAKE_URL": str(var / "lake"), "DEMO": "0", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.said = ""
        self.selector = selectors.DefaultSelector()
        assert self.process.stdout is not None
        self.output = self.process.stdout.fileno()
        self.selector.register(self.output, selectors.EVENT_READ)

    def hear(self, pattern: str) -> re.Match[str]:
        """Wait until it says so. What was heard is not heard again."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.said)):
            assert self.selector.select(deadline - time.monotonic()), f"not heard: {pattern}\nbut: {self.said}"
            heard = os.read(self.output, 65536).decode()
            assert heard, f"ended without saying {pattern}: {self.said}"
            self.said += heard
        self.said = self.said[found.end() :]
        return found

    def parts(self) -> dict[str, int]:
        return {name: pid for name, (pid, *_) in json.loads(self.machine.processes.read_text()).items()}

    def members(self) -> dict[int, str]:
        """Every process of every part."""
        return {pid: born_at(pid) or "" for leader in self.parts().values() for pid in session_members(leader)}

    def end(self, signum: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signum)
        return self.ended()

    def ended(self) -> int:
        """Wait for its own end."""
        with contextlib.suppress(ValueError, OSError):
            self.said += self.process.communicate(timeout=PATIENCE)[0].decode()
        self.selector.close()
        return self.process.wait(PATIENCE)


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:
        return response.status, response.read().decode()


@pytest.fixture(scope="module")
def var(services: Services) -> Path:
    return services.folder / "machine"


@pytest.fixture(scope="module")
def first(var: Path) -> Iterator[Run]:
    run = Run(var)
    try:
        run.address = run.hear(r"(http://\S+) answers").group(1)
        yield run
    finally:
        run.end()
        run.machine.wipe()


def test_the_page_answers_at_the_printed_address(first):
    assert get(f"{first.address}/healthz")[0] == 200
    assert json.loads(get(f"{first.address}/readyz")[1])["ready"] is True


def test_a_second_start_says_where_it_runs_and_ends_well(first, var):
    second = Run(var)
    second.hear(re.escape(f"Already running at {first.address}"))
    assert second.ended() == 0


def test_nothing_but_loopback_is_listened_on(first):
    """Listening sockets (state 0A) of our processes; /proc writes their addresses as little-endian hex."""
    sockets = set()
    for pid in first.members():
        for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
            with contextlib.suppress(FileNotFoundError):
                sockets.update(re.findall(r"socket:\[(\d+)\]", os.readlink(descriptor)))
    listening = []
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            columns = row.split()
            if columns[3] == "0A" and columns[9] in sockets:
                listening.append(columns[1].partition(":")[0])
    assert len(listening) >= 2  # web and Valkey at least, or this test looked at nothing
    assert set(listening) == {"0100007F"}


@pytest.mark.parametrize("name", ["postgres", "valkey", "chain", "web", "worker", "builds", "beat"])
def test_a_killed_part_is_started_again(first, name):
    if name == "chain" and name not in first.parts():
        pytest.skip("no local chain is installed: npm ci did not run")
    killed = first.parts()[name]
    children = {pid: born_at(pid) for pid in session_members(killed) if pid != killed}
    os.kill(killed, signal.SIGKILL)
    first.hear(f"{name} runs again")
    assert first.parts()[name] != killed
    if name != "postgres":  # its own children end by themselves, and each leads a session of its own
        assert [pid for pid, born in children.items() if born and born_at(pid) == born] == []
    assert json.loads(get(f"{first.address}/readyz")[1])["ready"] is True


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_finds_all_data(first, var):
    marker = var / "lake" / "kept"
    marker.parent.mkdir(exist_ok=True)
    marker.write_text("kept")
    keys = (var / "secrets.env").read_text()
    members = first.members()
    first.end(signal.SIGKILL)
    again = Run(var)
    try:
        assert again.hear(r"(http://\S+) answers").group(1) == first.address
        assert [pid for pid, born in members.items() if born_at(pid) == born] == []
        assert marker.read_text() == "kept"
        assert (var / "secrets.env").read_text() == keys
        assert json.loads(get(f"{first.address}/readyz")[1])["ready"] is True
        members = again.members()
    finally:
        assert again.end(signal.SIGTERM) == 0
    assert [pid for pid, born in members.items() if born_at(pid) == born] == []
    assert not again.machine.processes.exists()


def test_a_port_in_use_is_refused_when_asked_for_by_name(first, var):
    port = first.address.rpartition(":")[2]
    with socket.create_server(("127.0.0.1", int(port))):
        refused = Run(var, PORT=port)
        refused.hear(f"port {port} is taken")
        assert refused.ended() == 1
