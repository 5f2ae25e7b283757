"""Lists of fault codes as devices tell them, and the spans of time that follow from them. Pure: knows no database.

A list names all codes that stand at its moment. A code's span opens with the first list that has it and ends with the
first that has it no more. Spans follow from the lists in order of their moments, in whatever order they arrive.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

MOST_CODES = 128
CODE = re.compile(r"[PCBU][0-9A-F]{4}")
words = msgspec.json.Decoder(list[str])


@dataclass(frozen=True, slots=True)
class Span:
    """A code that stands, or stood until a list without it: `cleared_at` is that list's moment."""

    code: str
    opened_at: datetime
    last_seen_at: datetime
    cleared_at: datetime | None = None


def parse(value: Any) -> tuple[str, ...] | None:
    """The codes of a list, sorted, each once; None where it is no list of codes.

    Taken as a JSON list, as one written in a string (which DIMO's devices send), or with commas.
    """
    if isinstance(value, str):
        try:
            value = words.decode(value) if value.lstrip().startswith("[") else value.split(",") if value.strip() else []
        except msgspec.DecodeError:
            return None
    if not isinstance(value, list) or len(value) > MOST_CODES or not all(isinstance(code, str) for code in value):
        return None
    codes = {code.strip().upper() for code in value}
    return tuple(sorted(codes)) if all(map(CODE.fullmatch, codes)) else None


def fold(standing: Mapping[str, Span], lists: Iterable[tuple[datetime, Iterable[str]]]) -> list[Span]:
    """Carry spans that stand on through later lists, in order; every span that stood or opened, as it is then."""
    now_standing, ended = dict(standing), []
    for ts, told in lists:
        codes = set(told)
        for code in [code for code in now_standing if code not in codes]:
            ended.append(replace(now_standing.pop(code), cleared_at=ts))
        for code in codes:
            span = now_standing.get(code)
            now_standing[code] = replace(span, last_seen_at=ts) if span else Span(code, ts, ts)
    return sorted([*ended, *now_standing.values()], key=lambda span: (span.opened_at, span.code))
