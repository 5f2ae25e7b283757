"""The connection to Valkey for counters and readiness; never the keeper of anything that must be right."""

from functools import lru_cache

import redis
from django.conf import settings


@lru_cache(maxsize=1)
def connection() -> redis.Redis:
    """One client per process; it keeps its own pool and is safe to share between threads."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
