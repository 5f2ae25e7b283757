"""Limits are counted per caller, across workers, and told in headers."""

import pytest
import redis
from rest_framework.test import APIClient

from dimo import valkey
from dimo.api import keys, throttles
from dimo.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_a_minute(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "caller", "3/min")
    monkeypatch.setitem(settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"], "anonymous", "2/min")
    monkeypatch.setattr(throttles.time, "time", lambda: 1_000_000_015.0)  # 5 s before a window ends


def test_the_limit_and_what_is_left_are_told(api: APIClient) -> None:
    response = api.get("/api/v1/echo/")
    assert response["RateLimit-Policy"] == '"caller";q=3;w=60'
    assert response["RateLimit"] == '"caller";r=2;t=6'


def test_one_too_many_is_refused_with_when_to_return(api: APIClient) -> None:
    assert [api.get("/api/v1/echo/").status_code for _ in range(4)] == [200, 200, 200, 429]
    response = api.get("/api/v1/echo/")
    assert response.json()["code"] == "throttled"
    assert response["Retry-After"] == "6"
    assert response["RateLimit"] == '"caller";r=0;t=6'


def test_the_next_window_starts_anew(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        api.get("/api/v1/echo/")
    monkeypatch.setattr(throttles.time, "time", lambda: 1_000_000_020.0)
    assert api.get("/api/v1/echo/").status_code == 200


def test_each_key_is_counted_alone(api: APIClient, user: User) -> None:
    for _ in range(4):
        api.get("/api/v1/echo/")
    _, other = keys.issue_key(user=user, label="n", scopes=["buyer"])
    assert APIClient().get("/api/v1/echo/", HTTP_AUTHORIZATION=f"Bearer {other}").status_code == 200


def test_strangers_are_counted_by_address_and_cannot_choose_it() -> None:
    def ask(address: str) -> int:
        return APIClient(REMOTE_ADDR="192.0.2.1").get("/api/schema/", HTTP_X_FORWARDED_FOR=address).status_code

    assert [ask(f"198.51.100.{n}") for n in range(3)] == [200, 200, 429]


def test_behind_our_own_proxy_the_address_it_saw_counts(settings) -> None:
    settings.TRUSTED_PROXIES = 1

    def ask(forged: str, seen: str) -> int:
        client = APIClient(REMOTE_ADDR="192.0.2.1")
        return client.get("/api/schema/", HTTP_X_FORWARDED_FOR=f"{forged}, {seen}").status_code

    assert [ask(f"10.0.0.{n}", "198.51.100.7") for n in range(3)] == [200, 200, 429]
    assert ask("10.0.0.9", "198.51.100.8") == 200


def test_without_the_counter_nobody_passes(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
    monkeypatch.setattr(throttles, "connection", lambda: nowhere)
    response = api.get("/api/v1/echo/")
    assert (response.status_code, response.json()["code"]) == (503, "try_again")
    assert valkey.connection().ping()


def admitted(permits: throttles.Permits, times: int, *, rate: str = "400/min", now: float = 1_000_000_015.0) -> int:
    return sum(permits.admit(scope="busy", who="one", rate=rate, now=now) == 0 for _ in range(times))


def test_processes_that_take_permits_by_the_share_never_pass_the_limit_together() -> None:
    one, other = throttles.Permits(), throttles.Permits()
    passed = sum(admitted(permits, 1) for _ in range(500) for permits in (one, other))
    assert passed == 400
    assert one.admit(scope="busy", who="one", rate="400/min", now=1_000_000_015.0) == 6
    assert admitted(one, 1, now=1_000_000_020.0) == 1


def test_a_share_is_asked_of_the_counter_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    count = throttles.count
    monkeypatch.setattr(throttles, "count", lambda **facts: asked.append(facts["requests"]) or count(**facts))
    assert admitted(throttles.Permits(), 9, rate="600/min") == 9
    assert asked == [3, 3, 3]


def test_the_last_share_of_a_limit_is_as_large_as_what_is_left() -> None:
    assert admitted(throttles.Permits(), 10, rate="7/min") == 7
    assert admitted(throttles.Permits(), 600, rate="599/min", now=2_000_000_000.0) == 599


def test_permits_that_were_counted_serve_without_the_counter_and_then_nobody_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    permits = throttles.Permits()
    assert admitted(permits, 1, rate="600/min") == 1
    nowhere = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
    monkeypatch.setattr(throttles, "connection", lambda: nowhere)
    assert admitted(permits, 2, rate="600/min") == 2
    with pytest.raises(redis.RedisError):
        admitted(permits, 1, rate="600/min")
