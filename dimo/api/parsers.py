"""JSON bodies, bounded in size and depth, and free of characters that no database can store."""

import re
from collections.abc import Mapping
from io import BytesIO
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import parsers
from rest_framework.exceptions import ParseError

DEEPEST = 64
TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
NO_BRACKETS = bytes(set(range(256)) - set(STEPS))
SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")  # NUL, or half of a surrogate pair


def is_too_deep(content: bytes) -> bool:
    """Whether arrays and objects lie deeper than 64 in each other.

    Asked before parsing: the standard parser recurses in C, and where a library has raised Python's recursion
    limit, a deep enough body would overflow the stack and end the process.
    """
    if content.count(b"[") + content.count(b"{") <= DEEPEST:
        return False
    brackets = TEXTS.sub(b"", content).translate(None, NO_BRACKETS)
    return max(accumulate(STEPS[bracket] for bracket in brackets), default=0) > DEEPEST


def is_storable(value: Any) -> bool:
    """Whether every text inside can be encoded and has no NUL. Without recursion: depth costs nothing."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if "\0" in item or any("\ud800" <= letter <= "\udfff" for letter in item):
                return False
        elif isinstance(item, Mapping):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return True


class JSONParser(parsers.JSONParser):
    """The framework's parser reads any size; this one stops at DATA_UPLOAD_MAX_MEMORY_SIZE."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        content = stream.read(limit + 1)
        if len(content) > limit:
            raise RequestDataTooBig
        if is_too_deep(content):
            raise ParseError(f"Arrays and objects may lie at most {DEEPEST} deep in each other.")
        value = super().parse(BytesIO(content), media_type, parser_context)
        if SUSPICIOUS.search(content) and not is_storable(value):
            raise ParseError("Texts may not contain the character NUL or half of a surrogate pair.")
        return value
