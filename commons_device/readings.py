"""Readings from lines of JSON, from CSV, or made up; what cannot be read is named by its line."""

import csv
import json
import math
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import rfc8785


class Reading(NamedTuple):
    """One signal at one moment (ISO 8601 in UTC)."""

    name: str
    timestamp: str
    value: Any


class Unreadable(NamedTuple):
    """A line that is no reading, and why."""

    line: str
    why: str


Line = Reading | Unreadable


def reading_of(value: Any, now: datetime) -> Reading:
    """A reading from {name, value, timestamp}; without a timestamp it is of now.

    Raises:
        ValueError
    """
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not value["name"]:
        raise ValueError("a reading has a name")
    if "value" not in value:
        raise ValueError("a reading has a value")
    rfc8785.dumps(value["value"])  # what has no canonical form cannot be signed: NaN, numbers beyond 2^53
    return Reading(value["name"], moment(value["timestamp"]) if "timestamp" in value else stamp(now), value["value"])


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(text: Any) -> str:
    """A moment in UTC.

    Raises:
        ValueError
    """
    at = datetime.fromisoformat(text) if isinstance(text, str) else None
    if at is None or at.tzinfo is None:
        raise ValueError("a timestamp is ISO 8601 with its zone, as 2026-11-22T12:00:01Z")
    return stamp(at)


def from_lines(lines: Iterable[str], *, now: datetime | None = None) -> Iterator[Line]:
    """Lines of JSON, a reading each; blank lines are passed over."""
    for line in lines:
        if not line.strip():
            continue
        try:
            yield reading_of(json.loads(line), now or datetime.now(UTC))
        except (ValueError, RecursionError) as error:
            yield Unreadable(line.strip(), str(error))


def from_csv(lines: Iterable[str]) -> Iterator[Line]:
    """A table with columns timestamp, name, value; or timestamp and one column a signal, whose blank cells are none."""
    table = csv.DictReader(lines)
    long = {"name", "value"} <= set(table.fieldnames or ())
    for row in table:
        extra = row.pop(None, None)
        cells = {"": ""} if extra else {name: cell for name, cell in row.items() if name != "timestamp" and cell}
        told = [(row["name"], row["value"])] if long and not extra else list(cells.items())
        for name, cell in told:
            try:
                value = {"name": name, "value": number(cell or ""), "timestamp": row.get("timestamp")}
                yield reading_of(value, datetime.now(UTC))
            except ValueError as error:
                yield Unreadable(json.dumps(row), str(error))


def number(cell: str) -> float | bool | str:
    """A number or a yes or no where a cell is one, else its text."""
    if cell.lower() in {"true", "false"}:
        return cell.lower() == "true"
    try:
        return float(cell)
    except ValueError:
        return cell


def simulated(*, seconds: int, until: datetime, seed: int = 1) -> Iterator[Reading]:
    """A drive north that never was, a message a second: speed, position, odometer."""
    chance, speed, km = random.Random(seed), 30.0, 12_000.0  # noqa: S311 - a made-up drive, no secret
    for step in range(seconds):
        at = stamp(until - timedelta(seconds=seconds - step))
        speed = min(90.0, max(0.0, speed + chance.uniform(-3, 3)))
        km += speed / 3600
        place = {"latitude": round(10 + (km - 12_000) / 111.195, 6), "longitude": 20.0, "hdop": 0.9}
        yield Reading("speed", at, round(speed, 1))
        yield Reading("currentLocationCoordinates", at, place)
        yield Reading("powertrainTransmissionTravelledDistance", at, math.floor(km * 1000) / 1000)
