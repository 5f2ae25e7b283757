"""`make run`: one process that starts every part, starts again what dies, and stops all of them when asked.

python -m dimo.runtime.supervisor          start and stay
python -m dimo.runtime.supervisor reset    delete this clone's data
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

from dimo.runtime import keys
from dimo.runtime.machine import AlreadyRunning, Machine, PortTaken
from dimo.runtime.parts import Part, PartFailed, die_with_parent, remember, stop_remembered
from dimo.runtime.places import NoAccount
from dimo.runtime.postgres import ClusterNotCreated, Postgres
from dimo.runtime.stamps import Stamp

ROOMS = ("dimo", "vehicles", "unions", "licensing", "rewards")
LOOK_SECONDS = 0.25
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60.0  # a part that lived this long failed for a new reason, and its pause begins anew


class Asked(BaseException):
    """Ctrl-C or SIGTERM. Not an Exception, so that no handler takes it for a failure."""


def say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Watched:
    """A part, how to start it, and how long to wait before starting it again."""

    part: Part
    start: Callable[[], object]
    pause: float = SHORTEST_PAUSE
    due: float = 0.0
    since: float = 0.0
    down: bool = False

    def look(self, now: float) -> bool:
        """Start the part again if it ended and its pause is over; True if so. Returns at once otherwise."""
        if self.part.alive():
            return False
        if not self.down:
            self.down = True
            self.pause = SHORTEST_PAUSE if now - self.since > STEADY_SECONDS else min(self.pause * 2, LONGEST_PAUSE)
            self.due = now + self.pause
            say(f"{self.part.name} ended; starting it again in {self.pause:.1f} s (see {self.part.log})")
        if now < self.due:
            return False
        try:
            self.start()
        except PartFailed as failure:
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
            self.due = time.monotonic() + self.pause
            say(f"{failure}\nTrying {self.part.name} again in {self.pause:.1f} s")
            return False
        self.down, self.since = False, time.monotonic()
        return True


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


class Supervisor:
    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.watched: list[Watched] = []
        self.passing: list[Part] = []
        self.began = time.monotonic()

    def watch(self, part: Part, start: Callable[[], object]) -> None:
        watched = Watched(part, start)
        self.watched.append(watched)  # before it starts, so that it is stopped even if asked to in between
        start()
        watched.since = time.monotonic()
        remember(self.machine.processes, [each.part for each in self.watched])

    def start(self) -> None:
        """PostgreSQL with its tables, static files, the other services, our own processes, and then the demo."""
        machine = self.machine
        host, port = machine.web_address()
        postgres, valkey, chain = machine.postgres(), machine.valkey(), machine.chain()
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104
        # By name: browsers offer passkeys for localhost, never for an address.
        name = "localhost" if shown == "127.0.0.1" else shown
        base_url = os.environ.get("BASE_URL") or f"http://{name}:{port}"
        environment = machine.environment(postgres, valkey, chain, base_url)
        postgres.create()
        keys.belongs_to(machine.database, environment)
        self.make_ready(environment, postgres)
        self.watch(valkey.part, valkey.start)
        if chain:
            self.watch(chain.part, chain.start)
        else:
            say("The chain is off: no local node is installed for this machine. Every page works and says so.")
        machine.address.write_text(json.dumps({"base_url": base_url, "port": port}))
        for part in self.own_parts(environment, host, port, f"http://{shown}:{port}"):
            self.watch(part, part.start)
        say(f"{base_url} answers, {time.monotonic() - self.began:.0f} s after the start. Logs: {machine.log}/*.log")
        self.load_demo(environment)

    def own_parts(self, environment: dict[str, str], host: str, port: int, url: str) -> Iterator[Part]:
        bin_folder = Path(sys.executable).parent
        celery = [str(bin_folder / "celery"), "-A", "dimo.celery"]
        granian = [str(bin_folder / "granian"), "--interface", "asginl", "--host", host, "--port", str(port)]
        granian += ["--workers", "2", "--no-ws", "--respawn-failed-workers", "--workers-kill-timeout", "10"]
        schedule = str(self.machine.var / "beat-schedule")
        commands: dict[str, list[str]] = {
            "web": [*granian, "dimo.asgi:application"],
            "worker": [*celery, "worker", "-Q", "celery", "-c", "2", "-n", "short@%h"],
            "builds": [*celery, "worker", "-Q", "builds", "-c", "1", "-n", "builds@%h"],
            "beat": [*celery, "beat", "--schedule", schedule, "--pidfile", ""],
        }
        for name, command in commands.items():
            part = Part(name, command, self.machine.log / f"{name}.log", environment, cwd=self.machine.project)
            part.patience = 70 if name in {"worker", "builds"} else 20  # a warm shutdown lets a task reach its limit
            part.ready = part.alive
            if name == "web":
                part.ready = lambda: answers(url)
                # Both workers of the web count together; one that is gone must not be counted on.
                part.env = {**environment, "PROMETHEUS_MULTIPROC_DIR": str(emptied(self.machine.var / "metrics"))}
            yield part

    def manage(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, str(self.machine.project / "manage.py"), *words]

    def begin(self, name: str, words: Sequence[str], environment: dict[str, str]) -> Part:
        """Start a management command that comes to an end by itself."""
        part = Part(name, self.manage(words), self.machine.log / f"{name}.log", environment, cwd=self.machine.project)
        part.spawn()
        self.passing.append(part)
        return part

    def finish(self, part: Part) -> None:
        """Wait for such a command. Raises: PartFailed"""
        if part.process is not None and part.process.wait():
            raise PartFailed(f"{part.name} failed:\n{part.last_words(30)}")
        self.passing.remove(part)

    def make_ready(self, environment: dict[str, str], postgres: Postgres) -> None:
        """Tables and static files, side by side, and only what changed since the last start: both take seconds."""
        project, machine = self.machine.project, self.machine
        static = Stamp(machine.var / "static.stamp", [project / "static"], "**/*")
        tables = Stamp(postgres.data / "tables.stamp", [project / room for room in ROOMS], "**/migrations/*.py")
        collecting = None
        if not static.holds():
            collecting = self.begin("collectstatic", ["collectstatic", "--no-input", "--clear"], environment)
        self.watch(postgres.part, postgres.start)
        if not tables.holds():
            owner = machine.owner_environment(environment, postgres)
            self.finish(self.begin("migrate", ["migrate", "--no-input"], owner))
            tables.set()
        if collecting:
            self.finish(collecting)
            static.set()

    def load_demo(self, environment: dict[str, str]) -> None:
        """Once: `load_demo` writes var/demo.json when it is done, and may be repeated until then."""
        if os.environ.get("DEMO") == "0":
            return
        if not self.machine.demo.exists():
            say("Loading the demo: unions, drivers and drives. Pages answer meanwhile.")
            begun = time.monotonic()
            loading = subprocess.Popen(  # noqa: S603
                self.manage(["load_demo"]),
                env={**os.environ, **environment},
                cwd=self.machine.project,
                preexec_fn=partial(die_with_parent, signal.SIGTERM) if sys.platform == "linux" else None,
            )
            try:
                while loading.poll() is None:
                    self.look()
            finally:
                loading.terminate()
                loading.wait()
            if loading.returncode:
                say("The demo could not be loaded; the rest works. The next start tries again.")
                return
            say(f"Demo loaded in {time.monotonic() - begun:.0f} s.")
        self.show_sign_ins(environment["BASE_URL"])

    def show_sign_ins(self, base_url: str) -> None:
        """Also tells scripts the address, which may be another than when the demo was loaded."""
        with contextlib.suppress(FileNotFoundError):
            demo = json.loads(self.machine.demo.read_text())
            if demo.get("base_url") != base_url:
                self.machine.demo.write_text(json.dumps({**demo, "base_url": base_url}, indent=2) + "\n")
            say("\nSign-ins of the demo (this machine only):")
            for role, sign_in in (demo.get("sign_ins") or {}).items():
                say(f"  {role:<12} {sign_in['email']:<34} {sign_in['password']}")
            say(f"  API keys are in {self.machine.demo}\n")

    def look(self) -> None:
        """One round: start again what ended, write down who runs."""
        for watched in self.watched:
            if watched.look(time.monotonic()):
                remember(self.machine.processes, [each.part for each in self.watched])
                say(f"{watched.part.name} runs again")
        time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Ours first, all at once, then the services they lean on, PostgreSQL last."""
        for part in self.passing:
            part.stop()
        services = {"postgres", "valkey", "chain"}
        ours = [each.part for each in self.watched if each.part.name not in services]
        for part in ours:
            part.ask_to_stop()
        for part in [*ours, *(each.part for each in reversed(self.watched) if each.part.name in services)]:
            part.stop()
        self.machine.processes.unlink(missing_ok=True)


def asked(signum: int, frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # stopping in order must not be cut short
    raise Asked


def run(machine: Machine) -> int:
    """Returns the exit code: 0 when asked to stop or when already running."""
    try:
        claim = machine.claim()
    except AlreadyRunning as running:
        say(f"Already running at {running}. Stop it with Ctrl-C where it was started.")
        return 0
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, asked)
    supervisor = Supervisor(machine)
    with claim:
        try:
            if left := stop_remembered(machine.processes):
                say(f"Ended what a killed run had left: {', '.join(left)}")
            if old := machine.put_leftover_aside():
                say(f"A deleted clone left a database; it now lies in {old} and may be removed.")
            supervisor.start()
            while True:
                supervisor.look()
        except Asked:
            say("\nStopping; data stays in var/.")
            return 0
        except (PartFailed, PortTaken, NoAccount, ClusterNotCreated, keys.KeysAreGone) as refusal:
            say(str(refusal))
            return 1
        finally:
            supervisor.stop()


def reset(machine: Machine) -> int:
    """Returns the exit code: 1 while it runs."""
    try:
        claim = machine.claim()
    except AlreadyRunning as running:
        say(f"It is running at {running}; stop it first.")
        return 1
    with claim:
        stop_remembered(machine.processes)
        machine.wipe()
    say("Data deleted; `make run` begins anew.")
    return 0


if __name__ == "__main__":
    sys.exit(reset(Machine()) if sys.argv[1:] == ["reset"] else run(Machine()))
