"""The door for devices: `POST /api/v1/ingest`, a plain view because every layer costs a share of the throughput."""

import time
from typing import Any

import msgspec
import redis
import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from dimo.api import problems, throttles
from dimo.api.callers import client_address
from dimo.errors import DomainError
from vehicles import bodies, envelope, ingest

TYPES = frozenset({"application/cloudevents+json", "application/cloudevents-batch+json", "application/json"})
log = structlog.get_logger(__name__)
ALLOWED = "OPTIONS, POST"
POSTABLE = {"Accept-Post": ", ".join(sorted(TYPES))}
PACKED = {"Accept-Encoding": bodies.ENCODINGS}


@csrf_exempt
def ingest_view(request: HttpRequest) -> HttpResponse:
    """Signed CloudEvents, one or a batch; the signature is the sign-in, so neither cookie nor key is read."""
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": ALLOWED} | POSTABLE | PACKED)
    if request.method != "POST":
        return refuse(request, 405, "method_not_allowed", "Send events by POST.", Allow=ALLOWED)
    if (request.content_type or "") not in TYPES:
        return refuse(request, 415, "media_type", "Send application/cloudevents+json or its batch form.", **POSTABLE)
    try:
        wait = over_rate(request)
    except redis.RedisError:
        log.exception("ingest_unavailable")
        return unavailable(request)
    if wait:
        return refuse(request, 429, "throttled", "Too many requests; batch your events.", **{"Retry-After": str(wait)})
    try:
        answer = ingest.ingest_events(events=envelope.split(bodies.body_of(request)), now=timezone.now())
    except bodies.EncodingUnknown as error:
        return refuse(request, error.status, error.code, str(error), **PACKED)
    except DomainError as error:
        return refuse(request, error.status, error.code, str(error))
    except (OperationalError, InterfaceError):
        log.exception("ingest_unavailable")
        return unavailable(request)
    return HttpResponse(msgspec.json.encode(answer), content_type="application/json")


def refuse(request: HttpRequest, status: int, code: str, detail: str, **headers: str) -> HttpResponse:
    response = problems.plain(request, status=status, code=code, detail=detail)
    for name, value in headers.items():
        response[name] = value
    return response


def unavailable(request: HttpRequest) -> HttpResponse:
    """Nothing was stored; the same events may be sent again."""
    return refuse(request, 503, "try_again", "A service we need did not answer in time.", **{"Retry-After": "2"})


def over_rate(request: HttpRequest) -> int:
    """Seconds to wait when this address sends too often, else 0."""
    rates: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    who = client_address(request)
    return throttles.permits.admit(scope="ingest", who=who, rate=rates["ingest"], now=time.time())
