"""Alive, ready, metrics: what machines ask."""

from time import time

import psycopg
import pytest
import redis
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.test import Client

from dimo import health, tasks, valkey

pytestmark = pytest.mark.django_db


def test_alive_asks_nothing_else(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"alive": True})


def test_ready_with_every_service_there(client: Client) -> None:
    for queue in health.QUEUES:
        tasks.pulse(queue)
    response = client.get("/readyz")
    report = response.json()
    assert (response.status_code, report["ready"], report["degraded"]) == (200, True, [])
    assert report["checks"]["migrations"] == {"ok": True, "waiting": 0}
    assert report["checks"]["chain"]["on"] is False


def test_a_queue_without_a_worker_is_late_but_pages_are_served(client: Client) -> None:
    tasks.pulse("celery")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["degraded"]) == (200, ["queues"])
    valkey.connection().set(health.pulse_name("builds"), time() - health.LATE_AFTER - 1)
    report = client.get("/readyz").json()
    assert report["degraded"] == ["queues"]
    assert report["checks"]["queues"]["builds"]["pulse_age_seconds"] > health.LATE_AFTER


def test_waiting_messages_are_counted(client: Client) -> None:
    valkey.connection().lpush("builds", "one", "two")
    assert client.get("/readyz").json()["checks"]["queues"]["builds"]["waiting"] == 2


def test_without_the_counters_this_process_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
    monkeypatch.setattr(health, "valkey", lambda: nowhere)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["valkey"] == {"ok": False, "error": "ConnectionError"}


@pytest.mark.parametrize(
    "error", [DatabaseError("password=hunter2"), psycopg.OperationalError("gone"), OSError("gone")]
)
def test_a_required_check_that_fails_takes_us_out_of_service(client: Client, monkeypatch, error: Exception) -> None:
    def fails() -> health.Finding:
        raise DatabaseError(*error.args) from error

    monkeypatch.setitem(health.CHECKS, "database", health.Check("database", fails, required=True))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert b"hunter2" not in response.content


def test_a_fault_in_a_check_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> health.Finding:
        raise RuntimeError

    monkeypatch.setitem(health.CHECKS, "room", health.Check("room", breaks, required=False))
    assert Client(raise_request_exception=False).get("/readyz").status_code == 500


def test_two_checks_cannot_share_a_name() -> None:
    with pytest.raises(ImproperlyConfigured):
        health.register_check("database", lambda: health.Finding(True))


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_only_reading_is_answered(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_metrics_are_for_this_machine(client: Client) -> None:
    response = client.get("/metrics", REMOTE_ADDR="127.0.0.1")
    assert response.status_code == 200
    assert b'commons_queue_waiting{queue="builds"}' in response.content
    assert b"django_http_requests" in response.content


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "192.0.2.1"},
        {"REMOTE_ADDR": ""},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_REAL_IP": "127.0.0.1"},
        {"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer "},
        {"REMOTE_ADDR": "192.0.2.1", "HTTP_AUTHORIZATION": "Bearer wrong"},
    ],
)
def test_to_strangers_there_are_no_metrics(client: Client, headers: dict) -> None:
    assert client.get("/metrics", **headers).status_code == 404


def test_a_scraper_elsewhere_shows_its_token(client: Client, settings) -> None:
    settings.METRICS_TOKEN = "t0ken"
    response = client.get("/metrics", REMOTE_ADDR="192.0.2.1", HTTP_AUTHORIZATION="Bearer t0ken")
    assert response.status_code == 200
    wrong = client.get("/metrics", REMOTE_ADDR="192.0.2.1", HTTP_AUTHORIZATION="Bearer t0kem")
    assert wrong.status_code == 404
