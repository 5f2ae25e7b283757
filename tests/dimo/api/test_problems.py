"""Every refusal is a problem document that names what, why, and which field."""

import json
import sys
from io import BytesIO

import pytest
from django.core.exceptions import RequestDataTooBig
from django.test import Client
from rest_framework.test import APIClient

from dimo.api.parsers import JSONParser

pytestmark = pytest.mark.django_db


def problem(response, status, code):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"/api/problems/#{code}"
    assert body["request_id"] == response["X-Request-ID"]
    return body


def test_a_rules_refusal_carries_its_status_code_field_and_facts(api: APIClient) -> None:
    body = problem(api.get("/api/v1/fails/domain/"), 409, "too_late")
    assert body["detail"] == "The offer ended on Monday."
    assert body["errors"] == [{"field": "offer", "code": "too_late", "message": "The offer ended on Monday."}]
    assert body["facts"] == {"ended_on": "2026-11-23"}


def test_each_invalid_field_is_named_down_to_the_row(api: APIClient) -> None:
    response = api.post("/api/v1/echo/", {"rows": [{"price": 1}, {"price": 0}, {}]})
    body = problem(response, 400, "invalid")
    assert {(e["field"], e["code"]) for e in body["errors"]} == {
        ("name", "required"),
        ("rows[1].price", "min_value"),
        ("rows[2].price", "required"),
    }
    assert all(e["message"] for e in body["errors"])


def test_a_body_of_the_wrong_shape_is_invalid_not_a_fault(api: APIClient) -> None:
    for body in ([], "text", 7, None, [[[]]]):
        assert api.post("/api/v1/echo/", body, format="json").status_code == 400


def test_a_body_that_is_not_json_is_refused(api: APIClient) -> None:
    problem(api.generic("POST", "/api/v1/echo/", b"{", content_type="application/json"), 400, "parse_error")
    problem(api.generic("POST", "/api/v1/echo/", b"\xff\xfe", content_type="application/json"), 400, "parse_error")


def test_another_media_type_is_refused(api: APIClient) -> None:
    problem(api.generic("POST", "/api/v1/echo/", b"a=1", content_type="text/csv"), 415, "unsupported_media_type")


def test_another_method_is_refused_and_the_allowed_ones_are_named(api: APIClient) -> None:
    response = api.delete("/api/v1/echo/")
    problem(response, 405, "method_not_allowed")
    assert "POST" in response["Allow"]


def test_a_format_we_cannot_give_is_refused_in_json_all_the_same(api: APIClient) -> None:
    problem(api.get("/api/v1/echo/", HTTP_ACCEPT="text/csv"), 406, "not_acceptable")


def test_a_missing_row_is_not_found_and_its_message_stays_inside(api: APIClient) -> None:
    response = api.get("/api/v1/fails/missing/")
    problem(response, 404, "not_found")
    assert b"secret" not in response.content


def test_an_unknown_address_below_the_api_is_a_problem_too(client: Client) -> None:
    problem(client.get("/api/v1/nothing/"), 404, "not_found")


def test_an_unknown_page_is_a_page(client: Client) -> None:
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_a_service_away_says_try_again(api: APIClient) -> None:
    response = api.get("/api/v1/fails/lock/")
    problem(response, 503, "try_again")
    assert response["Retry-After"] == "2"


def test_a_fault_tells_nothing_but_its_id(api: APIClient) -> None:
    response = api.get("/api/v1/fails/fault/")
    problem(response, 500, "fault")
    assert b"RuntimeError" not in response.content


def test_nobody_without_a_key_is_served(client: Client) -> None:
    response = client.get("/api/v1/echo/")
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_too_large_a_body_is_refused_whether_or_not_it_tells_its_length(api: APIClient, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    body = b'{"name": "' + b"x" * 200 + b'"}'
    problem(api.generic("POST", "/api/v1/echo/", body, content_type="application/json"), 413, "body_too_large")
    assert api.post("/api/v1/echo/", {"name": "n", "rows": []}).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 65 + b"]" * 65,
        rb'["\"", ' + b"[" * 64 + b'"]]]"' + b"]" * 65,
    ],
)
def test_json_nested_without_end_is_refused(api: APIClient, body: bytes) -> None:
    problem(api.generic("POST", "/api/v1/echo/", body, content_type="application/json"), 400, "parse_error")


def test_brackets_in_texts_and_side_by_side_are_fine(api: APIClient) -> None:
    order = {"name": "[[{{", "rows": [{"price": 1}] * 200, "other": "[" * 100_000}
    assert api.post("/api/v1/echo/", order).status_code == 201


def test_no_library_lets_recursion_run_into_the_stacks_end() -> None:
    assert sys.getrecursionlimit() <= 3000
    with pytest.raises(RecursionError):
        json.loads("[" * 100_000)


@pytest.mark.parametrize("text", [r"\u0000", r"\ud800", r"\uDFFF x"])
def test_text_that_no_database_stores_is_refused(api: APIClient, text: str) -> None:
    body = f'{{"other": [{{"{text}": 1}}]}}'.encode()
    problem(api.generic("POST", "/api/v1/echo/", body, content_type="application/json"), 400, "parse_error")


def test_a_whole_surrogate_pair_and_an_escaped_backslash_are_fine(api: APIClient) -> None:
    body = rb'{"name": "\ud83d\ude97\\u0000", "rows": []}'
    response = api.generic("POST", "/api/v1/echo/", body, content_type="application/json")
    assert response.json()["name"] == "\U0001f697\\u0000"


def test_an_address_with_nul_is_refused(api: APIClient) -> None:
    problem(api.get("/api/v1/echo/?x=%00"), 400, "bad_request")
    problem(api.get("/api/v1/fails/%00/"), 400, "bad_request")


def test_a_foreign_host_is_refused(client: Client) -> None:
    problem(client.get("/api/v1/echo/", HTTP_HOST="evil.example"), 400, "bad_request")


def test_a_rules_refusal_in_a_page_is_a_page_with_its_status(client: Client) -> None:
    response = client.get("/page/refuses/")
    assert response.status_code == 409
    assert b"The offer has ended." in response.content
    assert b"<main" in response.content


def test_a_rules_refusal_in_a_plain_view_of_the_api_is_a_problem(client: Client) -> None:
    problem(client.get("/api/v1/plain/"), 409, "too_late")


def test_a_rules_refusal_to_htmx_is_a_fragment(client: Client) -> None:
    response = client.get("/page/refuses/", headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert b"too_late" in response.content
    assert b"<main" not in response.content


def test_a_row_that_is_not_there_is_a_page_not_found(client: Client) -> None:
    response = client.get("/page/lacks/")
    assert response.status_code == 404
    assert b"There is nothing at this address" in response.content


def test_a_service_away_is_a_page_that_says_so(client: Client) -> None:
    response = client.get("/page/waits/")
    assert response.status_code == 503
    assert b"did not answer in time" in response.content
    assert b"lock timeout" not in response.content


def test_the_parser_itself_stops_at_the_limit(settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert JSONParser().parse(BytesIO(b'{"a":1234}')) == {"a": 1234}
    with pytest.raises(RequestDataTooBig):
        JSONParser().parse(BytesIO(b'{"a":12345}'))


def test_a_fault_in_a_page_is_a_page() -> None:
    response = Client(raise_request_exception=False).get("/page/breaks/")
    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/html")
    assert b"RuntimeError" not in response.content


def test_every_code_is_explained(client: Client) -> None:
    page = client.get("/api/problems/")
    assert page.status_code == 200
    for code in ("too_late", "not_found", "idempotency_key_reused", "key_refused"):
        assert f'id="{code}"' in page.content.decode()
