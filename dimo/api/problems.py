"""Every refusal of the API as problem+json (RFC 9457): what, why, which field, and a code that never changes."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import redis
import structlog
from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.views import defaults
from rest_framework import exceptions

from dimo.errors import DomainError

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request is not valid",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "No such representation",
    409: "The rules refuse this",
    413: "Too large",
    415: "Media type not accepted",
    422: "The request contradicts an earlier one",
    429: "Too many requests",
    500: "Our fault",
    503: "Try again shortly",
}
log = structlog.get_logger(__name__)


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    request_id: str = "",
    errors: list[dict[str, str]] | None = None,
    facts: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """The body of a refusal. `errors` lists each field at fault; `facts` are numbers a program may act on."""
    body: dict[str, Any] = {
        "type": f"/api/problems/#{code}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    if facts:
        body["facts"] = {name: v if isinstance(v, bool | int | float | str) else str(v) for name, v in facts.items()}
    if request_id:
        body["request_id"] = request_id
    return body


def flat(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Nested validation errors as one list; a field inside a list is `rows[2].price`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            inside = (
                path if name == "non_field_errors" else f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}"
            )
            yield from flat(inner, inside.lstrip("."))
    elif isinstance(detail, list | tuple):
        nested = any(isinstance(item, Mapping | list | tuple) for item in detail)
        for index, inner in enumerate(detail):
            if nested and not inner:
                continue  # the row at this index is fine
            yield from flat(inner, f"{path}[{index}]" if nested else path)
    else:
        yield {"field": path, "code": str(getattr(detail, "code", "invalid")), "message": str(detail)}


def request_id_of(request: Any) -> str:
    return str(getattr(getattr(request, "_request", request), "request_id", ""))


def answer(body: dict[str, Any], headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Always JSON, whatever the view would have rendered."""
    return JsonResponse(body, status=body["status"], headers=dict(headers or {}), content_type=MEDIA_TYPE)


def as_api_exception(error: Exception) -> exceptions.APIException | None:
    """What Django and our rules raise, in the terms of the framework; None: it is no refusal but a fault."""
    match error:
        case exceptions.APIException():
            return error
        case Http404() | ObjectDoesNotExist():
            return exceptions.NotFound("There is nothing here that you may see.")
        case DjangoPermissionDenied():
            return exceptions.PermissionDenied()
        case DjangoValidationError():
            return exceptions.ValidationError(getattr(error, "message_dict", None) or error.messages)
        case UnreadablePostError() | RawPostDataException():
            return exceptions.ParseError("The body could not be read to its end.", code="body_unreadable")
    return None


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The framework's exception handler. None lets a fault become a logged 500 (`server_error`)."""
    request_id = request_id_of(context.get("request"))
    if isinstance(error, DomainError):
        at_fault = [{"field": error.field, "code": error.code, "message": str(error)}] if error.field else None
        return answer(
            problem(
                status=error.status,
                code=error.code,
                detail=str(error),
                request_id=request_id,
                errors=at_fault,
                facts=error.facts,
            )
        )
    if isinstance(error, RequestDataTooBig):
        return answer(
            problem(
                status=413, code="body_too_large", detail="The body is larger than we accept.", request_id=request_id
            )
        )
    if isinstance(error, OperationalError | redis.RedisError):
        log.exception("service_unavailable", request_id=request_id)
        body = problem(
            status=503, code="try_again", detail="A service we need did not answer in time.", request_id=request_id
        )
        return answer(body, {"Retry-After": "2"})
    refusal = as_api_exception(error)
    return None if refusal is None else from_api_exception(refusal, request_id)


def from_api_exception(refusal: exceptions.APIException, request_id: str) -> HttpResponse:
    headers: dict[str, str] = {}
    if header := getattr(refusal, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(refusal, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    if isinstance(refusal, exceptions.ValidationError):
        errors = list(flat(refusal.detail))
        named = sorted({error["field"] for error in errors if error["field"]})
        detail = (
            f"Look at: {', '.join(named)}."
            if named
            else errors[0]["message"]
            if errors
            else "The request is not valid."
        )
        return answer(problem(status=400, code="invalid", detail=detail, request_id=request_id, errors=errors), headers)
    code = str(getattr(refusal.detail, "code", refusal.default_code))
    return answer(
        problem(status=refusal.status_code, code=code, detail=str(refusal.detail), request_id=request_id), headers
    )


def plain(request: HttpRequest, *, status: int, code: str, detail: str) -> HttpResponse:
    """The same body from outside the framework: an unknown address, a fault."""
    body = problem(status=status, code=code, detail=detail, request_id=request_id_of(request))
    return answer(body)


def is_for_programs(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own 400: a bad host, a suspicious body."""
    if isinstance(exception, RequestDataTooBig):
        return plain(request, status=413, code="body_too_large", detail="The body is larger than we accept.")
    if is_for_programs(request):
        return plain(request, status=400, code="bad_request", detail="The request cannot be understood.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return plain(request, status=403, code="permission_denied", detail="You may not do this.")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_for_programs(request):
        return plain(request, status=404, code="not_found", detail="There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_for_programs(request):
        return plain(request, status=500, code="fault", detail="We failed; the fault is logged under the request's id.")
    return defaults.server_error(request)
