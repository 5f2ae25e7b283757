"""What a page of ours may weigh, zipped; libraries are listed apart (test_vendor.py)."""

import gzip
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
KB = 1024


def zipped(pattern: str) -> dict[str, int]:
    """Bytes of our own files, by name."""
    return {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in STATIC.glob(pattern)}


@pytest.mark.parametrize(("pattern", "most"), [("*.css", 12 * KB), ("phone/*.css", 3 * KB), ("js/phone/*.js", 15 * KB)])
def test_our_own_files_stay_light(pattern: str, most: int) -> None:
    assert 0 < sum(zipped(pattern).values()) <= most


def test_modules_stay_light_as_no_page_loads_all_of_them() -> None:
    """Every page has the shell; charts, plots and maps come with the pages that draw them."""
    sizes = zipped("js/*.js")
    assert sizes["shell.js"] + sizes["theme.js"] <= 3 * KB
    assert {name: size for name, size in sizes.items() if size > 4.5 * KB} == {}


def test_no_color_is_written_outside_the_tokens_except_on_the_dark_card() -> None:
    """A hex color in a component would not follow the theme; the map's speed ramp is the same in both."""
    ramp = {"#1f9d8b", "#e9b949", "#e4572e"}
    for name in ("app.css", "pages.css", "phone/phone.css"):
        words = (STATIC / name).read_text().replace(";", " ").replace(",", " ").replace(")", " ").split()
        colors = {word for word in words if word.startswith("#") and len(word) in (4, 7)}
        assert colors <= ramp, name
