"""How often one caller may ask, counted in Valkey so that all workers count together."""

import time
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from dimo.api.callers import client_address
from dimo.api.models import ApiKey
from dimo.oauth.models import AppCredential
from dimo.valkey import connection

if TYPE_CHECKING:  # the framework imports this module while it defines APIView
    from rest_framework.views import APIView

COUNT = """
local used = redis.call('INCRBY', KEYS[1], ARGV[2])
if used == tonumber(ARGV[2]) then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return used
"""
SHARE = 200  # a process takes this part of a limit at a time, so that few requests ask Valkey
REMEMBERED = 10_000
PERIODS = {"sec": 1, "min": 60, "hour": 3600, "day": 86_400}


def parse_rate(text: str) -> tuple[int, int]:
    """`600/min` as (600, 60)."""
    count, _, period = text.partition("/")
    return int(count), PERIODS[period]


def caller(request: Request) -> str:
    """A key, an app for one person, a person, or an address: the narrowest name we have for who asks."""
    if isinstance(request.auth, ApiKey):
        return f"key:{request.auth.pk}"
    if isinstance(request.auth, AppCredential):
        return f"app:{request.auth.session.app_id}:{request.user.pk}"
    if request.user and request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{client_address(request._request)}"


def count(*, scope: str, who: str, window: int, now: float, requests: int = 1) -> int:
    """Requests of this caller in the running window, those now counted included."""
    name = f"throttle:{scope}:{who}:{int(now // window)}"
    used: Any = connection().eval(COUNT, 1, name, window + 1, requests)
    return int(used)


class Permits:
    """Permits of busy callers, counted in Valkey before they are used and a share of the limit at a time.

    Never more than the limit pass; what a process took and did not use by the end of a window is lost to the others,
    which is at most a share. Valkey away: what was counted may be used up, then nobody passes.
    """

    def __init__(self) -> None:
        self.left: dict[tuple[str, str, int], int] = {}
        self.guard = Lock()

    def admit(self, *, scope: str, who: str, rate: str, now: float) -> int:
        """0 where this request may pass, else the seconds to wait.

        Raises:
            RedisError
        """
        limit, window = parse_rate(rate)
        key = (scope, who, int(now // window))
        with self.guard:
            if self.left.get(key, 0) > 0:
                self.left[key] -= 1
                return 0
        share = max(1, limit // SHARE)
        before = count(scope=scope, who=who, window=window, now=now, requests=share) - share
        granted = min(share, limit - before)
        if granted < 1:
            return int(window - now % window) + 1
        with self.guard:
            if len(self.left) >= REMEMBERED:
                self.left.clear()
            self.left[key] = self.left.get(key, 0) + granted - 1
        return 0

    def forget(self) -> None:
        with self.guard:
            self.left.clear()


permits = Permits()


class PerCaller(BaseThrottle):
    """A fixed window per caller. A view names another rate by `throttle_scope`.

    Valkey away: the request is answered 503 (see `problems`), because a limit that vanishes is none.
    """

    retry_after: float | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        rates: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
        scope = getattr(view, "throttle_scope", None) or ("caller" if request.user.is_authenticated else "anonymous")
        limit, window = parse_rate(rates[scope])
        now = time.time()
        used = count(scope=scope, who=caller(request), window=window, now=now)
        reset = int(window - now % window) + 1
        # Read by RequestLog, which writes the headers on refusals too.
        facts: Any = {"scope": scope, "limit": limit, "window": window, "left": max(0, limit - used), "reset": reset}
        request._request.rate_limit = facts  # type: ignore[attr-defined]
        self.retry_after = reset
        return used <= limit

    def wait(self) -> float | None:
        return self.retry_after
