"""One log line per request with an id that the answer carries too, and rules' refusals shown as pages."""

import re
import time
import uuid
from typing import Any

import structlog
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from redis.exceptions import RedisError

from dimo import policies
from dimo.api.problems import handle, is_for_programs, page_not_found
from dimo.errors import DomainError

WELL_FORMED = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET = frozenset({"healthz", "readyz", "metrics"})
log = structlog.get_logger("dimo.requests")


class RequestLog(MiddlewareMixin):
    """Binds `request_id` to every log line written meanwhile. Logs the route, as a path may hold a secret."""

    def process_request(self, request: HttpRequest) -> None:
        given = request.headers.get("X-Request-ID", "")
        self.begin(request, given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex)

    @staticmethod
    def begin(request: Any, request_id: str) -> None:
        request.request_id = request_id
        request.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)

    def process_response(self, request: Any, response: HttpResponseBase) -> HttpResponseBase:
        response["X-Request-ID"] = request.request_id
        rate = getattr(request, "rate_limit", None)
        if rate:  # draft-ietf-httpapi-ratelimit-headers
            response["RateLimit-Policy"] = f'"{rate["scope"]}";q={rate["limit"]};w={rate["window"]}'
            response["RateLimit"] = f'"{rate["scope"]}";r={rate["left"]};t={rate["reset"]}'
        match = request.resolver_match
        if match is None or match.url_name not in QUIET:
            log.info(
                "request",
                method=request.method,
                route=match.route if match else None,
                status=response.status_code,
                ms=round((time.perf_counter() - request.began) * 1000, 1),
                user=getattr(getattr(request, "user", None), "pk", None),
            )
        return response


class ServiceAway(DomainError):
    """A service we need did not answer in time. Nothing was changed; please try again in a moment."""

    status = 503
    code = "try_again"


class Refusals(MiddlewareMixin):
    """A rule's refusal in a page becomes that page's answer; to htmx a fragment, as errors are swapped in place."""

    def process_request(self, request: HttpRequest) -> None:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise SuspiciousOperation("NUL in an address")  # no database could store or look it up
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            raise SuspiciousOperation("a length that is none")  # those who count bytes would fall over it

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ObjectDoesNotExist):  # a rule's `get` found no row that this person may see
            return page_not_found(request, error)
        if isinstance(error, OperationalError | RedisError):
            log.exception("service_unavailable")
            error = ServiceAway()
        if not isinstance(error, DomainError):
            return None
        if is_for_programs(request):
            return handle(error, {"request": request})
        template = "_refused.html" if request.headers.get("HX-Request") else "refused.html"
        return render(request, template, {"refusal": error, "code": error.code}, status=error.status)


class PolicyByPath(CSPMiddleware):
    """The strict policy everywhere; looser words only below the admin's path and for the API's documentation."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(f"/{settings.ADMIN_PATH}"):
            parts.replace = {**policies.ADMIN, **(parts.replace or {})}
        elif request.path == "/api/docs/":
            parts.replace = {**policies.API_DOCS, **(parts.replace or {})}
        return parts
