"""Telemetry is read from both tiers: `message` lacks days that are sealed, and what came late for them."""

import ast
import re

from tests.architecture.sources import Module, modules

NAMED = re.compile(r"\b(from|join|into|copy|update|only|using|table|truncate)\s+(only\s+)?message\b", re.IGNORECASE)
# Who may name the table beside the store's own modules, and why.
ALLOWED = {
    "vehicles.copying": "writes it",
    "vehicles.telemetry": "compares with open days while it writes them, and deletes from both tiers",
    "vehicles.rollups": "recomputes minutes of open days; asks the store where one is closed",
    "vehicles.latest": "takes the newest of it, of late messages and of the lake",
    "vehicles.exports.readings": "asks which open days hold something, beside late messages and sealed days",
    "licensing.datasets.hot": "streams open days within the store's snapshot, beside the lake's files",
    "licensing.datasets.query": "names a table of DuckDB's so, which holds the messages of both tiers",
    "licensing.datasets.zoning": "asks that table of DuckDB too",
    "licensing.readings_estimate": "counts open days, and asks the store for sealed ones",
}


def named_in(module: Module) -> list[str]:
    """Texts that name the table."""
    return [
        f"{module.path}:{node.lineno}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAMED.search(node.value)
    ]


def test_nobody_reads_the_hot_table_past_the_store():
    past = [
        place
        for module in modules()
        if module.name not in ALLOWED and not module.name.startswith("vehicles.store.")
        for place in named_in(module)
    ]
    assert past == []


def test_who_is_allowed_to_still_names_it():
    naming = {module.name for module in modules() if named_in(module)}
    assert set(ALLOWED) - naming == {"licensing.datasets.hot"}  # by a placeholder


def test_the_ways_to_name_it_are_told_from_words():
    sql = (
        "SELECT ts FROM message",
        "JOIN message m ON",
        "COPY message (ts)",
        "from\n  message WHERE",
        "DELETE FROM message",
    )
    words = ("FROM late_message", "from messages", "the message", "INSERT INTO message_log", "FROM message_20261122")
    assert all(NAMED.search(text) for text in sql)
    assert not any(NAMED.search(text) for text in words)
