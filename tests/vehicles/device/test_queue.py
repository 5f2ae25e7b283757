"""The client's queue, key and readings: nothing is lost, nothing is numbered twice, faults have words."""

import json
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commons_device import keys, readings
from commons_device.__main__ import main
from commons_device.errors import DeviceError
from commons_device.queue import Queue
from commons_device.readings import Reading, Unreadable

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
AT = "2026-11-22T12:00:01Z"
SUBJECT = "urn:uuid:00000000-0000-4000-8000-000000000001"


def some(count, start=0):
    return [Reading("speed", AT, float(start + n)) for n in range(count)]


@pytest.fixture
def queue(tmp_path):
    return Queue(tmp_path / "queue.sqlite")


def prepared(queue, most=10, size=3):
    return queue.prepare(subject=SUBJECT, most=most, now=NOW, size=size)


def accepted(events):
    return [{"id": event.id, "status": "accepted", "signals": {"rejected": []}} for event in events]


def test_a_power_cut_finds_everything_on_disk(queue):
    modes = [queue.file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]  # FULL: on disk before a transaction is told to be done


def test_an_event_keeps_its_id_number_and_readings_however_often_it_is_asked_for(queue):
    queue.add(some(7), now=NOW)
    first = prepared(queue)
    assert [len(event.readings) for event in first] == [3, 3, 1]
    assert prepared(Queue(queue.path)) == first
    queue.add(some(2, start=7), now=NOW)
    assert prepared(queue)[:3] == first


def test_numbers_rise_and_none_is_used_again_even_when_the_queue_is_lost(queue):
    queue.add(some(6), now=NOW)
    events = prepared(queue)
    queue.settle(events, accepted(events), now=NOW)
    queue.add(some(3), now=NOW)
    (third,) = prepared(queue)
    assert events[0].sequence < events[1].sequence < third.sequence
    later = Queue(queue.path.with_name("another.sqlite"))
    later.add(some(1), now=NOW)
    (fresh,) = later.prepare(subject=SUBJECT, most=1, now=NOW.replace(minute=1))
    assert fresh.sequence > third.sequence
    assert fresh.sequence < 10**18  # what the server takes


def test_what_is_answered_for_goes_and_what_is_refused_is_kept_with_its_reason(queue):
    queue.add(some(9), now=NOW)
    one, two, three = events = prepared(queue)
    results = [
        {"id": one.id, "status": "accepted", "signals": {"rejected": [{"at": 1, "name": "speed", "code": "too_old"}]}},
        {"id": two.id, "status": "rejected", "code": "not_paired", "detail": "Not this vehicle."},
        {"id": three.id, "status": "duplicate"},
    ]
    assert queue.settle(events, results, now=NOW) == []
    told = queue.status()
    assert (told["waiting"], told["oldest"]) == (0, None)
    assert told["rejected"] == [("not_paired", 3, "Not this vehicle."), ("too_old", 1, "")]
    assert {json.loads(value) for _, _, _, value, _ in told["newest"]} == {1.0, 3.0, 4.0, 5.0}


@pytest.mark.parametrize("results", [[], [{"id": "other", "status": "accepted"}], [{}, {}], [{"id": None}]])
def test_an_answer_about_something_else_strikes_out_nothing(queue, results):
    queue.add(some(2), now=NOW)
    with pytest.raises(DeviceError):
        queue.settle(prepared(queue), results, now=NOW)
    assert queue.status()["waiting"] == 2


def test_half_an_answer_changes_nothing(queue):
    queue.add(some(6), now=NOW)
    events = prepared(queue)
    results = [*accepted(events[:1]), {"id": events[1].id}]
    with pytest.raises(KeyError):
        queue.settle(events, results, now=NOW)
    assert prepared(queue) == events


def test_a_full_disk_is_said_and_nothing_is_taken_by_halves(queue):
    queue.add(some(10), now=NOW)
    pages = queue.file.execute("PRAGMA page_count").fetchone()[0]
    queue.file.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DeviceError, match="disk is full"):
        queue.add(some(20_000), now=NOW)
    assert queue.status()["waiting"] == 10


@pytest.mark.parametrize("content", [b"this is no queue" * 200, b"SQLite format 3\0" + b"\x07" * 8000])
def test_a_broken_queue_is_said_and_not_replaced(tmp_path, content, capsys):
    path = tmp_path / "queue.sqlite"
    path.write_bytes(content)
    assert main(["--home", str(tmp_path), "status"]) == 1
    assert "move it away" in capsys.readouterr().err
    assert path.read_bytes() == content


def test_a_queue_with_a_damaged_page_is_said(queue):
    queue.add(some(3000), now=NOW)
    queue.file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    queue.close()
    content = bytearray(queue.path.read_bytes())
    content[3 * 4096 : 3 * 4096 + 64] = b"\xff" * 64
    queue.path.write_bytes(content)
    with pytest.raises(DeviceError, match="broken"):
        Queue(queue.path).add(some(1), now=NOW)


def test_a_key_is_for_its_owner_alone_and_never_replaced(tmp_path, capsys):
    home = ["--home", str(tmp_path / "home")]
    assert main([*home, "new"]) == 0
    path = tmp_path / "home" / "key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    printed = capsys.readouterr().out.strip()
    key = path.read_text()
    assert main([*home, "new"]) == 1
    assert path.read_text() == key
    path.chmod(0o640)
    assert main([*home, "address"]) == 1
    assert "chmod 600" in capsys.readouterr().err
    path.chmod(0o600)
    assert main([*home, "address"]) == 0
    assert capsys.readouterr().out.strip() == printed
    path.write_text("no key")
    with pytest.raises(DeviceError, match="64 hexadecimal"):
        keys.load_key(path)


def test_lines_of_json_are_readings_or_named():
    lines = [
        '{"name":"speed","timestamp":"2026-11-22T13:00:01+01:00","value":5}',
        "",
        '{"name":"isIgnitionOn","value":true}',
        "no json",
        "[1]",
        '{"name":"speed","timestamp":"2026-11-22T13:00:01","value":5}',
        '{"name":"speed","value":NaN}',
        '{"name":"speed","value":1e999}',
        '{"name":"","value":1}',
        '{"name":"speed"}',
        "[" * 100_000,
    ]
    told = list(readings.from_lines(lines, now=NOW))
    assert told[:2] == [Reading("speed", AT, 5), Reading("isIgnitionOn", "2026-11-22T12:00:00Z", True)]
    assert all(isinstance(line, Unreadable) and line.why for line in told[2:])
    assert len(told) == 10


def test_tables_are_read_in_both_shapes():
    long = ["timestamp,name,value\n", f"{AT},speed,5.5\n", f"{AT},isIgnitionOn,true\n", "never,speed,1\n"]
    wide = ["timestamp,speed,powertrainType\n", f"{AT},5.5,\n", f"{AT},,ELECTRIC\n", f"{AT},1,2,3\n"]
    assert list(readings.from_csv(long))[:2] == [Reading("speed", AT, 5.5), Reading("isIgnitionOn", AT, True)]
    assert isinstance(list(readings.from_csv(long))[2], Unreadable)
    told = list(readings.from_csv(wide))
    assert told[:2] == [Reading("speed", AT, 5.5), Reading("powertrainType", AT, "ELECTRIC")]
    assert [type(line) for line in told[2:]] == [Unreadable]


def test_what_cannot_be_read_is_kept_among_the_rejected(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", ["nonsense\n", '{"name":"speed","value":1}\n'])
    assert main(["--home", str(tmp_path), "add"]) == 0
    assert main(["--home", str(tmp_path), "status"]) == 0
    said = capsys.readouterr().out
    assert "1 readings queued, 1 lines could not be read." in said
    assert "1 refused: unreadable" in said


def test_the_client_runs_where_there_is_nothing_else_of_ours(tmp_path):
    package = Path(keys.__file__).parent
    (tmp_path / "copied").mkdir()
    for module in package.glob("*.py"):
        (tmp_path / "copied" / "commons_device").mkdir(exist_ok=True)
        (tmp_path / "copied" / "commons_device" / module.name).write_text(module.read_text())
    script = (
        "import sys; from commons_device.__main__ import main;"
        f"code = main(['--home', {str(tmp_path)!r}, 'new']);"
        "import commons_device.sending;"
        "assert not {'django', 'vehicles', 'dimo'} & set(sys.modules), sys.modules; sys.exit(code)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path / "copied", env={"PATH": "/usr/bin"}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().startswith("0x")


def test_two_writers_of_one_queue_lose_nothing(queue):
    other = Queue(queue.path)
    for number in range(20):
        (queue, other)[number % 2].add(some(5), now=NOW)
    assert sqlite3.connect(queue.path).execute("SELECT count(*) FROM reading").fetchone() == (100,)
