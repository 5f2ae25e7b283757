"""Logs as one JSON object per line, without what must not be written down."""

import logging
import logging.config
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

HIDDEN = "[hidden]"
SECRET_NAMES = re.compile(
    r"(?i)(password|passwd|secret|token|authorization|cookie|csrf|session|api_?key|private|mnemonic|signature|master_key)"
)
PERSONAL_NAMES = re.compile(
    r"(?i)^(e?mail|email_address|username|vin|lat|lon|lng|latitude|longitude|coordinates?|location|position|h3|geometry)$"
)
PATTERNS = (
    re.compile(r"du_live_[A-Za-z0-9]+_[A-Za-z0-9_-]+"),
    re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"),
    re.compile(r"-?\b\d{1,3}\.\d{4,}\s*[,;/ ]\s*-?\d{1,3}\.\d{4,}"),  # two decimal degrees side by side
    re.compile(r"\b(?:0x)?[0-9a-fA-F]{64}\b"),  # private keys; hashes are shortened by whoever logs them
    re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # user and password inside an address
)
PATH = re.compile(r": /\S*")


def hide(value: Any, name: str = "") -> Any:
    """The value without keys, secrets, email addresses and coordinates, at any depth."""
    if name and (SECRET_NAMES.search(name) or PERSONAL_NAMES.match(name)):
        return HIDDEN
    if isinstance(value, str):
        for pattern in PATTERNS:
            value = pattern.sub(HIDDEN, value)
        return value
    if isinstance(value, Mapping):
        return {str(key): hide(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [hide(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return hide(str(value))


def redact(logger: object, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The last step before a line is rendered. Django's own lines lose the path: our request log names the route."""
    if str(event.get("logger", "")).startswith("django."):
        event.pop("request", None)
        event["event"] = PATH.sub(": [path]", str(event.get("event", "")))
    for name in list(event):
        event[name] = hide(event[name], name)
    return event


SHARED: tuple[Any, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


def configure(options: Mapping[str, Any]) -> None:
    """Called by Django with `settings.LOGGING` = {"level": …, "json": …}."""
    render = structlog.processors.JSONRenderer() if options.get("json", True) else structlog.dev.ConsoleRenderer()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "lines": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": SHARED,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        redact,
                        render,
                    ],
                }
            },
            "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"handlers": ["stream"], "level": options.get("level", "INFO")},
            "loggers": {
                # Our own request log (dimo.requests) says more, without query strings.
                "django.server": {"handlers": [], "level": "ERROR", "propagate": False},
            },
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # configuring again, as tests do, must reach loggers already used
    )
