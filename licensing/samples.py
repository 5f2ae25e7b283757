"""What an offer's file looks like, in invented values. No row of a sample was ever measured. Pure."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from vehicles.signals import CELL, Signal, by_name

INVENTED_AT = datetime(2030, 1, 1, 8, tzinfo=UTC)
ROWS = 6
# Ranges in the catalog say what is believable, not what is usual; a sample should not show a car at 290 km/h.
USUAL: dict[str, tuple[float, float]] = {
    "%": (20, 90),
    "km/h": (0, 90),
    "km": (10, 400),
    "°C": (5, 40),
    "V": (11, 14),
    "kPa": (220, 260),
}


def sample_rows(signals: Sequence[str], *, tier: str) -> list[dict[str, Any]]:
    """A few rows of the file's shape; the same offer always shows the same ones."""
    # A seeded generator on purpose: values are invented and repeatable, nothing here is secret.
    dice = random.Random(f"{tier}|{'|'.join(signals)}")  # noqa: S311
    known = [by_name[name] for name in signals]
    rows = []
    for number in range(ROWS):
        signal = known[number % len(known)]
        at = INVENTED_AT + timedelta(minutes=number)
        if tier == "aggregate":
            rows.append(
                {
                    "signal": signal.name,
                    "day": at.date(),
                    "vehicles": dice.randrange(10, 60, 5),
                    "mean": _value(signal, dice) if not signal.codes else round(dice.random(), 2),
                    "word": dice.choice(sorted(signal.codes)) if signal.codes else "",
                }
            )
        else:
            cell = signal.id == CELL
            rows.append(
                {
                    "pid": "SAMPLE" + "ABCDEFGHIJ"[number // 2] * 14,
                    "signal": signal.name,
                    "ts": at,
                    "value": "" if cell else _value(signal, dice),
                    "cell": "87000000affffff" if cell else "",
                }
            )
    return rows


def _value(signal: Signal, dice: random.Random) -> float:
    low, high = USUAL.get(signal.unit, (0.0, 1.0) if signal.type == "bool" else (0.0, 100.0))
    if signal.low is not None and signal.high is not None:
        low, high = max(low, signal.low), min(high, signal.high)
    return round(dice.uniform(low, high), 1)
