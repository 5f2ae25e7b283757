"""Where data lies, which keys belong to it, which ports are free."""

import os
import shutil
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from dimo.runtime import keys, places
from dimo.runtime.machine import AlreadyRunning, Machine, PortTaken
from dimo.runtime.ports import answers, free_port, is_free
from dimo.runtime.postgres import Postgres


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    for name in ("PORT", "HOST", *keys.NAMES):
        monkeypatch.delenv(name, raising=False)
    return Machine(var=tmp_path / "var")


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_keys_are_made_once_and_only_their_owner_reads_them(machine):
    path = machine.var / "secrets.env"
    first = keys.kept_or_made(path)
    assert keys.kept_or_made(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(bytes.fromhex(first["MASTER_KEY"])) == 32


def test_two_clones_have_different_keys(tmp_path, machine):
    assert keys.kept_or_made(tmp_path / "a") != keys.kept_or_made(tmp_path / "b")


def test_a_database_refuses_keys_it_was_not_made_with(tmp_path):
    keys.belongs_to(tmp_path, {"MASTER_KEY": "a"})
    keys.belongs_to(tmp_path, {"MASTER_KEY": "a"})
    with pytest.raises(keys.KeysAreGone, match="make reset"):
        keys.belongs_to(tmp_path, {"MASTER_KEY": "b"})


def test_a_taken_port_is_passed_over(listener):
    assert not is_free(listener)
    assert answers(listener)
    other = free_port(listener)
    assert other != listener
    assert is_free(other)


def test_a_port_asked_for_is_refused_when_taken(machine, listener, monkeypatch):
    monkeypatch.setenv("PORT", str(listener))
    with pytest.raises(PortTaken, match=f"port {listener} is taken"):
        machine.web_address()


@pytest.mark.parametrize("nonsense", ["eighty", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(machine, monkeypatch, nonsense):
    monkeypatch.setenv("PORT", nonsense)
    with pytest.raises(PortTaken, match="is not a port"):
        machine.web_address()


def test_a_second_start_learns_the_address_of_the_first(machine):
    machine.address.write_text('{"base_url": "http://127.0.0.1:8123", "port": 8123}')
    with machine.claim(), pytest.raises(AlreadyRunning, match=r"http://127\.0\.0\.1:8123"):
        machine.claim()
    machine.claim().close()


def test_a_long_path_gets_a_socket_elsewhere(tmp_path):
    deep = tmp_path / ("d" * 90)
    assert len(str(places.socket_folder(deep) / places.SOCKET_NAME)) <= places.LONGEST_SOCKET_PATH
    assert places.socket_folder(Path("/x")) == Path("/x/socket")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for PostgreSQL")
def test_as_root_the_account_needs_no_folder_of_the_clone(tmp_path):
    """The clone lies in a folder of mode 700, and no folder above it is opened."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    before = {folder: folder.stat().st_mode for folder in (private, *private.parents)}
    machine = Machine(var=private / "var")
    postgres = Postgres(machine.database, machine.log / "postgres.log", durable=False).start()
    try:
        with postgres.connect() as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("postgres",)
        owner = subprocess.run(
            ["ps", "-o", "user=", "-p", str(postgres.part.pid)], capture_output=True, text=True, check=True
        )
        assert owner.stdout.strip() == places.ACCOUNT
        assert {folder: folder.stat().st_mode for folder in before} == before
        for folder in (postgres.data, postgres.socket):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        postgres.stop()
        machine.wipe()
    assert not machine.database.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only as root the database lies outside the clone")
def test_a_new_clone_does_not_take_over_a_deleted_ones_database(machine):
    machine.database.mkdir()
    (machine.database / "row").write_text("old")
    old = machine.put_leftover_aside()
    try:
        assert (old / "row").read_text() == "old"
        assert not machine.database.exists()
    finally:
        shutil.rmtree(old)


def test_a_database_in_use_is_never_put_aside(machine):
    machine.database.mkdir(parents=True, exist_ok=True)
    (machine.var / "secrets.env").write_text("MASTER_KEY=a")
    assert machine.put_leftover_aside() is None
    assert machine.database.exists()
    machine.wipe()


def test_a_reset_leaves_nothing(machine):
    machine.database.mkdir(parents=True, exist_ok=True)
    (machine.var / "lake").mkdir()
    (machine.var / "secrets.env").write_text("x")
    with machine.claim():
        machine.wipe()
    assert [path.name for path in machine.var.iterdir()] == ["run.lock"]
    assert not machine.database.exists()
