"""A misspelled icon would break a page when it is drawn, maybe in a branch that no test draws."""

import re
from pathlib import Path

import lucide
import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
NAMED = re.compile(r"""(?:{%\s*icon\s+|\bicon=|<c-icon\s+name=)["']([a-z0-9-]+)["']""")
USES = sorted({(name, page) for page in TEMPLATES.rglob("*.html") for name in NAMED.findall(page.read_text())})


@pytest.mark.parametrize(("name", "page"), USES, ids=lambda use: use if isinstance(use, str) else use.name)
def test_every_icon_exists(name: str, page: Path) -> None:
    assert "<svg" in lucide._render_icon(name, 16), page
