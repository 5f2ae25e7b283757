"""Which code runs here."""

import os
import re
import tomllib
from functools import cache
from pathlib import Path

from django.conf import settings


@cache
def code_version() -> str:
    """What built this: CODE_VERSION if set, else the commit of the checkout, else the package's version."""
    if named := os.environ.get("CODE_VERSION"):
        return named
    git = Path(settings.BASE_DIR) / ".git"
    version = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    head = git / "HEAD"
    if not head.is_file():
        return str(version)
    commit = head.read_text("utf-8").strip()
    if commit.startswith("ref: "):
        name = commit.removeprefix("ref: ")
        packed = (git / "packed-refs").read_text("utf-8") if (git / "packed-refs").is_file() else ""
        match = re.search(rf"^([0-9a-f]{{40}}) {re.escape(name)}$", packed, re.MULTILINE)
        commit = (git / name).read_text("utf-8").strip() if (git / name).is_file() else match.group(1) if match else ""
    return f"{version}+{commit[:12]}" if commit else str(version)
