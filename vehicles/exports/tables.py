"""What an export's tables are: columns with a type, a unit and a meaning each, and the rows of one person."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from dimo.errors import DomainError
from dimo.users.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet

Kind = Literal["text", "integer", "number", "money", "moment", "day", "yes/no", "json"]


class TableTwice(DomainError):
    """Two tables of the export have one name."""


class Column(NamedTuple):
    """One column: what a reader must know to use it. `unit` is empty where there is none."""

    name: str
    kind: Kind
    about: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """One table of the export: its file's name, what a row is, and how a person's rows are found."""

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: Callable[[User], Iterable[Sequence[object]]]


_tables: dict[str, Table] = {}


def register(*tables: Table) -> None:
    """Add tables to everybody's export; called in `AppConfig.ready`. The same table again replaces it.

    Raises:
        TableTwice
    """
    for table in tables:
        if (known := _tables.get(table.name)) is not None and known.about != table.about:
            raise TableTwice(table.name)
        _tables[table.name] = table


def registered() -> list[Table]:
    """All tables, in the order in which they were registered."""
    return list(_tables.values())


class At(NamedTuple):
    """A column and the field it is read from, as Django's lookups spell it."""

    column: Column
    path: str


def at(name: str, kind: Kind, about: str, *, unit: str = "", path: str = "") -> At:
    """A column that is read from a field; of the same name unless `path` says otherwise."""
    return At(Column(name, kind, about, unit), path or name)


def listed(name: str, about: str, rows: "Callable[[User], QuerySet[Any]]", *columns: At) -> Table:
    """A table whose rows are a query's, read field by field without a model instance for each."""

    def values(user: User) -> Iterable[Sequence[object]]:
        return rows(user).values_list(*(each.path for each in columns)).iterator(chunk_size=2000)

    return Table(name, about, tuple(each.column for each in columns), values)
