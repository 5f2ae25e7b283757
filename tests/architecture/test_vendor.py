"""What browsers run and we did not write: listed, unchanged, and under a license we accept."""

import hashlib
import tomllib
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
ASSETS = tomllib.loads((VENDOR / "VENDOR.toml").read_text())["asset"]
ACCEPTED = {"0BSD", "MIT", "BSD-3-Clause", "OFL-1.1"}


@pytest.mark.parametrize("asset", ASSETS, ids=lambda asset: asset["file"])
def test_a_vendored_file_is_the_one_that_was_listed(asset: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / asset["file"]).read_bytes()).hexdigest() == asset["sha256"]
    assert asset["license"] in ACCEPTED
    assert asset["upstream"] == f"npm:{asset['name']}@{asset['version']}"


def test_nothing_lies_there_unlisted() -> None:
    lying = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert lying == {asset["file"] for asset in ASSETS} | {"VENDOR.toml"}


def test_every_library_comes_with_its_license() -> None:
    folders = {asset["file"].split("/")[0] for asset in ASSETS}
    with_license = {path.parent.name for path in VENDOR.glob("*/LICENSE*")}
    assert folders == with_license
