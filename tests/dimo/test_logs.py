"""Log lines are JSON and hold no key, secret, email address or coordinate."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from dimo import logs

KEY = "du_live_0123456789ab_" + "s" * 43


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The real configuration, writing where the test can read."""
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    level = root.level
    logs.configure({"level": "INFO", "json": True})
    stream = io.StringIO()
    (handler,) = [handler for handler in root.handlers if handler not in before]
    handler.setStream(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line_is_one_json_object_with_time_level_and_logger(lines: io.StringIO) -> None:
    structlog.get_logger("dimo.test").info("license_built", rows=12)
    line = json.loads(lines.getvalue())
    assert (line["event"], line["rows"], line["level"], line["logger"]) == ("license_built", 12, "info", "dimo.test")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        "ada@example.org",
        "48.137154, 11.576124",
        "-33.86882,151.20930",
        "0x" + "ab" * 32,
        "postgres://app:hunter2@db.example/commons",
        "Authorization: Bearer abcdefghijkl",
    ],
)
def test_secrets_in_any_text_are_hidden(lines: io.StringIO, secret: str) -> None:
    structlog.get_logger("dimo.test").warning(f"about {secret}", note=secret, deep={"list": [secret, {"x": secret}]})
    logging.getLogger("somebody.else").warning("their %s", secret)
    written = lines.getvalue()
    assert written.count("\n") == 2
    for part in (secret, "hunter2", "ada@", "48.137154", "151.20930", "ab" * 32, "abcdefghijkl", "s" * 43):
        assert part not in written
    assert logs.HIDDEN in written


@pytest.mark.parametrize("name", ["password", "api_key", "latitude", "lon", "email", "session_key", "Authorization"])
def test_values_under_a_telling_name_are_hidden_whatever_they_are(lines: io.StringIO, name: str) -> None:
    structlog.get_logger("dimo.test").info("event", **{name: 48.137154, "deep": {name: "plain"}})
    line = json.loads(lines.getvalue())
    assert line[name] == logs.HIDDEN
    assert line["deep"] == {name: logs.HIDDEN}


def test_a_traceback_is_cleaned_too(lines: io.StringIO) -> None:
    try:
        raise ValueError(f"bad key {KEY} of ada@example.org")
    except ValueError:
        structlog.get_logger("dimo.test").exception("failed")
    written = lines.getvalue()
    assert "ValueError" in written
    assert KEY not in written
    assert "ada@" not in written


def test_djangos_own_lines_do_not_tell_the_path(lines: io.StringIO, rf) -> None:
    path = "/account/password/reset/key/3-verysecret/?token=verysecret"
    logging.getLogger("django.request").warning(
        "Not Found: %s", path, extra={"status_code": 404, "request": rf.get(path)}
    )
    line = json.loads(lines.getvalue())
    assert (line["event"], line["status_code"]) == ("Not Found: [path]", 404)
    assert "verysecret" not in lines.getvalue()


def test_what_is_not_secret_stays_readable(lines: io.StringIO) -> None:
    structlog.get_logger("dimo.test").info(
        "settled", license="7f", price=31800000, ratio=0.5, hashes="ab12…", none=None
    )
    line = json.loads(lines.getvalue())
    assert (line["license"], line["price"], line["ratio"], line["none"]) == ("7f", 31800000, 0.5, None)
