"""A POST with an `Idempotency-Key` acts once; asking again gives the first answer, byte for byte.

The claim, the effect and the answer are one transaction: a crash in the middle leaves nothing behind, and the
caller may simply ask again. A twin that arrives meanwhile waits for the first on the unique index.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from psycopg.errors import LockNotAvailable
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from dimo.api.models import IdempotentRequest
from dimo.api.problems import handle
from dimo.errors import DomainError

WELL_FORMED = re.compile(r"[\x21-\x7e]{1,128}")
KEPT_HEADERS = ("Location", "ETag", "Retry-After")
KEPT_FOR = timedelta(days=7)
Method = Callable[..., Any]


class IdempotencyKeyRequired(DomainError):
    """Send an Idempotency-Key header, for example a new UUID, so that a retry cannot act twice."""

    status = 400


class IdempotencyKeyInvalid(DomainError):
    """An Idempotency-Key is 1 to 128 visible ASCII characters without spaces."""

    status = 400


class IdempotencyKeyReused(DomainError):
    """This Idempotency-Key was used for another request; take a new one."""

    status = 422


class IdempotencyKeyInUse(DomainError):
    """The first request with this Idempotency-Key is still running; ask again shortly."""

    status = 409


def idempotent(method: Method | None = None, *, required: bool = True) -> Any:
    """Decorate a view's `post`: `@idempotent` or `@idempotent(required=False)`.

    Answers below 500 are remembered, refusals of rules included; malformed requests are not, so that a
    corrected one may use the same key. The view runs inside a transaction: rules in it may not be `durable`.
    """

    def decorate(view_method: Method) -> Method:
        @extend_schema(parameters=[key_parameter(required)])
        @wraps(view_method)
        def answer_once(self: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
            key = request.headers.get("Idempotency-Key")
            if key is None:
                if required:
                    raise IdempotencyKeyRequired(field="Idempotency-Key")
                return view_method(self, request, *args, **kwargs)
            return once(request=request, key=key, act=lambda: view_method(self, request, *args, **kwargs))

        return answer_once

    return decorate if method is None else decorate(method)


def key_parameter(required: bool) -> OpenApiParameter:
    return OpenApiParameter(
        "Idempotency-Key",
        str,
        OpenApiParameter.HEADER,
        required=required,
        description="Names this attempt. The same key and body give the first answer again; another body is refused.",
    )


def once(*, request: Request, key: str, act: Callable[[], Any]) -> HttpResponse:
    """Act and remember the answer, or give the remembered one.

    Raises:
        IdempotencyKeyInvalid, IdempotencyKeyReused, IdempotencyKeyInUse
    """
    if not WELL_FORMED.fullmatch(key):
        raise IdempotencyKeyInvalid(field="Idempotency-Key")
    what = f"{request.method} {request.path}"[:300]
    digest = hashlib.sha256(json.dumps(request.data, sort_keys=True, separators=(",", ":")).encode()).digest()
    with transaction.atomic():
        row, is_new = claim(user=request.user, key=key, what=what, digest=digest)
        if not is_new:
            return replay(row=row, what=what, digest=digest)
        answer = run(request=request, act=act)
        if answer.status_code >= 500:
            transaction.set_rollback(True)
            return answer
        row.status = answer.status_code
        row.body = answer.content
        row.headers = {name: answer[name] for name in ("Content-Type", *KEPT_HEADERS) if name in answer}
        row.save(update_fields=["status", "body", "headers"])
    return answer


def claim(*, user: Any, key: str, what: str, digest: bytes) -> tuple[IdempotentRequest, bool]:
    """Insert the key or find it; waits for a running twin as long as the setting allows."""
    wait = f"{settings.IDEMPOTENCY_WAIT_SECONDS * 1000:.0f}ms"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', %s, true)", [wait])
            before = cursor.fetchone()[0]
        fresh = IdempotentRequest(user=user, key=key, method_and_path=what, body_sha256=digest)
        IdempotentRequest.objects.bulk_create([fresh], ignore_conflicts=True)
        row = IdempotentRequest.objects.select_for_update().get(user=user, key=key)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise IdempotencyKeyInUse(field="Idempotency-Key") from error
        raise
    return row, row.status is None


def run(*, request: Request, act: Callable[[], Any]) -> HttpResponse:
    """The view's answer, rendered, or a rule's refusal with everything the view did undone."""
    try:
        with transaction.atomic():
            answer = act()
    except DomainError as refusal:
        if refusal.status in (401, 403, 429) or refusal.status >= 500:
            raise
        answer = handle(refusal, {"request": request})
    if not isinstance(answer, Response):
        return answer  # type: ignore[no-any-return]
    body = b"" if answer.data is None else JSONRenderer().render(answer.data)
    rendered = HttpResponse(body, status=answer.status_code, content_type=answer.content_type or "application/json")
    for name in KEPT_HEADERS:
        if name in answer:
            rendered[name] = answer[name]
    return rendered


def replay(*, row: IdempotentRequest, what: str, digest: bytes) -> HttpResponse:
    """The first answer again, unless the request is another one."""
    if row.method_and_path != what or bytes(row.body_sha256) != digest:
        raise IdempotencyKeyReused(field="Idempotency-Key")
    answer = HttpResponse(bytes(row.body or b""), status=row.status)
    for name, value in row.headers.items():
        answer[name] = value
    answer["Idempotent-Replayed"] = "true"
    return answer


def prune_answers(*, now: datetime) -> int:
    """Forget answers older than a week; returns how many."""
    return IdempotentRequest.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
