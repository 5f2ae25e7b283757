"""What a device measured, on disk until the server has answered for it; survives a kill and a loss of power.

A reading is first stored, then put into an event that gets its id, its number and its time once and for all, so that
the same event sent again is known to the server. A number is on disk before anything is signed under it.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from commons_device.errors import DeviceError, Mismatch
from commons_device.readings import Line, Reading, Unreadable, stamp

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (id TEXT PRIMARY KEY, sequence INTEGER NOT NULL UNIQUE, time TEXT NOT NULL,
    subject TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS reading (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, ts TEXT NOT NULL,
    value TEXT NOT NULL, event TEXT REFERENCES event(id));
CREATE INDEX IF NOT EXISTS reading_by_event ON reading(event, id);
CREATE TABLE IF NOT EXISTS rejected (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, name TEXT NOT NULL,
    ts TEXT NOT NULL, value TEXT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL);
"""
STORE = "INSERT INTO reading (name, ts, value) VALUES (?, ?, ?)"
REJECT = "INSERT INTO rejected (at, name, ts, value, code, detail) VALUES (?, ?, ?, ?, ?, ?)"
READINGS_IN_AN_EVENT = 200


class Event(NamedTuple):
    """Readings under an id and a number that stay theirs however often they are sent."""

    id: str
    sequence: int
    time: str
    subject: str
    readings: Sequence[Reading]
    rows: Sequence[int]

    @property
    def members(self) -> dict[str, Any]:
        """What an envelope is made of, besides who signs it when."""
        return {"id": self.id, "sequence": str(self.sequence), "time": self.time, "subject": self.subject}


class Queue:
    """One file of SQLite; every method is one transaction.

    Raises:
        DeviceError: the disk is full, or the file is broken. Nothing was changed then.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.named_faults():
            self.file = sqlite3.connect(path, isolation_level=None, timeout=30)
            self.file.execute("PRAGMA journal_mode = WAL")
            self.file.execute("PRAGMA synchronous = FULL")
            self.file.execute("PRAGMA foreign_keys = ON")
            if self.file.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("it is malformed")
            self.file.executescript(SCHEMA)

    def close(self) -> None:
        self.file.close()

    @contextmanager
    def named_faults(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
                raise DeviceError(f"The disk is full: {self.path} could not grow, and nothing was taken.") from error
            raise DeviceError(
                f"The queue {self.path} cannot be used: {error}. If it is broken, move it away; a new one is begun."
            ) from error

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, on disk when it is left."""
        with self.named_faults():
            self.file.execute("BEGIN IMMEDIATE")
            try:
                yield self.file
                self.file.execute("COMMIT")
            except BaseException:
                if self.file.in_transaction:
                    self.file.execute("ROLLBACK")
                raise

    def setting(self, name: str) -> str:
        with self.named_faults():
            row = self.file.execute("SELECT value FROM setting WHERE name = ?", [name]).fetchone()
        return str(row[0]) if row else ""

    def set(self, **settings: str) -> None:
        with self.change() as file:
            file.executemany("INSERT OR REPLACE INTO setting VALUES (?, ?)", settings.items())

    def add(self, lines: Iterable[Line], *, now: datetime) -> tuple[int, int]:
        """Store readings, and what is none among the rejected; how many of each."""
        good = bad = 0
        with self.change() as file:
            for line in lines:
                if isinstance(line, Unreadable):
                    file.execute(REJECT, (stamp(now), "", "", line.line, "unreadable", line.why))
                    bad += 1
                else:
                    file.execute(STORE, (line.name, line.timestamp, json.dumps(line.value)))
                    good += 1
        return good, bad

    def prepare(self, *, subject: str, most: int, now: datetime, size: int = READINGS_IN_AN_EVENT) -> list[Event]:
        """The oldest events, at most `most`, made of what waits where there are fewer."""
        with self.change() as file:
            known = file.execute("SELECT id FROM event ORDER BY sequence LIMIT ?", [most]).fetchall()
            for _ in range(most - len(known)):
                waiting = file.execute("SELECT id FROM reading WHERE event IS NULL ORDER BY id LIMIT ?", [size])
                if not (rows := waiting.fetchall()):
                    break
                self.gather(rows, subject=subject, now=now)
            return self.events(most)

    def gather(self, rows: Sequence[tuple[int]], *, subject: str, now: datetime) -> None:
        """Put readings into a new event, inside the caller's transaction."""
        event = secrets.token_hex(12)
        number = self.next_number(now)
        self.file.execute("INSERT INTO event VALUES (?, ?, ?, ?)", (event, number, stamp(now), subject))
        self.file.executemany("UPDATE reading SET event = ? WHERE id = ?", [(event, row[0]) for row in rows])

    def next_number(self, now: datetime) -> int:
        """Higher than any before; a queue that was lost begins at the clock, so beyond the numbers of the lost one."""
        last = int(self.setting("sequence") or 0)
        number = max(last + 1, 1) if last else int(now.timestamp() * 1000)
        self.file.execute("INSERT OR REPLACE INTO setting VALUES ('sequence', ?)", [str(number)])
        return number

    def events(self, most: int) -> list[Event]:
        found = []
        for event in self.file.execute("SELECT * FROM event ORDER BY sequence LIMIT ?", [most]).fetchall():
            rows = self.file.execute("SELECT id, name, ts, value FROM reading WHERE event = ? ORDER BY id", event[:1])
            told = rows.fetchall()
            readings = [Reading(name, ts, json.loads(value)) for _, name, ts, value in told]
            name, number, time, subject = event
            found.append(Event(name, number, time, subject, readings, [row[0] for row in told]))
        return found

    def settle(self, events: Sequence[Event], results: Sequence[Mapping[str, Any]], *, now: datetime) -> list[Event]:
        """Delete what the server has answered for, keeping what it refused and why; those that must wait are returned.

        Raises:
            Mismatch: the answer is not about these events.
        """
        if [event.id for event in events] != [result.get("id") for result in results]:
            raise Mismatch
        waiting = []
        with self.change():
            for event, result in zip(events, results, strict=True):
                if result.get("code") == "signedat_out_of_window":
                    waiting.append(event)
                elif result["status"] == "rejected":
                    self.reject(event, range(len(event.rows)), result["code"], result.get("detail", ""), now)
                    self.forget(event)
                else:
                    for gone in result.get("signals", {}).get("rejected", []):
                        self.reject(event, [gone["at"]], gone["code"], "", now)
                    self.forget(event)
        return waiting

    def reject(self, event: Event, places: Iterable[int], code: str, detail: str, now: datetime) -> None:
        told = [event.readings[place] for place in places]
        rows = [(stamp(now), r.name, r.timestamp, json.dumps(r.value), code, detail) for r in told]
        self.file.executemany(REJECT, rows)

    def forget(self, event: Event) -> None:
        self.file.execute("DELETE FROM reading WHERE event = ?", [event.id])
        self.file.execute("DELETE FROM event WHERE id = ?", [event.id])

    def split(self, event: Event, *, now: datetime) -> None:
        """An event that is too large becomes two; one reading that is too large is rejected."""
        with self.change() as file:
            if len(event.rows) == 1:
                self.reject(event, [0], "too_large", "The server takes no message of this size.", now)
                return self.forget(event)
            file.execute("UPDATE reading SET event = NULL WHERE event = ?", [event.id])
            file.execute("DELETE FROM event WHERE id = ?", [event.id])
            half = len(event.rows) // 2
            for rows in (event.rows[:half], event.rows[half:]):
                self.gather([(row,) for row in rows], subject=event.subject, now=now)
        return None

    def status(self) -> dict[str, Any]:
        """How much waits, since when, and what was refused by reason with the newest examples."""
        with self.named_faults():
            waiting, oldest = self.file.execute("SELECT count(*), min(ts) FROM reading").fetchone()
            reasons = "SELECT code, count(*), max(detail) FROM rejected GROUP BY code ORDER BY 2 DESC, 1"
            newest = "SELECT at, name, ts, value, code FROM rejected ORDER BY id DESC LIMIT 10"
            return {
                "waiting": waiting,
                "oldest": oldest,
                "rejected": self.file.execute(reasons).fetchall(),
                "newest": self.file.execute(newest).fetchall(),
            }
