"""One operating-system process that we start, wait for, stop and reap."""

import ctypes
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

PR_SET_PDEATHSIG = 1


class PartFailed(Exception):
    """A part ended or did not become ready in time; its log says why."""


def die_with_parent(signum: int) -> None:
    """Run in the child: Linux sends it `signum` when its parent dies, so that a killed parent leaves nothing behind."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signum)


def born_at(pid: int) -> str | None:
    """The kernel's start time of a process, which names it together with its pid. None once it is gone or a zombie."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else rest[18]


@dataclass
class Part:
    """`ready` is asked until it is True. `stop_signal` asks it to end; SIGKILL follows after `patience` seconds."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 20.0
    ready: Callable[[], bool] = bool  # replaced by whoever knows how to ask
    process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def alive(self) -> bool:
        """Whether it runs. Reaps it if it does not: an unreaped process still answers to its pid."""
        if self.process is None:
            return False
        if self.process.poll() is None:
            return True
        self.end_children()
        return False

    def end_children(self) -> None:
        """A killed parent's children would go on serving and working; they share its process group."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def spawn(self) -> None:
        """Start without waiting. Output goes to the log alone."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        account = pwd.getpwnam(self.user) if self.user else None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603
                [str(word) for word in self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops the parts in order
                preexec_fn=partial(die_with_parent, self.stop_signal) if sys.platform == "linux" else None,
            )

    def start(self, timeout: float = 60.0) -> "Part":
        """Start and wait until `ready`.

        Raises:
            PartFailed
        """
        self.spawn()
        self.wait_until_ready(timeout)
        return self

    def wait_until_ready(self, timeout: float) -> None:
        """Raises: PartFailed, with the log's last lines."""
        deadline = time.monotonic() + timeout
        while not self.ready():
            if not self.alive():
                raise PartFailed(f"{self.name} ended while starting:\n{self.last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise PartFailed(f"{self.name} was not ready after {timeout:.0f} s:\n{self.last_words()}")
            time.sleep(0.02)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.alive():
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask, wait, insist, reap. Does nothing to a part that does not run."""
        if self.process is None:
            return
        self.ask_to_stop()
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.kill()
        self.end_children()

    def kill(self) -> None:
        """SIGKILL, as tests of crashes need it, and reap."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def last_words(self, lines: int = 15) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def remember(path: Path, parts: Sequence[Part]) -> None:
    """Write down which processes are ours, so that a later run finds what a killed one left."""
    running = {
        part.name: [part.pid, born_at(part.pid), int(part.stop_signal)] for part in parts if part.pid and part.alive()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(running))
    draft.replace(path)


def session_members(leader: int) -> Iterator[int]:
    """Processes of the session that a part began; they may outlive its leader."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            if (folder / "stat").read_text().rpartition(") ")[2].split()[3] == str(leader):
                yield int(folder.name)


def stop_remembered(path: Path, patience: float = 30.0) -> list[str]:
    """End the processes that a killed run left behind and return their names; a reused pid is left alone."""
    try:
        remembered = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return []
    left = []
    for name, (pid, born, stop_signal) in remembered.items():
        if born_at(pid) not in {born, None}:
            continue  # somebody else's process by now
        members = {member: born_at(member) for member in session_members(pid)}
        if members:
            left.append(name)
            end(members, leader=pid, stop_signal=stop_signal, patience=patience)
    path.unlink(missing_ok=True)
    return left


def end(members: Mapping[int, str | None], *, leader: int, stop_signal: int, patience: float) -> None:
    """Ask the leader, wait for all, insist."""
    if leader in members:
        with suppress(ProcessLookupError):
            os.kill(leader, stop_signal)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and any(born and born_at(pid) == born for pid, born in members.items()):
            time.sleep(0.05)
    for pid, born in members.items():
        if born and born_at(pid) == born:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
