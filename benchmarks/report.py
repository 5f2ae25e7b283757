"""Where figures are written: benchmarks/results.json, one entry a figure."""

import fcntl
import json
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")


def record(name: str, value: float, unit: str, limit: float | None = None, ratio: float | None = None) -> None:
    """Write one figure down and print it; other figures stay, also when several benchmarks run at once.

    `limit` is what was promised (of the ratio where there is one, else of the value), `ratio` the figure against its
    yardstick, measured in the same run.
    """
    entry = {"value": rounded(value), "unit": unit, "limit": limit, "ratio": None if ratio is None else rounded(ratio)}
    with RESULTS.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        results = json.loads(text) if text else {}
        results[name] = entry
        file.truncate(0)
        file.write(json.dumps(dict(sorted(results.items())), indent=2) + "\n")
    print(f"{name}: {entry}")


def rounded(value: float) -> float:
    return float(f"{value:.4g}")
