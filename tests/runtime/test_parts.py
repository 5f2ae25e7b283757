"""Processes: started, reaped, found again after a crash."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dimo.runtime.parts import Part, PartFailed, born_at, remember, session_members, stop_remembered

SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]
PARENT = [
    sys.executable,
    "-c",
    "import signal, subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
    "print('ready', flush=True); signal.pause()",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "part.log"


def parent_with_child(log: Path) -> Part:
    part = Part("parent", PARENT, log)
    part.ready = lambda: "ready" in part.last_words()
    return part.start()


def test_a_part_that_ends_while_starting_tells_its_last_words(log):
    part = Part(
        "brief", [sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"], log, ready=lambda: False
    )
    with pytest.raises(PartFailed, match="brief ended while starting:\nno such thing"):
        part.start()


def test_a_part_that_is_never_ready_is_stopped(log):
    part = Part("mute", SLEEPER, log, ready=lambda: False)
    with pytest.raises(PartFailed, match="was not ready after"):
        part.start(timeout=0.2)
    assert not part.alive()


def test_a_killed_part_is_reaped_and_takes_its_children_along(log):
    part = parent_with_child(log)
    members = {pid: born_at(pid) for pid in session_members(part.pid)}
    assert len(members) == 2
    os.kill(part.pid, signal.SIGKILL)
    part.process.wait()
    assert not part.alive()
    wait_until_gone(members)
    assert born_at(part.pid) is None


def test_a_part_that_ignores_the_request_is_killed(log):
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
    part = Part("deaf", [sys.executable, "-c", deaf], log, patience=0.2)
    part.ready = lambda: "ready" in part.last_words()
    part.start().stop()
    assert part.process.returncode == -signal.SIGKILL


def test_a_killed_parent_leaves_nothing_behind(tmp_path):
    script = (
        "import signal, sys; from pathlib import Path; from dimo.runtime.parts import Part;"
        f"part = Part('child', {SLEEPER!r}, Path({str(tmp_path / 'log')!r}));"
        "part.spawn(); print(part.pid, flush=True); signal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    born = born_at(child)
    assert born
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until_gone({child: born})


def test_what_a_killed_run_left_is_found_and_ended(tmp_path, log):
    part = parent_with_child(log)
    notes = tmp_path / "processes.json"
    remember(notes, [part])
    members = {pid: born_at(pid) for pid in session_members(part.pid)}
    assert stop_remembered(notes, patience=0.2) == ["parent"]
    part.process.wait()
    wait_until_gone(members)
    assert not notes.exists()


def test_children_whose_leader_was_killed_are_found_too(tmp_path, log):
    part = parent_with_child(log)
    notes = tmp_path / "processes.json"
    remember(notes, [part])
    members = {pid: born_at(pid) for pid in session_members(part.pid)}
    part.process.kill()
    part.process.wait()
    assert stop_remembered(notes) == ["parent"]
    wait_until_gone(members)


def test_a_process_that_ended_unreaped_counts_as_gone():
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert Path(f"/proc/{zombie.pid}/stat").exists()
    assert born_at(zombie.pid) is None
    zombie.wait()


def test_a_pid_that_became_somebody_elses_is_left_alone(tmp_path, log):
    part = Part("other", SLEEPER, log)
    part.spawn()
    notes = tmp_path / "processes.json"
    notes.write_text(f'{{"postgres": [{part.pid}, "1", 15]}}')
    assert stop_remembered(notes) == []
    assert part.alive()
    part.stop()


def wait_until_gone(members: dict[int, str | None]) -> None:
    """A pidfd becomes readable when its process has ended: no polling."""
    for pid, born in members.items():
        if born_at(pid) != born:
            continue
        descriptor = os.pidfd_open(pid)
        ended, _, _ = select.select([descriptor], [], [], 10)
        os.close(descriptor)
        assert ended, f"process {pid} still runs"
