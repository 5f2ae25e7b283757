"""The project's own modules, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("dimo", "vehicles", "unions", "licensing", "rewards")  # from the ground up
URLS, DOORS, FORMS, RULES, SELECTORS, MODELS, PURE = range(7, 0, -1)
FRAMEWORKS = {"django", "rest_framework", "celery", "psycopg", "duckdb", "adbc_driver_postgresql"}
FLOORS = {
    **dict.fromkeys(("urls", "api_urls"), URLS),
    **dict.fromkeys(("views", "pages", "admin", "api", "tasks", "management", "admin_site", "operations"), DOORS),
    **dict.fromkeys(("forms", "serializers", "apps", "templatetags"), FORMS),
    "selectors": SELECTORS,
    "models": MODELS,
}


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def floor(self) -> int:
        return floor_of(self.name)

    def imports(self) -> Iterator[str]:
        """Everything it imports, also inside functions, as dotted names."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named_floor(name: str) -> int | None:
    """By the name of the module or of the folder it lies in: `import_tasks` is a door as `tasks` is."""
    parts = (word for part in name.split(".")[1:] for word in (part, part.rpartition("_")[2]))
    return next((FLOORS[part] for part in parts if part in FLOORS), None)


@cache
def by_name() -> dict[str, Module]:
    return {each.name: each for each in modules()}


def module_of(name: str) -> Module | None:
    """The module that a dotted name lies in, or is."""
    known = by_name()
    return known.get(name) or known.get(name.rpartition(".")[0])


@cache
def impure() -> frozenset[str]:
    """Modules that have a floor's name, use a framework, or import of their own room what does."""
    within = {
        each.name: {found.name for name in each.imports() if (found := module_of(name)) and found.room == each.room}
        for each in modules()
    }
    found = {
        each.name
        for each in modules()
        if named_floor(each.name) or FRAMEWORKS & {name.partition(".")[0] for name in each.imports()}
    }
    while more := {name for name, own in within.items() if own & found} - found:
        found |= more
    return frozenset(found)


def is_pure(name: str) -> bool:
    """Arithmetic and plain records."""
    module = module_of(name)
    return module is not None and module.name not in impure()


def floor_of(name: str) -> int:
    """What has no floor's name is a rule, or lies below everything if it is pure."""
    return named_floor(name) or (PURE if is_pure(name) else RULES)


@cache
def modules() -> tuple[Module, ...]:
    """Every module of every room, without migrations."""
    found = []
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*.py")):
            relative = path.relative_to(PROJECT)
            if "migrations" in relative.parts:
                continue
            source = path.read_text()
            name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
            found.append(Module(name, relative, ast.parse(source), len(source.splitlines())))
    return tuple(found)


def test_files() -> list[Path]:
    return sorted((PROJECT / "tests").rglob("*.py"))


test_files.__test__ = False  # type: ignore[attr-defined]  # pytest collects by name
modules()  # read while tests are collected: after a browser's greenlets, CPython 3.11 may refuse to build syntax trees
