"""Fetch the browser's libraries from their published npm tarballs into static/vendor; nothing else writes there.

`python scripts/vendor.py` needs `npm` and a network. A file whose hash differs from the one already listed for the
same version is refused: a published version does not change.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
LISTING = VENDOR / "VENDOR.toml"


class Library(NamedTuple):
    package: str
    version: str
    license: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        return f"{self.package.rsplit('/', 1)[-1].removesuffix('.org')}-{self.version}"

    @property
    def upstream(self) -> str:
        return f"npm:{self.package}@{self.version}"


LIBRARIES = (
    Library("htmx.org", "4.0.1", "0BSD", ("dist/htmx.min.js", "dist/ext/hx-sse.min.js", "LICENSE")),
    Library("uplot", "1.6.32", "MIT", ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE")),
    Library(
        "maplibre-gl",
        "6.17.0",
        "BSD-3-Clause",
        ("dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css", "LICENSE.txt"),
    ),
    Library("@fontsource-variable/geist", "5.3.0", "OFL-1.1", ("files/geist-latin-wght-normal.woff2", "LICENSE")),
    Library(
        "@fontsource-variable/geist-mono",
        "5.3.0",
        "OFL-1.1",
        ("files/geist-mono-latin-wght-normal.woff2", "LICENSE"),
    ),
)


def listed() -> dict[str, str]:
    """Hash by file, as written the last time."""
    if not LISTING.exists():
        return {}
    return {entry["file"]: entry["sha256"] for entry in tomllib.loads(LISTING.read_text())["asset"]}


def fetch(library: Library, scratch: Path) -> dict[str, bytes]:
    """The wanted files of a library's tarball, by file name."""
    packed = subprocess.run(  # noqa: S603 - fixed arguments
        ["npm", "pack", "--json", "--silent", f"{library.package}@{library.version}"],  # noqa: S607
        cwd=scratch,
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(packed.stdout)
    entry = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    with tarfile.open(scratch / entry["filename"]) as tarball:
        members = {name: tarball.extractfile(f"package/{name}") for name in library.files}
        return {Path(name).name: member.read() for name, member in members.items() if member}


def table(library: Library, file: str, digest: str) -> str:
    fields = {
        "name": library.package,
        "version": library.version,
        "file": file,
        "sha256": digest,
        "license": library.license,
        "upstream": library.upstream,
    }
    return "[[asset]]\n" + "".join(f'{key} = "{value}"\n' for key, value in fields.items())


def main() -> int:
    before, tables = listed(), []
    fetched: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for library in LIBRARIES:
            for name, content in fetch(library, Path(scratch)).items():
                file, digest = f"{library.folder}/{name}", hashlib.sha256(content).hexdigest()
                if before.get(file, digest) != digest:
                    print(f"{file} changed upstream: {before[file]} is now {digest}", file=sys.stderr)  # noqa: T201
                    return 1
                fetched[file] = content
                tables.append(table(library, file, digest))
    shutil.rmtree(VENDOR, ignore_errors=True)
    for file, content in fetched.items():
        path = VENDOR / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    LISTING.write_text("# Written by scripts/vendor.py; a test recomputes every hash.\n\n" + "\n".join(tables))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
