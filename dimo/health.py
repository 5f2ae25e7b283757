"""Is this process alive, and are the services it needs?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from time import time
from typing import Any

import redis
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from dimo.chain.status import status as chain_status
from dimo.valkey import connection as valkey

QUEUES = ("celery", "builds")
PULSE_SECONDS = 15
LATE_AFTER = 4 * PULSE_SECONDS
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finding:
    """What a check saw. `facts` are numbers and words without addresses or secrets: anybody may read them."""

    ok: bool
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    name: str
    look: Callable[[], Finding]
    required: bool


CHECKS: dict[str, Check] = {}


def register_check(name: str, look: Callable[[], Finding], *, required: bool = False) -> None:
    """Rooms add checks in `AppConfig.ready`. A required one that fails takes this process out of service."""
    if name in CHECKS and CHECKS[name].look is not look:
        raise ImproperlyConfigured(f"two health checks are called {name}")
    CHECKS[name] = Check(name, look, required)


def database() -> Finding:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(True)


@lru_cache(maxsize=1)
def migrated() -> bool:
    return True


def migrations() -> Finding:
    """Unapplied migrations; once all are applied the answer is kept, as they do not come back undone."""
    if migrated.cache_info().currsize:
        return Finding(True, {"waiting": 0})
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if not waiting:
        migrated()
    return Finding(waiting == 0, {"waiting": waiting})


def cache_and_broker() -> Finding:
    return Finding(bool(valkey().ping()))


def pulse_name(queue: str) -> str:
    return f"pulse:{queue}"


def queues() -> Finding:
    """Messages waiting, and seconds since a worker last ran the pulse that beat sends every 15 s to each queue."""
    client = valkey()
    facts: dict[str, Any] = {}
    for queue in QUEUES:
        last = client.get(pulse_name(queue))
        facts[queue] = {
            "waiting": client.llen(queue),
            "pulse_age_seconds": None if last is None else round(time() - float(last), 1),
        }
    ages = [fact["pulse_age_seconds"] for fact in facts.values()]
    return Finding(all(age is not None and age < LATE_AFTER for age in ages), facts)


def chain() -> Finding:
    seen = chain_status()
    return Finding(seen.answers or not seen.on, {"on": seen.on, "chain_id": seen.chain_id, "block": seen.block})


register_check("database", database, required=True)
register_check("migrations", migrations, required=True)
register_check("valkey", cache_and_broker, required=True)
register_check("queues", queues)
register_check("chain", chain)


def look_at(check: Check) -> Finding:
    """A check that cannot reach its service found it not ready; any other error is a fault and is raised."""
    try:
        return check.look()
    except (DatabaseError, redis.RedisError, OSError) as error:
        log.warning("health_check_failed", check=check.name, error=type(error).__name__)
        return Finding(False, {"error": type(error).__name__})


def readiness() -> tuple[bool, dict[str, Any]]:
    """Whether this process can serve, and every finding. `degraded` names what is late but not required."""
    findings = {check.name: look_at(check) for check in CHECKS.values()}
    ready = all(findings[check.name].ok for check in CHECKS.values() if check.required)
    degraded = [check.name for check in CHECKS.values() if not check.required and not findings[check.name].ok]
    checks = {name: {"ok": finding.ok, **finding.facts} for name, finding in findings.items()}
    return ready, {"ready": ready, "degraded": degraded, "checks": checks}
