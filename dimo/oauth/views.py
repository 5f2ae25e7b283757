"""What apps' servers ask without a person: tokens for codes, new tokens for old ones, and giving them back."""

import time
from typing import Any

import redis
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from dimo.api import throttles
from dimo.api.callers import client_address
from dimo.oauth import server

log = structlog.get_logger(__name__)


@csrf_exempt
def token(request: HttpRequest) -> HttpResponse:
    return answered(request, "token")


@csrf_exempt
def revoke(request: HttpRequest) -> HttpResponse:
    return answered(request, "revocation")


@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    return open_to_all(JsonResponse(server.metadata(), headers={"Cache-Control": "public, max-age=300"}))


def answered(request: HttpRequest, endpoint: str) -> HttpResponse:
    """One transaction, so that a code is used up exactly where its tokens are kept; errors as RFC 6749 §5.2 says."""
    if request.method == "OPTIONS":
        return open_to_all(HttpResponse(status=204, headers={"Access-Control-Allow-Methods": "POST"}))
    if request.method != "POST":
        return refused("invalid_request", "Send it by POST.", 405)
    if request.content_type != "application/x-www-form-urlencoded":
        return refused("invalid_request", "Send application/x-www-form-urlencoded.", 400)
    if any("\0" in text for pair in request.POST.items() for text in map(str, pair)):
        return refused("invalid_request", "No NUL, please.", 400)
    try:
        if wait := over_rate(request):
            return refused("temporarily_unavailable", "Too many requests.", 429, {"Retry-After": str(wait)})
        with transaction.atomic():
            found = server.answer(request, endpoint)
    except ValueError:  # Authlib: what was sent cannot be read as what it claims to be
        return refused("invalid_request", "The request cannot be read.", 400)
    except (OperationalError, InterfaceError, redis.RedisError):
        log.exception("oauth_unavailable")
        return refused("temporarily_unavailable", "Ask again shortly.", 503, {"Retry-After": "2"})
    found["Cache-Control"], found["Pragma"] = "no-store", "no-cache"
    return open_to_all(found)


def refused(error: str, words: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    body = {"error": error, "error_description": words}
    return open_to_all(JsonResponse(body, status=status, headers={"Cache-Control": "no-store", **(headers or {})}))


def open_to_all(response: HttpResponse) -> HttpResponse:
    """Apps that run in a browser ask too. No cookie is read here, so any origin may."""
    response["Access-Control-Allow-Origin"] = "*"
    return response


def over_rate(request: HttpRequest) -> int:
    """Seconds to wait when this address asks too often, else 0."""
    rates: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    limit, window = throttles.parse_rate(rates["oauth"])
    now = time.time()
    used = throttles.count(scope="oauth", who=client_address(request), window=window, now=now)
    return 0 if used <= limit else int(window - now % window) + 1
