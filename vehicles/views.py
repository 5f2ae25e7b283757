"""The door for devices: `POST /api/v1/ingest`, a plain view because every layer costs a share of the throughput."""

import time
import zlib
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
from vehicles import envelope, ingest

TYPES = frozenset({"application/cloudevents+json", "application/cloudevents-batch+json", "application/json"})
log = structlog.get_logger(__name__)
GZIP = 16 + zlib.MAX_WBITS


class BodyUnreadable(DomainError):
    """The body is not what its headers say."""

    status = 400


@csrf_exempt
def ingest_view(request: HttpRequest) -> HttpResponse:
    """Signed CloudEvents, one or a batch; the signature is the sign-in, so neither cookie nor key is read."""
    if request.method != "POST":
        return refuse(request, 405, "method_not_allowed", "Send events by POST.", Allow="POST")
    if (request.content_type or "") not in TYPES:
        return refuse(request, 415, "media_type", "Send application/cloudevents+json or its batch form.")
    try:
        wait = over_rate(request)
    except redis.RedisError:
        log.exception("ingest_unavailable")
        return unavailable(request)
    if wait:
        return refuse(request, 429, "throttled", "Too many requests; batch your events.", **{"Retry-After": str(wait)})
    try:
        answer = ingest.ingest_events(events=envelope.split(body_of(request)), now=timezone.now())
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


def body_of(request: HttpRequest) -> bytes:
    """The body, unpacked where it is gzip.

    Raises:
        TooLarge, BodyUnreadable
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) > envelope.MAX_BYTES:
        raise envelope.TooLarge
    body = request.read(envelope.MAX_BYTES + 1)
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding == "gzip":
        return unpack(body)
    if encoding != "identity":
        raise BodyUnreadable("Only gzip is taken as content encoding.")
    return body


def unpack(body: bytes) -> bytes:
    """Never unpacks more than one byte beyond the limit."""
    reader = zlib.decompressobj(GZIP)
    try:
        plain = reader.decompress(body, envelope.MAX_BYTES + 1)
    except zlib.error as error:
        raise BodyUnreadable("The body is not gzip.") from error
    if len(plain) > envelope.MAX_BYTES:
        raise envelope.TooLarge
    if not reader.eof:
        raise BodyUnreadable("The gzip body is cut off.")
    return plain
