"""`make bench`: run every benchmark, or those named, one after the other.

Each is a module `benchmarks/<name>.py` with a `main()` that starts services of its own, writes its figures by
`benchmarks.report.record` and raises SystemExit when one is over its limit.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from benchmarks.report import RESULTS

FOLDER = Path(__file__).parent


def names() -> list[str]:
    found = (path for path in FOLDER.glob("*.py") if path != Path(__file__))
    return sorted(path.stem for path in found if "\ndef main(" in path.read_text())


def show() -> None:
    for name, figure in json.loads(RESULTS.read_text()).items():
        words = [f"{figure['value']:>12,g} {figure['unit']:<12}"]
        words += [f"{key} {figure[key]:g}" for key in ("ratio", "limit") if figure[key] is not None]
        print(f"{name:<64} {'  '.join(words)}")


def main(asked: list[str]) -> int:
    if unknown := sorted(set(asked) - set(names())):
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(names())}")
        return 2
    failed = []
    for name in asked or names():
        print(f"— {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=FOLDER.parent, check=False).returncode:
            failed.append(name)
    show()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}; written to benchmarks/{RESULTS.name}")
    if failed:
        print(f"over a limit, or ended early: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
