"""What every column of an export means, for people (README.md) and for programs (data-dictionary.json)."""

from vehicles import kinds, signals, words
from vehicles.exports.tables import Column, Table, registered
from vehicles.quality import Flag
from vehicles.signals import Signal

FORMAT = "commons.export/1"
READINGS = (
    Column("signal", "text", "The signal's name, as listed under signals below"),
    Column("time", "moment", "When it was measured, in UTC"),
    Column("value", "number", "The value in the signal's unit; of an enumeration its code, of yes or no 1 or 0"),
    Column("label", "text", "What the value means where it is a code or an area; empty for plain numbers"),
    Column("source", "integer", "Which source told it, as listed in the table sources"),
    Column("doubts", "text", "Why we doubt the value, in words, separated by semicolons; empty where we do not"),
)
WIDE = (
    Column("time_utc", "moment", "When it was measured, in UTC; one row for each moment and source"),
    Column("source", "integer", "Which source told it, as listed in the table sources"),
    Column("<signal> [<unit>]", "number", "One column for each signal of the month; of a code its name"),
    Column("doubts", "text", "Signals of the row that we doubt, as “name: reason”, separated by semicolons"),
)
README = """# Your data

Made for {owner} on {day}. It holds everything that your account holds, and of vehicles that you handed over your own
time with them alone. All times are UTC; numbers have a decimal point; text is UTF-8.

- `vehicles/<vehicle>/readings/<month>.parquet`: everything that was measured, one row for each signal and moment.
- `vehicles/<vehicle>/readings/<month>.csv`: the same for spreadsheets, a row for each moment and a column for each
  signal. A month of more than a million rows is continued in `<month>-2.csv` and so on.
- `tables/<name>.csv` and `tables/<name>.parquet`: the tables below.
- `data-dictionary.json`: every column and signal with type, unit and meaning, for programs.
- `contents.json`: every file with its size and SHA-256.

To bring readings back into an account, import this archive or any of its monthly CSV files as “Our own export”.

## Tables

{tables}

## Signals

{signals}
"""


def column(of: Column) -> dict[str, str]:
    """One column, as the dictionary says it."""
    return {"name": of.name, "type": of.kind, "unit": of.unit, "meaning": of.about}


def signal(of: Signal) -> dict[str, object]:
    """One signal, from its catalog."""
    return {
        "name": of.name,
        "title": of.title,
        "type": of.type,
        "unit": of.unit,
        "vss_path": of.path,
        "kind_of_device": of.kind,
        "class": of.signal_class,
        "codes": dict(of.codes),
    }


def described(*, tables: list[Table] | None = None) -> dict[str, object]:
    """The data dictionary, whole: readings, tables, signals, doubts and kinds of devices."""
    return {
        "format": FORMAT,
        "readings_parquet": [column(each) for each in READINGS],
        "readings_csv": [column(each) for each in WIDE],
        "tables": [
            {"name": table.name, "row": table.about, "columns": [column(each) for each in table.columns]}
            for table in tables or registered()
        ],
        "signals": [signal(each) for each in signals.catalog if each.numeric],
        "doubts": {str(flag.name).lower(): words.doubt(str(flag.name).lower()) for flag in Flag},
        "kinds_of_devices": sorted(kinds.signals),
    }


def readme(*, owner: str, day: str) -> str:
    """What a person reads first."""
    tables = "\n".join(f"- **{table.name}**: {table.about}" for table in registered())
    told = [each for each in signals.catalog if each.numeric]
    lines = "\n".join(f"- `{each.name}`: {each.title}{f' ({each.unit})' if each.unit else ''}" for each in told)
    return README.format(owner=owner, day=day, tables=tables, signals=lines)
