"""Whether work that a start would repeat is still good."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dimo.runtime.machine import PROJECT


@dataclass(frozen=True)
class Stamp:
    """Holds as long as the files that the work was made from, and the installed packages, are the same."""

    path: Path
    folders: Sequence[Path]
    pattern: str

    def fingerprint(self) -> str:
        seen = hashlib.sha256((PROJECT / "requirements.txt").read_bytes())
        for file in sorted(path for folder in self.folders for path in folder.glob(self.pattern) if path.is_file()):
            seen.update(f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}\n".encode())
        return seen.hexdigest()

    def holds(self) -> bool:
        return self.path.exists() and self.path.read_text() == self.fingerprint()

    def set(self) -> None:
        self.path.write_text(self.fingerprint())
