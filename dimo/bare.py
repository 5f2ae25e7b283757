"""Doors that are asked so often that sessions, cookies and page headers would cost more than their work.

Under ASGI Django changes the thread for each signal and each synchronous middleware. A bare door is called once, on a
thread that keeps its database connection. It bears neither cookies nor pages; what else the middleware guards (the
host's name, https, the request's id, the figures for /metrics) is kept here, by the same classes.
"""

from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from typing import Any, cast

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.exception import convert_exception_to_response
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import resolve
from django_prometheus.middleware import PrometheusAfterMiddleware, PrometheusBeforeMiddleware

from dimo.requests import RequestLog

PATHS = frozenset({"/api/v1/ingest"})
THREADS = 4

resolved = lru_cache(maxsize=len(PATHS))(resolve)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]


class Disconnected(Exception):
    """The caller hung up before its body was complete; there is nobody to answer."""


class BareDoors:
    """An ASGI application: answers the paths named above by itself and passes everything else on."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="bare")
        self.log, self.security = RequestLog(nothing), SecurityMiddleware(nothing)
        self.before, self.after = PrometheusBeforeMiddleware(nothing), PrometheusAfterMiddleware(nothing)
        self.guarded = convert_exception_to_response(self.pass_on)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in PATHS:
            return await self.application(scope, receive, send)
        try:
            body = await body_of(receive)
        except Disconnected:
            return None
        request = ASGIRequest(scope, BytesIO(body))
        response = await get_running_loop().run_in_executor(self.threads, self.answer_on_thread, request)
        headers = [(name.encode("ascii").lower(), value.encode("latin1")) for name, value in response.items()]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        return await send({"type": "http.response.body", "body": response.content})

    def answer_on_thread(self, request: HttpRequest) -> Any:
        """The thread's connection stays open for the next request, unless something is wrong with it."""
        try:
            return self.answer(request)
        finally:
            if connection.errors_occurred:
                connection.close()

    def answer(self, request: HttpRequest) -> HttpResponseBase:
        """The whole way of one request, in the order of the middleware."""
        self.before.process_request(request)
        self.log.process_request(request)
        self.after.process_request(request)
        response = cast(HttpResponseBase, self.guarded(request))  # a plain function was given, so no coroutine comes
        self.after.process_response(request, response)
        self.log.process_response(request, response)
        self.before.process_response(request, response)
        return response

    def pass_on(self, request: HttpRequest) -> HttpResponseBase:
        """The view's answer, or the redirect to https; a host that is not ours raises, and is answered 400."""
        request.get_host()
        response = self.security.process_request(request)
        if response is None:
            match = request.resolver_match = resolved(request.path_info)
            self.after.process_view(request, match.func, match.args, match.kwargs)
            response = match.func(request, *match.args, **match.kwargs)
        secured: HttpResponseBase = self.security.process_response(request, response)
        return secured


def nothing(request: HttpRequest) -> HttpResponseBase:
    """Stands where a middleware expects the next one; only its halves are called."""
    raise NotImplementedError


async def body_of(receive: Receive) -> bytes:
    """The body, read no further than a little beyond what any door takes; the view refuses what is too large.

    Raises:
        Disconnected
    """
    parts: list[bytes] = []
    size, more = 0, True
    while more and size <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)
