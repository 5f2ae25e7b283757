"""Each request has an id, one log line, and the strict policy."""

import pytest
import structlog
from django.test import Client

pytestmark = pytest.mark.django_db


def requests_logged(logs: list) -> list:
    return [line for line in logs if line["event"] == "request"]


def test_an_id_is_made_and_a_good_one_is_kept(client: Client) -> None:
    assert len(client.get("/healthz")["X-Request-ID"]) == 32
    assert client.get("/healthz", headers={"X-Request-ID": "abc-12345"})["X-Request-ID"] == "abc-12345"


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f", "line\tbreak-12345"])
def test_an_id_that_could_spoil_a_log_is_replaced(client: Client, given: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] != given


def test_a_request_is_one_line_without_path_and_query(client: Client) -> None:
    with structlog.testing.capture_logs() as logs:
        client.get("/account/password/reset/key/3-secret-token/?email=ada@example.org")
    (line,) = requests_logged(logs)
    assert "secret" not in str(line)
    assert "ada" not in str(line)
    assert line["status"] == 200
    assert line["ms"] > 0
    assert line["route"].startswith("account/password/reset/key/")


def test_probes_are_not_logged(client: Client) -> None:
    with structlog.testing.capture_logs() as logs:
        for path in ("/healthz", "/readyz", "/metrics"):
            client.get(path)
    assert requests_logged(logs) == []


def test_pages_bear_the_strict_policy(client: Client) -> None:
    policy = client.get("/account/login/")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-eval'" not in policy
    script = next(part for part in policy.split("; ") if part.startswith("script-src "))
    assert "'unsafe-inline'" not in script
    assert "'nonce-" in script


def test_only_the_admin_is_looser(client: Client, admin_user) -> None:
    client.force_login(admin_user)
    policy = client.get("/admin/")["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy
    assert "default-src 'none'" in policy
    assert "'unsafe-eval'" not in client.get("/administrator/")["Content-Security-Policy"]
