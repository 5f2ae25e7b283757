"""A POST with a key acts once, whatever happens around it."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.test import APIClient

from dimo.api import idempotency, keys
from dimo.api.models import IdempotentRequest
from dimo.audit.models import AuditEvent
from dimo.users.models import User

pytestmark = pytest.mark.django_db


def act(api: APIClient, key: str | None, body: object = None, **extra: str) -> HttpResponse:
    headers = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return api.post("/api/v1/acts/", body if body is not None else {"n": 1}, format="json", **headers, **extra)


def acts() -> int:
    return AuditEvent.objects.filter(action="test.acted").count()


def test_a_replay_gets_the_first_answer_byte_for_byte_and_acts_not_again(api: APIClient) -> None:
    first, again = act(api, "k1"), act(api, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (again["Content-Type"], again["Location"]) == (first["Content-Type"], first["Location"])
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert acts() == 1


def test_another_key_acts_again(api: APIClient) -> None:
    assert act(api, "k1").content != act(api, "k2").content
    assert acts() == 2


def test_another_body_under_the_same_key_is_refused(api: APIClient) -> None:
    act(api, "k1")
    response = act(api, "k1", {"n": 2})
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert acts() == 1


def test_spelling_of_the_same_json_does_not_matter(api: APIClient) -> None:
    first = act(api, "k1", {"a": 1, "b": [2]})
    again = api.generic(
        "POST", "/api/v1/acts/", b'{ "b":[2],  "a":1 }', content_type="application/json", HTTP_IDEMPOTENCY_KEY="k1"
    )
    assert again.content == first.content


def test_two_people_may_choose_the_same_key(api: APIClient) -> None:
    act(api, "k1")
    other = APIClient()
    other.force_authenticate(User.objects.create_user("eve@example.org"))
    assert act(other, "k1").status_code == 201
    assert acts() == 2


def test_a_missing_key_is_refused_by_name(api: APIClient) -> None:
    response = act(api, None)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"
    assert acts() == 0


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 129, "\u00e9"])
def test_a_key_that_cannot_name_anything_is_refused(api: APIClient, key: str) -> None:
    assert act(api, key).json()["code"] == "idempotency_key_invalid"
    assert acts() == 0


def test_a_refusal_of_a_rule_is_remembered_and_its_effects_are_undone(api: APIClient) -> None:
    first, again = act(api, "k1", {"then": "refuse"}), act(api, "k1", {"then": "refuse"})
    assert first.status_code == again.status_code == 409
    assert again.content == first.content
    assert again["Content-Type"] == "application/problem+json"
    assert acts() == 0


def test_a_malformed_request_leaves_its_key_free(api: APIClient) -> None:
    assert act(api, "k1", {"then": "invalid"}).status_code == 400
    assert act(api, "k1").status_code == 201
    assert acts() == 1


def test_a_crash_in_the_middle_leaves_nothing_and_the_retry_acts(api: APIClient) -> None:
    assert act(api, "k1", {"then": "crash"}).status_code == 500
    assert (acts(), IdempotentRequest.objects.count()) == (0, 0)
    assert act(api, "k1").status_code == 201
    assert acts() == 1


def test_an_answer_that_blames_us_is_not_remembered_and_its_effects_are_undone(api: APIClient) -> None:
    assert act(api, "k1", {"then": "away"}).status_code == 503
    assert (acts(), IdempotentRequest.objects.count()) == (0, 0)


def test_answers_are_forgotten_after_a_week(api: APIClient) -> None:
    act(api, "old")
    act(api, "new")
    week_ago = timezone.now() - idempotency.KEPT_FOR - timedelta(seconds=1)
    IdempotentRequest.objects.filter(key="old").update(created_at=week_ago)
    assert idempotency.prune_answers(now=timezone.now()) == 1
    assert list(IdempotentRequest.objects.values_list("key", flat=True)) == ["new"]


def together(count: int, work: Callable[[], HttpResponse]) -> list[HttpResponse]:
    answers: list[HttpResponse] = []
    start = threading.Barrier(count)

    def run() -> None:
        try:
            start.wait(10)
            answers.append(work())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.mark.django_db(transaction=True)
def test_twins_racing_on_one_key_act_once_and_all_get_the_same_answer(user: User) -> None:
    _, text = keys.issue_key(user=user, label="n", scopes=["buyer"])

    def ask() -> HttpResponse:
        return act(APIClient(), "k1", HTTP_AUTHORIZATION=f"Bearer {text}")

    answers = together(8, ask)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(answers) == 8
    assert acts() == 1


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_waited_long_enough_is_told_to_ask_again(user: User, settings) -> None:
    settings.IDEMPOTENCY_WAIT_SECONDS = 0.2
    _, text = keys.issue_key(user=user, label="n", scopes=["buyer"])
    claimed, answered = threading.Event(), threading.Event()

    def first() -> None:
        try:
            with transaction.atomic():
                idempotency.claim(user=user, key="k1", what="POST /api/v1/acts/", digest=b"\0" * 32)
                claimed.set()
                answered.wait(20)
                transaction.set_rollback(True)
        finally:
            connections.close_all()

    holder = threading.Thread(target=first)
    holder.start()
    assert claimed.wait(20)
    response = act(APIClient(), "k1", HTTP_AUTHORIZATION=f"Bearer {text}")
    answered.set()
    holder.join(20)
    assert (response.status_code, response.json()["code"]) == (409, "idempotency_key_in_use")
    assert act(APIClient(), "k1", HTTP_AUTHORIZATION=f"Bearer {text}").status_code == 201
    assert acts() == 1
