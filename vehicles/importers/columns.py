"""Any CSV file, read by a plan that its owner has looked at: which column is what, in which unit, told how. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from vehicles import signals
from vehicles.importers import clock, moments, sniffing, table, units
from vehicles.importers.parsed import Car, Export, FileRefused, Format, Found, Parsed, Rejected, ZoneMissing
from vehicles.readings import Message
from vehicles.signals import Signal

YES, NO = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})

Row = tuple[int, list[str]]


class PlanMissing(FileRefused):
    """Say first which column is what."""


class PlanUnfit(FileRefused):
    """The choices do not fit the file."""

    status: ClassVar[int] = 422


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a column holds: a signal by its name, in a unit of `units.units_for`."""

    signal: str
    unit: str = ""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to read a file. `time` names the column of moments, `time_of_day` another where the first is the date alone.

    `zoned`: the moments name their zone or need none; else they are local.
    """

    delimiter: str
    header: list[str]
    time: str
    clock: str
    columns: dict[str, Column]
    time_of_day: str = ""
    zoned: bool = False
    decimal_comma: bool = False


def check(plan: Plan) -> None:
    """Refuse a plan that cannot be followed.

    Raises:
        PlanUnfit: with the column in `field`
    """
    for named in filter(None, (plan.time, plan.time_of_day, *plan.columns)):
        if named not in plan.header:
            raise PlanUnfit(f"The file has no column “{named}”.", field=named)
    if not plan.time:
        raise PlanUnfit("Choose the column that holds the time.", field="time")
    if plan.clock not in moments.WORDS:
        raise PlanUnfit("Choose how the time is written.", field="clock")
    if not plan.columns:
        raise PlanUnfit("Choose at least one column that holds a reading.", field="columns")
    taken: dict[str, str] = {}
    for name, column in plan.columns.items():
        signal = signals.by_name.get(column.signal)
        if signal is None or not signal.numeric:
            raise PlanUnfit(f"“{name}” is set to a signal that we do not keep.", field=name)
        if units.step(signal, column.unit) is None:
            raise PlanUnfit(f"{signal.title} is not measured in “{column.unit}”.", field=name)
        if column.signal in taken:
            raise PlanUnfit(f"“{taken[column.signal]}” and “{name}” are both set to {signal.title}.", field=name)
        taken[column.signal] = name


def parse(export: Export) -> Iterator[Found]:
    """The car, its messages and refusals, by `export.plan`; a row that cannot be read is refused by itself.

    Raises:
        PlanMissing, PlanUnfit, ZoneMissing, ClockContradictsZone, FileRefused
    """
    plan = plan_of(export)
    if not plan.zoned and export.zone is None:
        raise ZoneMissing(field="timezone")
    readers = [(plan.header.index(name), reader_of(column, plan)) for name, column in plan.columns.items()]
    car = car_of(export, plan)
    yield car
    refused: list[Rejected] = []
    rows = timed(export, plan, car.key, refused)
    told = aware(rows) if plan.zoned else clock.moments(rows, zone=export.zone)  # type: ignore[arg-type]
    for local, (line, cells) in told:
        yield from refused
        refused.clear()
        if local.moment is None:
            yield Rejected(line, local.code, vehicle_key=car.key)
            continue
        values: dict[int, float] = {}
        for at, (signal, read) in readers:
            try:
                value = read(cells[at])
            except ValueError:
                yield Rejected(line, "not_a_number", signal.name, car.key)
                continue
            if value is not None:
                values[signal.id] = value
        yield (
            Parsed(line, car.key, "", Message(local.moment, values))
            if values
            else Rejected(line, "blank_row", vehicle_key=car.key)
        )
    yield from refused


def car_of(export: Export, plan: Plan) -> Car:
    """Files with the same columns come from the same logger, so from the same car unless its owner says otherwise."""
    key = sha256("\n".join(plan.header).encode()).hexdigest()[:16]
    return Car(f"columns-{key}", Path(export.name).stem[:60])


def plan_of(export: Export) -> Plan:
    if export.plan is None:
        raise PlanMissing
    try:
        plan = msgspec.convert(export.plan, Plan)
    except msgspec.ValidationError as error:
        raise PlanUnfit(f"The choices cannot be read: {error}.") from error
    check(plan)
    return plan


def timed(export: Export, plan: Plan, key: str, refused: list[Rejected]) -> Iterator[tuple[int, datetime, Row]]:
    """Rows whose moment can be read; of the others each is refused."""
    wanted = [plan.header.index(name) for name in filter(None, (plan.time, plan.time_of_day))]
    with sniffing.reading(export.path, plan.delimiter) as (header, reader):
        if header != plan.header:
            raise PlanUnfit("The file's first line is another one than the choices were made for.", line=1)
        for cells in filter(None, reader):
            line = reader.line_num
            if len(cells) != len(header):
                refused.append(Rejected(line, "wrong_cells", vehicle_key=key))
                continue
            try:
                moment = moments.read(" ".join(cells[at].strip() for at in wanted), plan.clock)
            except (ValueError, OverflowError):
                refused.append(Rejected(line, "bad_time", vehicle_key=key))
                continue
            if (moment.tzinfo is None) is plan.zoned:
                refused.append(Rejected(line, "bad_time", vehicle_key=key))
                continue
            yield line, moment, (line, [cell.strip() for cell in cells])


def aware(rows: Iterator[tuple[int, datetime, Row]]) -> Iterator[tuple[clock.Local, Row]]:
    return ((clock.Local(moment, ""), row) for _, moment, row in rows)


def reader_of(column: Column, plan: Plan) -> tuple[Signal, Any]:
    """The signal of a column and what turns its cell into the catalog's value, None where it is blank."""
    signal = signals.by_name[column.signal]
    step = units.step(signal, column.unit) or units.SAME
    words: Mapping[str, float] = {name.lower(): float(code) for name, code in signal.codes.items()}
    if signal.type == "bool":
        words = dict.fromkeys(YES, 1.0) | dict.fromkeys(NO, 0.0)

    def read(cell: str) -> float | None:
        if cell.lower() in words:
            return words[cell.lower()]
        value = table.number(cell.replace(",", ".") if plan.decimal_comma else cell)
        return None if value is None else step.apply(value)

    return signal, read


def preview(export: Export, *, rows: int) -> list[Found]:
    """What the first rows of a file become, refusals among them.

    Raises:
        PlanMissing, PlanUnfit, ZoneMissing, ClockContradictsZone, FileRefused
    """
    found: list[Found] = []
    seen: set[int] = set()
    for item in parse(export):
        if isinstance(item, Car):
            continue
        if item.row not in seen and len(seen) == rows:
            break
        seen.add(item.row)
        found.append(item)
    return found


FORMAT = Format("columns", parse, (".csv", ".tsv", ".txt"), needs_zone=False, asks=True)
